import type { Region } from '../../aws/region.ts'
import { findDefinition } from '../../aws/services/ecs/lookup.ts'
import type { EcsCluster, Service, Task } from '../../aws/services/ecs/state.ts'
import type { KubeObject, ObjectInput } from '../../kubernetes/objects.ts'
import type { ObjectStore } from '../../kubernetes/store/store.ts'
import { readBootstrap } from '../bootstrap.ts'
import { SERVICE_ENTRY, WORKLOAD_ENTRY } from '../plane.ts'
import { bootstrapOf, workloadName } from '../tasks.ts'
import { hostName } from './profile.ts'

const API_VERSION = 'networking.istio.io/v1'
/** How istiod's process is called, by which Kubernetes knows what it wrote. */
const MANAGER = 'pilot-discovery'

export interface Discovery {
  readonly store: ObjectStore
  readonly region: Region
  /** Of Istio, by which its names differ. */
  readonly version: string
  /** Whether istiod is to look into an ECS cluster at all. */
  looksInto(cluster: EcsCluster): boolean
}

/**
 * Brings the ServiceEntries and WorkloadEntries in line with the ECS services that are enrolled and their tasks that run.
 * What has gone from ECS goes here too.
 */
export function discover(discovery: Discovery): void {
  const { store, region } = discovery
  if (!store.kinds.named(SERVICE_ENTRY)) return
  const clusters = [...region.ecs.clusters.values()].filter(
    cluster => cluster.status === 'ACTIVE' && discovery.looksInto(cluster),
  )
  const services = clusters.flatMap(cluster => [...cluster.services.values()])
  const tasks = clusters.flatMap(cluster => [...cluster.tasks.values()])
  sync(
    store,
    SERVICE_ENTRY,
    services.flatMap(service => serviceEntry(service, discovery) ?? []),
  )
  sync(
    store,
    WORKLOAD_ENTRY,
    tasks.flatMap(task => workloadEntry(task) ?? []),
  )
}

function sync(store: ObjectStore, kind: string, wanted: readonly ObjectInput[]): void {
  const keyOf = ({ metadata }: ObjectInput | KubeObject) => `${metadata.namespace}/${metadata.name}`
  const keys = new Set(wanted.map(keyOf))
  for (const object of store.list(kind)) {
    if (isOurs(object) && !keys.has(keyOf(object))) store.delete(kind, object.metadata.name, object.metadata.namespace)
  }
  for (const object of wanted) {
    const namespace = store.get('Namespace', object.metadata.namespace ?? '')
    if (!namespace || namespace.metadata.deletionTimestamp !== undefined) continue
    store.apply(object, { manager: MANAGER, force: true })
  }
}

const isOurs = ({ metadata }: KubeObject): boolean =>
  metadata.managedFields?.some(({ manager }) => manager === MANAGER) === true

/** For a service whose newest revision has a ztunnel, and that listens on something. */
function serviceEntry(service: Service, { region, version }: Discovery): ObjectInput | undefined {
  const revision = findDefinition(region, service.deployments[0]?.definition ?? '')
  const containers = revision?.shown.containerDefinitions ?? []
  const bootstrap = readBootstrap(containers)
  const ports = containers.flatMap(({ portMappings = [] }) =>
    portMappings.flatMap(mapping => mapping.containerPort ?? []),
  )
  if (service.status !== 'ACTIVE' || !bootstrap || ports.length === 0) return undefined
  const { name, cluster } = service
  const labels = { app: name }
  return {
    apiVersion: API_VERSION,
    kind: 'ServiceEntry',
    metadata: { name, namespace: bootstrap.namespace, labels },
    spec: {
      hosts: [hostName(version, name, cluster.name)],
      ports: ports.map(number => ({ name: `http-${number}`, number, protocol: 'HTTP' })),
      location: 'MESH_INTERNAL',
      resolution: 'STATIC',
      workloadSelector: { labels },
    },
  }
}

/** For a task of a service that runs with a ztunnel. */
function workloadEntry(task: Task): ObjectInput | undefined {
  const bootstrap = bootstrapOf(task)
  const address = task.networkInterface?.privateIp
  const runs = task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING'
  if (!runs || !bootstrap || !address || !task.service) return undefined
  const { namespace, serviceAccount } = bootstrap
  const labels = { app: task.service.name }
  return {
    apiVersion: API_VERSION,
    kind: 'WorkloadEntry',
    metadata: { name: workloadName(task), namespace, labels },
    spec: { address, serviceAccount, labels },
  }
}
