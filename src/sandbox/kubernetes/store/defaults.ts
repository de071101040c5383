import { type Fields, fieldsOf, isFields, type KubeObject, listOf } from '../objects.ts'

type Filler = (object: KubeObject) => void

/** Sets what is missing. */
function fill(target: Fields, defaults: Fields): void {
  for (const [name, value] of Object.entries(defaults)) target[name] ??= value
}

/** The object at `name`, made where it is missing. */
function within(target: Fields, name: string): Fields {
  const value = target[name]
  if (isFields(value)) return value
  const made: Fields = {}
  target[name] = made
  return made
}

const eachOf = (value: unknown): Fields[] => listOf(value).filter(isFields)

function podSpec(spec: Fields): void {
  fill(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
  })
  within(spec, 'securityContext')
  if (typeof spec.serviceAccountName === 'string') spec.serviceAccount ??= spec.serviceAccountName
  for (const container of [...eachOf(spec.initContainers), ...eachOf(spec.containers)]) podContainer(container)
  for (const volume of eachOf(spec.volumes)) {
    for (const source of ['configMap', 'secret', 'projected', 'downwardAPI'])
      if (isFields(volume[source])) fill(volume[source], { defaultMode: 420 })
    if (isFields(volume.hostPath)) fill(volume.hostPath, { type: '' })
  }
}

function podContainer(container: Fields): void {
  const image = String(container.image ?? '')
  const tag = /:([^/:@]+)$/.exec(image)?.[1]
  const floating = !image.includes('@') && (tag === undefined || tag === 'latest')
  fill(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: floating ? 'Always' : 'IfNotPresent',
  })
  within(container, 'resources')
  for (const port of eachOf(container.ports)) fill(port, { protocol: 'TCP' })
  for (const variable of eachOf(container.env)) {
    const reference = fieldsOf(fieldsOf(variable.valueFrom).fieldRef)
    if (reference.fieldPath !== undefined) reference.apiVersion ??= 'v1'
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[name]
    if (!isFields(probe)) continue
    fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 })
    if (isFields(probe.httpGet)) fill(probe.httpGet, { scheme: 'HTTP', path: '/' })
  }
}

function podTemplate(spec: Fields): void {
  podSpec(within(within(spec, 'template'), 'spec'))
}

function deployment(object: KubeObject): void {
  const spec = within(object, 'spec')
  fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 })
  const strategy = within(spec, 'strategy')
  fill(strategy, { type: 'RollingUpdate' })
  if (strategy.type === 'RollingUpdate')
    fill(within(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' })
  podTemplate(spec)
}

function daemonSet(object: KubeObject): void {
  const spec = within(object, 'spec')
  fill(spec, { revisionHistoryLimit: 10 })
  const strategy = within(spec, 'updateStrategy')
  fill(strategy, { type: 'RollingUpdate' })
  if (strategy.type === 'RollingUpdate') fill(within(strategy, 'rollingUpdate'), { maxUnavailable: 1, maxSurge: 0 })
  podTemplate(spec)
}

function statefulSet(object: KubeObject): void {
  const spec = within(object, 'spec')
  fill(spec, { replicas: 1, revisionHistoryLimit: 10, podManagementPolicy: 'OrderedReady' })
  const strategy = within(spec, 'updateStrategy')
  fill(strategy, { type: 'RollingUpdate' })
  if (strategy.type === 'RollingUpdate') fill(within(strategy, 'rollingUpdate'), { partition: 0 })
  fill(within(spec, 'persistentVolumeClaimRetentionPolicy'), { whenDeleted: 'Retain', whenScaled: 'Retain' })
  podTemplate(spec)
}

function job(object: KubeObject): void {
  const spec = within(object, 'spec')
  fill(spec, { completions: 1, parallelism: 1, backoffLimit: 6, completionMode: 'NonIndexed', suspend: false })
  spec.podReplacementPolicy ??= 'TerminatingOrFailed'
  podTemplate(spec)
}

function service(object: KubeObject): void {
  const spec = within(object, 'spec')
  fill(spec, { type: 'ClusterIP', sessionAffinity: 'None' })
  for (const port of eachOf(spec.ports)) {
    fill(port, { protocol: 'TCP' })
    fill(port, { targetPort: port.port })
  }
  if (spec.type !== 'ExternalName') fill(spec, { internalTrafficPolicy: 'Cluster' })
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') fill(spec, { externalTrafficPolicy: 'Cluster' })
  if (spec.type === 'LoadBalancer') fill(spec, { allocateLoadBalancerNodePorts: true })
  object.status ??= { loadBalancer: {} }
}

function secret(object: KubeObject): void {
  object.type ??= 'Opaque'
  if (!isFields(object.stringData)) return
  const data = within(object, 'data')
  for (const [name, value] of Object.entries(object.stringData))
    data[name] = Buffer.from(String(value)).toString('base64')
  delete object.stringData
}

function namespace(object: KubeObject): void {
  object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name }
  object.status ??= { phase: 'Active' }
}

function customResourceDefinition(object: KubeObject): void {
  const spec = within(object, 'spec')
  const names = within(spec, 'names')
  fill(names, { singular: String(names.kind ?? '').toLowerCase(), listKind: `${names.kind}List` })
  fill(spec, { conversion: { strategy: 'None' } })
  const stored = eachOf(spec.versions).filter(version => version.storage === true)
  object.status ??= {
    acceptedNames: { kind: '', plural: '' },
    conditions: null,
    storedVersions: stored.map(version => version.name),
  }
}

function binding(object: KubeObject): void {
  fill(within(object, 'roleRef'), { apiGroup: 'rbac.authorization.k8s.io' })
  for (const subject of eachOf(object.subjects))
    if (subject.kind !== 'ServiceAccount') fill(subject, { apiGroup: 'rbac.authorization.k8s.io' })
}

function webhooks(object: KubeObject): void {
  for (const webhook of eachOf(object.webhooks)) {
    fill(webhook, { failurePolicy: 'Fail', matchPolicy: 'Equivalent', timeoutSeconds: 10 })
    within(webhook, 'namespaceSelector')
    within(webhook, 'objectSelector')
    if (object.kind === 'MutatingWebhookConfiguration') fill(webhook, { reinvocationPolicy: 'Never' })
    const target = fieldsOf(webhook.clientConfig).service
    if (isFields(target)) fill(target, { port: 443 })
    for (const rule of eachOf(webhook.rules)) fill(rule, { scope: '*' })
  }
}

const fillers: Readonly<Record<string, Filler>> = {
  Pod: object => {
    const spec = within(object, 'spec')
    spec.serviceAccountName ??= 'default'
    podSpec(spec)
    fill(spec, { enableServiceLinks: true, preemptionPolicy: 'PreemptLowerPriority', priority: 0 })
    object.status ??= { phase: 'Pending', qosClass: 'BestEffort' }
  },
  Deployment: deployment,
  ReplicaSet: object => {
    const spec = within(object, 'spec')
    fill(spec, { replicas: 1 })
    podTemplate(spec)
  },
  DaemonSet: daemonSet,
  StatefulSet: statefulSet,
  Job: job,
  Service: service,
  Secret: secret,
  Namespace: namespace,
  CustomResourceDefinition: customResourceDefinition,
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  MutatingWebhookConfiguration: webhooks,
  ValidatingWebhookConfiguration: webhooks,
  HorizontalPodAutoscaler: object => fill(within(object, 'spec'), { minReplicas: 1 }),
}

/** What a status says before any controller has seen the object. */
const initialStatus: Readonly<Record<string, Fields>> = {
  Deployment: {},
  ReplicaSet: { replicas: 0 },
  DaemonSet: { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 },
  StatefulSet: { replicas: 0, availableReplicas: 0 },
  Job: {},
  PodDisruptionBudget: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
}

/** Kubernetes' own defaults, set in place. */
export function fillBuiltInDefaults(object: KubeObject): void {
  fillers[object.kind]?.(object)
  const status = initialStatus[object.kind]
  if (status !== undefined) object.status ??= { ...status }
}
