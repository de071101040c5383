import { builtInShape } from '../fields/built-in-shapes.ts'
import type { Kind } from './kinds.ts'

interface Row {
  readonly kind: string
  readonly plural: string
  readonly version?: string
  readonly short?: readonly string[]
  readonly clusterWide?: true
  readonly subresources?: readonly string[]
  readonly categories?: readonly string[]
  /** The schema's name in the public client, where it isn't version and kind. */
  readonly schema?: string
}

const all = ['all']
const status = ['status']
const scalable = ['status', 'scale']

const rows: Readonly<Record<string, readonly Row[]>> = {
  '': [
    { kind: 'Namespace', plural: 'namespaces', short: ['ns'], clusterWide: true, subresources: ['status', 'finalize'] },
    {
      kind: 'Pod',
      plural: 'pods',
      short: ['po'],
      categories: all,
      subresources: ['status', 'log', 'exec', 'eviction', 'ephemeralcontainers'],
    },
    { kind: 'Service', plural: 'services', short: ['svc'], categories: all, subresources: status },
    { kind: 'ServiceAccount', plural: 'serviceaccounts', short: ['sa'], subresources: ['token'] },
    { kind: 'ConfigMap', plural: 'configmaps', short: ['cm'] },
    { kind: 'Secret', plural: 'secrets' },
    { kind: 'Node', plural: 'nodes', short: ['no'], clusterWide: true, subresources: status },
    { kind: 'Event', plural: 'events', short: ['ev'], schema: 'CoreV1Event' },
    { kind: 'Endpoints', plural: 'endpoints', short: ['ep'] },
    { kind: 'LimitRange', plural: 'limitranges', short: ['limits'] },
    { kind: 'ResourceQuota', plural: 'resourcequotas', short: ['quota'], subresources: status },
  ],
  apps: [
    { kind: 'Deployment', plural: 'deployments', short: ['deploy'], categories: all, subresources: scalable },
    { kind: 'ReplicaSet', plural: 'replicasets', short: ['rs'], categories: all, subresources: scalable },
    { kind: 'DaemonSet', plural: 'daemonsets', short: ['ds'], categories: all, subresources: status },
    { kind: 'StatefulSet', plural: 'statefulsets', short: ['sts'], categories: all, subresources: scalable },
    { kind: 'ControllerRevision', plural: 'controllerrevisions' },
  ],
  batch: [
    { kind: 'Job', plural: 'jobs', categories: all, subresources: status },
    { kind: 'CronJob', plural: 'cronjobs', short: ['cj'], categories: all, subresources: status },
  ],
  'rbac.authorization.k8s.io': [
    { kind: 'ClusterRole', plural: 'clusterroles', clusterWide: true },
    { kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', clusterWide: true },
    { kind: 'Role', plural: 'roles' },
    { kind: 'RoleBinding', plural: 'rolebindings' },
  ],
  'apiextensions.k8s.io': [
    {
      kind: 'CustomResourceDefinition',
      plural: 'customresourcedefinitions',
      short: ['crd', 'crds'],
      clusterWide: true,
      subresources: status,
      categories: ['api-extensions'],
    },
  ],
  'apiregistration.k8s.io': [
    {
      kind: 'APIService',
      plural: 'apiservices',
      clusterWide: true,
      subresources: status,
      categories: ['api-extensions'],
    },
  ],
  'coordination.k8s.io': [{ kind: 'Lease', plural: 'leases' }],
  'discovery.k8s.io': [{ kind: 'EndpointSlice', plural: 'endpointslices' }],
  'admissionregistration.k8s.io': [
    {
      kind: 'MutatingWebhookConfiguration',
      plural: 'mutatingwebhookconfigurations',
      clusterWide: true,
      categories: ['api-extensions'],
    },
    {
      kind: 'ValidatingWebhookConfiguration',
      plural: 'validatingwebhookconfigurations',
      clusterWide: true,
      categories: ['api-extensions'],
    },
    {
      kind: 'ValidatingAdmissionPolicy',
      plural: 'validatingadmissionpolicies',
      clusterWide: true,
      subresources: status,
      categories: ['api-extensions'],
    },
    {
      kind: 'ValidatingAdmissionPolicyBinding',
      plural: 'validatingadmissionpolicybindings',
      clusterWide: true,
      categories: ['api-extensions'],
    },
  ],
  policy: [{ kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets', short: ['pdb'], subresources: status }],
  autoscaling: [
    {
      kind: 'HorizontalPodAutoscaler',
      plural: 'horizontalpodautoscalers',
      version: 'v2',
      short: ['hpa'],
      categories: all,
      subresources: status,
    },
  ],
  'networking.k8s.io': [
    { kind: 'NetworkPolicy', plural: 'networkpolicies', short: ['netpol'] },
    { kind: 'Ingress', plural: 'ingresses', short: ['ing'], subresources: status },
    { kind: 'IngressClass', plural: 'ingressclasses', clusterWide: true },
  ],
  'scheduling.k8s.io': [{ kind: 'PriorityClass', plural: 'priorityclasses', short: ['pc'], clusterWide: true }],
}

export const builtInKinds = (): Kind[] =>
  Object.entries(rows).flatMap(([group, kinds]) => kinds.map(row => kindOf(group, row)))

function kindOf(group: string, row: Row): Kind {
  const version = row.version ?? 'v1'
  const schema = row.schema ?? version.replace('v', 'V') + row.kind
  return {
    group,
    kind: row.kind,
    listKind: `${row.kind}List`,
    plural: row.plural,
    singular: row.kind.toLowerCase(),
    shortNames: row.short ?? [],
    categories: row.categories ?? [],
    namespaced: row.clusterWide !== true,
    storageVersion: version,
    versions: [{ name: version, shape: builtInShape(schema), subresources: row.subresources ?? [], columns: [] }],
    custom: false,
  }
}
