import type { SandboxClock } from '../clock.ts'
import { fieldsOf, type KubeObject, listOf, valueAt } from '../kubernetes/objects.ts'
import type { ObjectStore } from '../kubernetes/store/store.ts'
import type { MeshFaults } from './faults.ts'
import { addressOf, isProgrammed } from './gateways.ts'
import type { AuthorizationPolicy } from './policy.ts'
import { Propagation } from './propagation.ts'
import type { Container, ControlPlane, MeshService, Waypoint, Workload } from './workload.ts'

export const SYSTEM = 'istio-system'
const POLICY = 'AuthorizationPolicy.security.istio.io'
export const GATEWAY = 'Gateway.gateway.networking.k8s.io'
export const SERVICE_ENTRY = 'ServiceEntry.networking.istio.io'
export const WORKLOAD_ENTRY = 'WorkloadEntry.networking.istio.io'
const MODE = 'istio.io/dataplane-mode'
const USE_WAYPOINT = 'istio.io/use-waypoint'

export interface PlaneOptions {
  /** The EKS cluster's name. */
  readonly name: string
  readonly region: string
  readonly store: ObjectStore
  readonly clock: SandboxClock
  readonly faults: MeshFaults
  /** The EKS cluster's own security group, which its nodes and pods are in. */
  readonly securityGroups: () => readonly string[]
}

/** The mesh of one EKS cluster, read from its objects whenever it is asked. */
export class Plane implements ControlPlane {
  readonly name: string
  readonly region: string
  readonly store: ObjectStore
  readonly #clock: SandboxClock
  readonly #securityGroups: () => readonly string[]
  readonly #policies: Propagation<readonly AuthorizationPolicy[]>
  readonly #faults: MeshFaults
  readonly #stopListening: () => void

  constructor({ name, region, store, clock, faults, securityGroups }: PlaneOptions) {
    this.name = name
    this.region = region
    this.store = store
    this.#clock = clock
    this.#faults = faults
    this.#securityGroups = securityGroups
    this.#policies = new Propagation(this.#currentPolicies())
    this.#stopListening = store.listen(({ kind }) => {
      if (kind.kind === 'AuthorizationPolicy' && kind.group === 'security.istio.io') this.#spread()
    })
  }

  close(): void {
    this.#stopListening()
  }

  policiesAt(destination: string): readonly AuthorizationPolicy[] {
    return this.#policies.at(destination, this.#clock.now())
  }

  /** Istiod runs here. */
  get installed(): boolean {
    return Number(valueAt(this.store.get('Deployment', 'istiod', SYSTEM), 'status', 'readyReplicas') ?? 0) > 0
  }

  /** The Gateway by which ztunnels outside the cluster find istiod; without an address while it is not programmed. */
  get istiodGateway(): { readonly name: string; readonly address: string | undefined } | undefined {
    const exposing = this.store
      .list(GATEWAY)
      .find(gateway => gateway.metadata.labels?.['istio.io/expose-istiod'] !== undefined)
    return (
      exposing && {
        name: exposing.metadata.name,
        address: isProgrammed(exposing) ? addressOf(exposing) : undefined,
      }
    )
  }

  /** PEM of the mesh's own certificate authority. */
  get rootCertificate(): string | undefined {
    const map = this.store.get('ConfigMap', 'istio-ca-root-cert', SYSTEM)
    const pem = valueAt(map, 'data', 'root-cert.pem')
    return typeof pem === 'string' ? pem : undefined
  }

  get services(): readonly MeshService[] {
    const pods = this.store.list('Pod')
    const entries = this.store.list(WORKLOAD_ENTRY)
    return [
      ...this.store.list('Service').map(service => this.#service(service, pods)),
      ...(this.installed ? this.store.list(SERVICE_ENTRY).map(entry => this.#serviceEntry(entry, entries)) : []),
    ]
  }

  get pods(): readonly Workload[] {
    const namespaces = new Map(this.store.list('Namespace').map(namespace => [namespace.metadata.name, namespace]))
    const ztunnel = Number(valueAt(this.store.get('DaemonSet', 'ztunnel', SYSTEM), 'status', 'numberReady') ?? 0) > 0
    return this.store.list('Pod').flatMap(pod => {
      const address = valueAt(pod, 'status', 'podIP')
      if (typeof address !== 'string') return []
      const namespace = namespaces.get(pod.metadata.namespace ?? '')
      const mode = pod.metadata.labels?.[MODE] ?? namespace?.metadata.labels?.[MODE]
      const captured = ztunnel && mode === 'ambient' && valueAt(pod, 'spec', 'hostNetwork') !== true
      return [this.#workload(pod, address, captured)]
    })
  }

  /** The pod of the ztunnel on the node of a workload's pod. */
  ztunnelOf({ name, identity }: Workload): string | undefined {
    const node = valueAt(this.store.get('Pod', name, identity.namespace), 'spec', 'nodeName')
    const ztunnels = this.store.list('Pod', { namespace: SYSTEM, labels: 'app=ztunnel' })
    return ztunnels.find(pod => valueAt(pod, 'spec', 'nodeName') === node)?.metadata.name
  }

  #workload(pod: KubeObject, address: string, captured: boolean): Workload {
    const { name, namespace = '', labels = {} } = pod.metadata
    return {
      platform: 'eks',
      name,
      app: labels.app ?? name,
      identity: { namespace, serviceAccount: String(valueAt(pod, 'spec', 'serviceAccountName') ?? 'default') },
      labels,
      hostname: name,
      address,
      groupIds: this.#securityGroups(),
      mesh: this.name,
      captured,
      ready: isReady(pod),
      containers: containersOf(pod),
    }
  }

  #service(service: KubeObject, pods: readonly KubeObject[]): MeshService {
    const { name, namespace = '' } = service.metadata
    const selector = Object.entries(fieldsOf(valueAt(service, 'spec', 'selector')))
    const selected = pods.filter(
      pod =>
        selector.length > 0 &&
        pod.metadata.namespace === namespace &&
        isReady(pod) &&
        selector.every(([key, value]) => pod.metadata.labels?.[key] === value),
    )
    const waypoint = this.#waypointOf(service)
    return {
      kind: 'Service',
      namespace,
      name,
      hosts: [`${name}.${namespace}.svc.cluster.local`],
      ports: portsOf(service),
      endpoints: selected.map(pod => pod.metadata.name),
      ...(waypoint && { waypoint }),
    }
  }

  #serviceEntry(entry: KubeObject, workloads: readonly KubeObject[]): MeshService {
    const { name, namespace = '' } = entry.metadata
    const selector = Object.entries(fieldsOf(valueAt(entry, 'spec', 'workloadSelector', 'labels')))
    const selected = workloads.filter(
      workload =>
        selector.length > 0 &&
        workload.metadata.namespace === namespace &&
        selector.every(([key, value]) => valueAt(workload, 'spec', 'labels', key) === value),
    )
    const waypoint = this.#waypointOf(entry)
    return {
      kind: 'ServiceEntry',
      namespace,
      name,
      hosts: listOf(valueAt(entry, 'spec', 'hosts')).map(String),
      ports: portsOf(entry),
      endpoints: selected.map(workload => workload.metadata.name),
      ...(waypoint && { waypoint }),
    }
  }

  /** By the label of the service, else of its namespace; a waypoint that isn't there is passed by. */
  #waypointOf(service: KubeObject): Waypoint | undefined {
    const namespace = this.store.get('Namespace', service.metadata.namespace ?? '')
    const name = service.metadata.labels?.[USE_WAYPOINT] ?? namespace?.metadata.labels?.[USE_WAYPOINT]
    if (name === undefined || name === 'none') return undefined
    const home =
      service.metadata.labels?.[`${USE_WAYPOINT}-namespace`] ??
      namespace?.metadata.labels?.[`${USE_WAYPOINT}-namespace`] ??
      service.metadata.namespace ??
      ''
    const gateway = this.store.kinds.named(GATEWAY) && this.store.get(GATEWAY, name, home)
    if (!gateway || valueAt(gateway, 'spec', 'gatewayClassName') !== 'istio-waypoint') return undefined
    const pods = this.store.list('Pod', { namespace: home, labels: `gateway.networking.k8s.io/gateway-name=${name}` })
    return { namespace: home, name, endpoints: pods.filter(isReady).map(pod => pod.metadata.name) }
  }

  #currentPolicies(): readonly AuthorizationPolicy[] {
    return this.store.list(POLICY).map(({ metadata, spec }) => ({
      metadata: { name: metadata.name, namespace: metadata.namespace ?? '' },
      spec: fieldsOf(spec),
    }))
  }

  #spread(): void {
    if (!this.#faults.stuck) this.#policies.set(this.#currentPolicies(), this.#clock.now())
  }
}

export const isReady = (pod: KubeObject): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  listOf(valueAt(pod, 'status', 'conditions')).some(
    condition => valueAt(condition, 'type') === 'Ready' && valueAt(condition, 'status') === 'True',
  )

function portsOf(service: KubeObject): MeshService['ports'] {
  return listOf(valueAt(service, 'spec', 'ports')).map(raw => {
    const port = Number(valueAt(raw, 'port') ?? valueAt(raw, 'number'))
    const target = Number(valueAt(raw, 'targetPort') ?? port)
    return { port, targetPort: Number.isNaN(target) ? port : target }
  })
}

function containersOf(pod: KubeObject): readonly Container[] {
  const running = valueAt(pod, 'status', 'phase') === 'Running'
  return listOf(valueAt(pod, 'spec', 'containers')).map(container => ({
    name: String(valueAt(container, 'name')),
    image: String(valueAt(container, 'image') ?? ''),
    environment: Object.fromEntries(
      listOf(valueAt(container, 'env')).map(variable => [
        String(valueAt(variable, 'name')),
        String(valueAt(variable, 'value') ?? ''),
      ]),
    ),
    ports: listOf(valueAt(container, 'ports')).map(port => Number(valueAt(port, 'containerPort'))),
    running,
  }))
}
