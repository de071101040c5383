import type { Region } from '../../aws/region.ts'
import type { EcsCluster, Service, Task } from '../../aws/services/ecs/state.ts'
import type { KubeObject, ObjectInput } from '../../kubernetes/objects.ts'
import type { ObjectStore } from '../../kubernetes/store/store.ts'
import { SERVICE_ENTRY, WORKLOAD_ENTRY } from '../plane.ts'
import { bootstrapOf, workloadName } from '../tasks.ts'
import { hostName } from './profile.ts'

const MANAGER = 'istiod'
const SERVICE_LABEL = 'ecs.solo.io/service'
const ARN = 'ecs.solo.io/arn'

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
  const services = clusters.flatMap(cluster => [...cluster.services.values()]).filter(isEnrolled)
  const tasks = clusters.flatMap(cluster => [...cluster.tasks.values()]).filter(isEnrolledAndRunning)
  sync(
    store,
    SERVICE_ENTRY,
    services.flatMap(service => serviceEntry(service, discovery)),
  )
  sync(
    store,
    WORKLOAD_ENTRY,
    tasks.flatMap(task => workloadEntry(task)),
  )
}

const NAMESPACE_TAG = 'ecs.solo.io/namespace'

const isEnrolled = (service: Service): boolean => service.status === 'ACTIVE' && service.tags.has(NAMESPACE_TAG)

const isEnrolledAndRunning = (task: Task): boolean =>
  task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING' && bootstrapOf(task) !== undefined

function sync(store: ObjectStore, kind: string, wanted: readonly ObjectInput[]): void {
  const keyOf = ({ metadata }: ObjectInput | KubeObject) => `${metadata.namespace}/${metadata.name}`
  const keys = new Set(wanted.map(keyOf))
  for (const object of store.list(kind)) {
    const ours = object.metadata.annotations?.[ARN] !== undefined
    if (ours && !keys.has(keyOf(object))) store.delete(kind, object.metadata.name, object.metadata.namespace)
  }
  for (const object of wanted) {
    const namespace = store.get('Namespace', object.metadata.namespace ?? '')
    if (!namespace || namespace.metadata.deletionTimestamp !== undefined) continue
    store.apply(object, { manager: MANAGER, force: true })
  }
}

function serviceEntry(service: Service, { region, version }: Discovery): readonly ObjectInput[] {
  const namespace = service.tags.get(NAMESPACE_TAG)
  if (namespace === undefined) return []
  return [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata: {
        name: service.name,
        namespace,
        labels: { [SERVICE_LABEL]: service.name },
        annotations: { [ARN]: service.arn },
      },
      spec: {
        hosts: [service.tags.get('ecs.solo.io/hostname') ?? hostName(version, service.name, service.cluster.name)],
        ports: portsOf(service, region),
        location: 'MESH_INTERNAL',
        resolution: 'STATIC',
        workloadSelector: { labels: { [SERVICE_LABEL]: service.name } },
      },
    },
  ]
}

/** By the service's tag, `http:80:8080/tcp:9090`; else what its containers listen on; else plain HTTP. */
function portsOf(service: Service, region: Region): readonly unknown[] {
  const tag = service.tags.get('ecs.solo.io/ports')
  const tagged = tag?.split('/').map(entry => entry.split(':')) ?? []
  const exposed = definitionOf(service, region).flatMap(({ portMappings }) =>
    (portMappings ?? []).map(({ containerPort }) => ['http', String(containerPort)]),
  )
  const ports = tagged.length > 0 ? tagged : exposed.length > 0 ? exposed : [['http', '80']]
  return ports.map(([protocol = 'http', port = '80', target = port]) => ({
    name: `${protocol}-${port}`,
    number: Number(port),
    protocol: protocol.toUpperCase(),
    targetPort: Number(target),
  }))
}

function definitionOf(service: Service, { ecs }: Region) {
  const arn = service.deployments[0]?.definition
  const all = [...ecs.families.values()].flat()
  return all.find(({ shown }) => shown.taskDefinitionArn === arn)?.shown.containerDefinitions ?? []
}

function workloadEntry(task: Task): readonly ObjectInput[] {
  const bootstrap = bootstrapOf(task)
  const address = task.networkInterface?.privateIp
  if (!bootstrap || !address || !task.service) return []
  const { namespace, serviceAccount } = bootstrap
  return [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'WorkloadEntry',
      metadata: {
        name: workloadName(task),
        namespace,
        labels: { [SERVICE_LABEL]: task.service.name },
        annotations: { [ARN]: task.arn },
      },
      spec: {
        address,
        serviceAccount,
        labels: { [SERVICE_LABEL]: task.service.name, 'networking.istio.io/tunnel': 'http' },
        ...(bootstrap.network === undefined ? {} : { network: bootstrap.network }),
      },
    },
  ]
}
