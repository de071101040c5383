import type { Identity } from './shape.ts'

/**
 * How the built-in kinds' lists come together, by schema and field: `x-kubernetes-list-type`, `-list-map-keys` and
 * `-patch-merge-key` of the published API schema. Lists that are not here are atomic, and replaced by a patch.
 */
interface ListRule {
  readonly identity: Identity
  readonly patchKey?: string
}

const byKey = (...keys: string[]): ListRule => ({ identity: keys, ...(keys[0] ? { patchKey: keys[0] } : {}) })
const set: ListRule = { identity: 'value' }
/** The two ways of merging disagree for a few lists. */
const patchedByKey = (patchKey: string): ListRule => ({ identity: 'atomic', patchKey })
const patchedSet: ListRule = { identity: 'value', patchKey: '' }

const containerLists = {
  env: byKey('name'),
  ports: byKey('containerPort', 'protocol'),
  volumeDevices: byKey('devicePath'),
  volumeMounts: byKey('mountPath'),
}
const conditions = { conditions: byKey('type') }

export const listRules: Readonly<Record<string, Readonly<Record<string, ListRule>>>> = {
  V1ObjectMeta: { finalizers: patchedSet, ownerReferences: byKey('uid') },
  V1PodSpec: {
    containers: byKey('name'),
    ephemeralContainers: byKey('name'),
    hostAliases: byKey('ip'),
    imagePullSecrets: byKey('name'),
    initContainers: byKey('name'),
    resourceClaims: byKey('name'),
    schedulingGates: byKey('name'),
    topologySpreadConstraints: byKey('topologyKey', 'whenUnsatisfiable'),
    volumes: byKey('name'),
  },
  V1PodStatus: { ...conditions, podIPs: byKey('ip'), hostIPs: patchedByKey('ip') },
  V1Container: containerLists,
  V1EphemeralContainer: containerLists,
  V1ContainerStatus: { volumeMounts: byKey('mountPath'), allocatedResourcesStatus: byKey('name') },
  V1ResourceRequirements: { claims: { identity: ['name'] } },
  V1ServiceSpec: { ports: byKey('port', 'protocol') },
  V1ServiceStatus: conditions,
  V1ServiceAccount: { secrets: byKey('name') },
  V1NamespaceStatus: conditions,
  V1NodeSpec: { podCIDRs: patchedSet },
  V1NodeStatus: { ...conditions, addresses: byKey('type') },
  V1DeploymentStatus: conditions,
  V1ReplicaSetStatus: conditions,
  V1DaemonSetStatus: conditions,
  V1StatefulSetStatus: conditions,
  V1JobStatus: { conditions: patchedByKey('type') },
  V1PodDisruptionBudgetStatus: conditions,
  V2HorizontalPodAutoscalerStatus: conditions,
  V1APIServiceStatus: conditions,
  V1CustomResourceDefinitionStatus: { conditions: { identity: ['type'] } },
  V1Endpoint: { addresses: set },
  V1MutatingWebhookConfiguration: { webhooks: byKey('name') },
  V1ValidatingWebhookConfiguration: { webhooks: byKey('name') },
  V1MutatingWebhook: { matchConditions: byKey('name') },
  V1ValidatingWebhook: { matchConditions: byKey('name') },
}

/** Objects that are owned and replaced as one value. */
export const atomicSchemas: ReadonlySet<string> = new Set([
  'V1ConfigMapKeySelector',
  'V1CrossVersionObjectReference',
  'CoreV1EndpointPort',
  'DiscoveryV1EndpointPort',
  'V1EndpointAddress',
  'V1LabelSelector',
  'V1LocalObjectReference',
  'V1NodeSelector',
  'V1NodeSelectorTerm',
  'V1ObjectFieldSelector',
  'V1ObjectReference',
  'V1OwnerReference',
  'V1ResourceFieldSelector',
  'V1RoleRef',
  'V1ScopeSelector',
  'V1SecretKeySelector',
  'V1SecretReference',
  'RbacV1Subject',
  'V1TypedLocalObjectReference',
])

/** Maps of free names that are owned and replaced as one value. */
export const atomicMaps: ReadonlySet<string> = new Set(['V1PodSpec.nodeSelector', 'V1ServiceSpec.selector'])

/** Defaults of fields that tell list items apart. */
export const keyDefaults: Readonly<Record<string, string>> = {
  'V1ContainerPort.protocol': 'TCP',
  'V1ServicePort.protocol': 'TCP',
}
