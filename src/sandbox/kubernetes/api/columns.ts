import { type Fields, fieldsOf, type KubeObject, listOf, valueAt } from '../objects.ts'
import { duration } from './duration.ts'

export interface Column {
  readonly name: string
  readonly type?: string
  /** 1 for what only `-o wide` shows. */
  readonly priority?: number
  readonly cell: (object: KubeObject, now: number) => unknown
}

/** Milliseconds of the sandbox's time as `kubectl get` shows an age. */
const age = (object: KubeObject, now: number): string => duration(now - Date.parse(object.metadata.creationTimestamp))

const at =
  (...path: (string | number)[]) =>
  (object: KubeObject) =>
    valueAt(object, ...path)
const number =
  (...path: string[]) =>
  (object: KubeObject) =>
    Number(valueAt(object, ...path) ?? 0)
const or = (read: (object: KubeObject) => unknown, otherwise: string) => (object: KubeObject) =>
  read(object) ?? otherwise
const size =
  (...path: string[]) =>
  (object: KubeObject) =>
    Object.keys(fieldsOf(valueAt(object, ...path))).length || listOf(valueAt(object, ...path)).length

const name: Column = { name: 'Name', cell: object => object.metadata.name }
const ageColumn: Column = { name: 'Age', cell: age }
const wide = (title: string, cell: Column['cell'], type = 'string'): Column => ({
  name: title,
  type,
  priority: 1,
  cell,
})
const column = (title: string, cell: Column['cell'], type = 'string'): Column => ({ name: title, type, cell })

const containers = (object: KubeObject) =>
  listOf(valueAt(object, 'spec', 'template', 'spec', 'containers')).map(fieldsOf)
const containerNames = wide('Containers', object =>
  containers(object)
    .map(({ name }) => name)
    .join(','),
)
const images = wide('Images', object =>
  containers(object)
    .map(({ image }) => image)
    .join(','),
)
const selectorText = (selector: unknown) =>
  Object.entries(fieldsOf(selector))
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || '<none>'
const selector = wide('Selector', object => selectorText(valueAt(object, 'spec', 'selector', 'matchLabels')))

const columns: Readonly<Record<string, readonly Column[]>> = {
  Namespace: [name, column('Status', at('status', 'phase')), ageColumn],
  Pod: [
    name,
    column('Ready', object => {
      const statuses = listOf(valueAt(object, 'status', 'containerStatuses')).map(fieldsOf)
      return `${statuses.filter(status => status.ready === true).length}/${listOf(valueAt(object, 'spec', 'containers')).length}`
    }),
    column('Status', podStatus),
    column('Restarts', object =>
      listOf(valueAt(object, 'status', 'containerStatuses')).reduce<number>(
        (sum, status) => sum + Number(fieldsOf(status).restartCount ?? 0),
        0,
      ),
    ),
    ageColumn,
    wide('IP', or(at('status', 'podIP'), '<none>')),
    wide('Node', or(at('spec', 'nodeName'), '<none>')),
    wide('Nominated Node', () => '<none>'),
    wide('Readiness Gates', () => '<none>'),
  ],
  Service: [
    name,
    column('Type', at('spec', 'type')),
    column('Cluster-IP', or(at('spec', 'clusterIP'), '<none>')),
    column('External-IP', externalAddress),
    column('Port(s)', servicePorts),
    ageColumn,
    wide('Selector', object => selectorText(valueAt(object, 'spec', 'selector'))),
  ],
  Deployment: [
    name,
    column('Ready', object => `${number('status', 'readyReplicas')(object)}/${number('spec', 'replicas')(object)}`),
    column('Up-to-date', number('status', 'updatedReplicas'), 'integer'),
    column('Available', number('status', 'availableReplicas'), 'integer'),
    ageColumn,
    containerNames,
    images,
    selector,
  ],
  ReplicaSet: [
    name,
    column('Desired', number('spec', 'replicas'), 'integer'),
    column('Current', number('status', 'replicas'), 'integer'),
    column('Ready', number('status', 'readyReplicas'), 'integer'),
    ageColumn,
    containerNames,
    images,
    selector,
  ],
  DaemonSet: [
    name,
    column('Desired', number('status', 'desiredNumberScheduled'), 'integer'),
    column('Current', number('status', 'currentNumberScheduled'), 'integer'),
    column('Ready', number('status', 'numberReady'), 'integer'),
    column('Up-to-date', number('status', 'updatedNumberScheduled'), 'integer'),
    column('Available', number('status', 'numberAvailable'), 'integer'),
    column('Node Selector', object => selectorText(valueAt(object, 'spec', 'template', 'spec', 'nodeSelector'))),
    ageColumn,
    containerNames,
    images,
    selector,
  ],
  StatefulSet: [
    name,
    column('Ready', object => `${number('status', 'readyReplicas')(object)}/${number('spec', 'replicas')(object)}`),
    ageColumn,
    containerNames,
    images,
  ],
  Job: [
    name,
    column('Status', object => {
      const done = listOf(valueAt(object, 'status', 'conditions'))
        .map(fieldsOf)
        .find(one => one.status === 'True')
      return done?.type ?? 'Running'
    }),
    column(
      'Completions',
      object => `${number('status', 'succeeded')(object)}/${number('spec', 'completions')(object)}`,
    ),
    column('Duration', (object, now) => {
      const start = valueAt(object, 'status', 'startTime')
      const end = valueAt(object, 'status', 'completionTime')
      return start === undefined
        ? ''
        : duration((end === undefined ? now : Date.parse(String(end))) - Date.parse(String(start)))
    }),
    ageColumn,
    containerNames,
    images,
    selector,
  ],
  Node: [
    name,
    column('Status', object => {
      const ready = listOf(valueAt(object, 'status', 'conditions'))
        .map(fieldsOf)
        .find(one => one.type === 'Ready')
      return ready?.status === 'True' ? 'Ready' : 'NotReady'
    }),
    column('Roles', () => '<none>'),
    ageColumn,
    column('Version', at('status', 'nodeInfo', 'kubeletVersion')),
    wide('Internal-IP', object => nodeAddress(object, 'InternalIP')),
    wide('External-IP', object => nodeAddress(object, 'ExternalIP')),
    wide('OS-Image', at('status', 'nodeInfo', 'osImage')),
    wide('Kernel-Version', at('status', 'nodeInfo', 'kernelVersion')),
    wide('Container-Runtime', at('status', 'nodeInfo', 'containerRuntimeVersion')),
  ],
  ConfigMap: [name, column('Data', object => size('data')(object) + size('binaryData')(object), 'integer'), ageColumn],
  Secret: [name, column('Type', at('type')), column('Data', size('data'), 'integer'), ageColumn],
  ServiceAccount: [name, column('Secrets', size('secrets'), 'integer'), ageColumn],
  Endpoints: [
    name,
    column('Endpoints', object => {
      const all = listOf(valueAt(object, 'subsets'))
        .map(fieldsOf)
        .flatMap(subset =>
          listOf(subset.addresses).flatMap(address =>
            listOf(subset.ports).map(port => `${fieldsOf(address).ip}:${fieldsOf(port).port}`),
          ),
        )
      return all.length > 0 ? all.join(',') : '<none>'
    }),
    ageColumn,
  ],
  EndpointSlice: [
    name,
    column('AddressType', at('addressType')),
    column(
      'Ports',
      object =>
        listOf(object.ports)
          .map(port => fieldsOf(port).port)
          .join(',') || '<unset>',
    ),
    column(
      'Endpoints',
      object =>
        listOf(object.endpoints)
          .flatMap(one => listOf(fieldsOf(one).addresses))
          .join(',') || '<unset>',
    ),
    ageColumn,
  ],
  Event: [
    column('Last Seen', (object, now) =>
      duration(now - Date.parse(String(object.lastTimestamp ?? object.metadata.creationTimestamp))),
    ),
    column('Type', at('type')),
    column('Reason', at('reason')),
    column(
      'Object',
      object =>
        `${String(valueAt(object, 'involvedObject', 'kind')).toLowerCase()}/${valueAt(object, 'involvedObject', 'name')}`,
    ),
    column('Message', at('message')),
    { ...name, priority: 1 },
  ],
  CustomResourceDefinition: [name, column('Created At', at('metadata', 'creationTimestamp'), 'date')],
  ClusterRole: [name, column('Created At', at('metadata', 'creationTimestamp'), 'date')],
  Role: [name, column('Created At', at('metadata', 'creationTimestamp'), 'date')],
  ClusterRoleBinding: [name, column('Role', roleName), ageColumn],
  RoleBinding: [name, column('Role', roleName), ageColumn],
  MutatingWebhookConfiguration: [name, column('Webhooks', size('webhooks'), 'integer'), ageColumn],
  ValidatingWebhookConfiguration: [name, column('Webhooks', size('webhooks'), 'integer'), ageColumn],
  Lease: [name, column('Holder', at('spec', 'holderIdentity')), ageColumn],
  PodDisruptionBudget: [
    name,
    column('Min Available', or(at('spec', 'minAvailable'), 'N/A')),
    column('Max Unavailable', or(at('spec', 'maxUnavailable'), 'N/A')),
    column('Allowed Disruptions', number('status', 'disruptionsAllowed'), 'integer'),
    ageColumn,
  ],
  HorizontalPodAutoscaler: [
    name,
    column(
      'Reference',
      object =>
        `${valueAt(object, 'spec', 'scaleTargetRef', 'kind')}/${valueAt(object, 'spec', 'scaleTargetRef', 'name')}`,
    ),
    column('Targets', () => '<unknown>'),
    column('MinPods', or(at('spec', 'minReplicas'), '<unset>')),
    column('MaxPods', number('spec', 'maxReplicas'), 'integer'),
    column('Replicas', number('status', 'currentReplicas'), 'integer'),
    ageColumn,
  ],
}

/** The columns of a kind without its own. */
const plainColumns: readonly Column[] = [name, ageColumn]

export const builtInColumns = (kind: string): readonly Column[] => columns[kind] ?? plainColumns
export { ageColumn, name as nameColumn }

function podStatus(object: KubeObject): string {
  if (object.metadata.deletionTimestamp !== undefined) return 'Terminating'
  const states = listOf(valueAt(object, 'status', 'containerStatuses')).map(status => fieldsOf(fieldsOf(status).state))
  for (const state of states) {
    const reason = fieldsOf(state.waiting).reason ?? fieldsOf(state.terminated).reason
    if (typeof reason === 'string') return reason
  }
  return String(valueAt(object, 'status', 'reason') ?? valueAt(object, 'status', 'phase') ?? 'Unknown')
}

function externalAddress(object: KubeObject): string {
  const spec = fieldsOf(object.spec)
  if (spec.type === 'ExternalName') return String(spec.externalName)
  if (spec.type !== 'LoadBalancer') return listOf(spec.externalIPs).join(',') || '<none>'
  const ingress = listOf(valueAt(object, 'status', 'loadBalancer', 'ingress')).map(fieldsOf)
  return ingress.map(({ ip, hostname }) => ip ?? hostname).join(',') || '<pending>'
}

function servicePorts(object: KubeObject): string {
  const ports = listOf(valueAt(object, 'spec', 'ports')).map(fieldsOf)
  return (
    ports
      .map(({ port, nodePort, protocol }) => (nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`))
      .join(',') || '<none>'
  )
}

function nodeAddress(object: KubeObject, type: string): unknown {
  const addresses: Fields[] = listOf(valueAt(object, 'status', 'addresses')).map(fieldsOf)
  return addresses.find(address => address.type === type)?.address ?? '<none>'
}

function roleName(object: KubeObject): string {
  const { kind, name } = fieldsOf(object.roleRef)
  return `${kind}/${name}`
}
