import { stringify } from 'yaml'
import { ISTIO_NAMESPACE } from '../config/names.ts'
import type { Settings } from '../config/settings.ts'
import type { KubernetesReader } from '../kubernetes/client.ts'
import type { KindRef, KubernetesObject } from '../kubernetes/objects.ts'
import { type BundleFile, type Collecting, LOG_LINES, LOGS, type Part } from './part.ts'

/** What is listed of each namespace; of a Secret not even the name is read. */
const KINDS: readonly KindRef[] = [
  { apiVersion: 'v1', kind: 'Pod' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: 'v1', kind: 'Event' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway' },
  { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy' },
  { apiVersion: 'networking.istio.io/v1', kind: 'ServiceEntry' },
  { apiVersion: 'networking.istio.io/v1', kind: 'WorkloadEntry' },
]

const namespacesOf = ({ ecsClusters }: Settings): readonly string[] => [
  ...new Set([ISTIO_NAMESPACE, 'default', ...ecsClusters.map(({ namespace }) => namespace)]),
]

/** Objects of one kind and namespace; one that can't be listed is a part of its own that failed. */
const objectParts = (settings: Settings): readonly Part[] =>
  namespacesOf(settings).flatMap(namespace =>
    KINDS.map(kind => ({
      name: `${kind.kind} of namespace ${namespace}`,
      collect: async collecting => {
        const kubernetes = await collecting.clients.kubernetes()
        const objects = (await kubernetes?.list(kind, { namespace })) ?? []
        return objects.length === 0 ? [] : [yaml(`kubernetes/${namespace}/${kind.kind}.yaml`, objects)]
      },
    })),
  )

export const kubernetesParts = (settings: Settings): readonly Part[] => [
  {
    name: 'nodes and namespaces',
    collect: async ({ clients }) => {
      const kubernetes = await clients.kubernetes()
      if (kubernetes === undefined) return []
      const [nodes, namespaces] = await Promise.all([
        kubernetes.list({ apiVersion: 'v1', kind: 'Node' }),
        kubernetes.list({ apiVersion: 'v1', kind: 'Namespace' }),
      ])
      return [yaml('kubernetes/nodes.yaml', nodes), yaml('kubernetes/namespaces.yaml', namespaces)]
    },
  },
  ...objectParts(settings),
  { name: 'logs of istiod and ztunnel', collect: istioLogs },
]

async function istioLogs({ clients }: Collecting): Promise<readonly BundleFile[]> {
  const kubernetes = await clients.kubernetes()
  if (kubernetes === undefined) return []
  const pods = await kubernetes.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: ISTIO_NAMESPACE })
  const wanted = pods.filter(({ metadata: { labels = {} } }) => ['istiod', 'ztunnel'].includes(labels.app ?? ''))
  return Promise.all(wanted.slice(0, LOGS).map(pod => logOf(kubernetes, pod)))
}

async function logOf(kubernetes: KubernetesReader, { metadata: { name } }: KubernetesObject): Promise<BundleFile> {
  const text = await kubernetes
    .logs({ namespace: ISTIO_NAMESPACE, pod: name, tailLines: LOG_LINES })
    .catch(error => `(could not be read: ${error instanceof Error ? error.message : error})\n`)
  return { path: `kubernetes/logs/${name}.log`, text }
}

/** Who manages which field is of no use to a reader, and most of an object. */
const yaml = (path: string, objects: readonly KubernetesObject[]): BundleFile => ({
  path,
  text: objects
    .map(({ metadata: { managedFields: _, ...metadata }, ...object }) => stringify({ ...object, metadata }))
    .join('---\n'),
})
