import { parse } from 'yaml'
import type { AwsCloud } from '../../aws/cloud.ts'
import type { EcsCluster } from '../../aws/services/ecs/state.ts'
import type { SandboxClock } from '../../clock.ts'
import { valueAt } from '../../kubernetes/objects.ts'
import type { KubernetesCluster } from '../../kubernetes/server.ts'
import type { Pod } from '../../kubernetes/workloads.ts'
import { SYSTEM } from '../plane.ts'
import { discover } from './discovery.ts'
import { gatewayClassController, gatewayController } from './gateways.ts'
import { discoversByTag } from './profile.ts'
import { rootCertificateController } from './root-certificates.ts'

export interface IstiodOptions {
  readonly cluster: KubernetesCluster
  readonly region: string
  readonly clock: SandboxClock
  readonly aws: AwsCloud
  /** Of Istio, without `-solo`. */
  readonly version: string
}

/** Milliseconds of the sandbox's time between two looks at ECS, and from an event there until istiod knows. */
const LOOK_EVERY = 15_000

/** What Istio's control plane does in a cluster while its Deployment runs there. */
export class Istiod {
  readonly #options: IstiodOptions
  readonly #stops: (() => void)[]
  #stopped = false

  constructor(options: IstiodOptions) {
    this.#options = options
    const { cluster } = options
    const { store } = cluster
    const running = () => this.running
    const image = (name: string) => `${this.#value('global', 'hub')}/${name}:${options.version}-solo`
    this.#stops = [
      cluster.addController(gatewayController({ store, running, image })),
      cluster.addController(gatewayClassController({ store, running })),
      cluster.addController(rootCertificateController(store, running)),
    ]
    this.#look()
  }

  get running(): boolean {
    const { store } = this.#options.cluster
    return Number(valueAt(store.get('Deployment', 'istiod', SYSTEM), 'status', 'readyReplicas') ?? 0) > 0
  }

  stop(): void {
    this.#stopped = true
    for (const stop of this.#stops) stop()
  }

  /** Looks at ECS at once, as an enrolment makes it. */
  discover(): void {
    const { cluster, aws, region, version } = this.#options
    if (!this.running || !this.#mayReadEcs()) return
    discover({
      store: cluster.store,
      region: aws.region(region),
      version,
      looksInto: ecs => this.#looksInto(ecs),
    })
  }

  #look(): void {
    if (this.#stopped) return
    this.discover()
    this.#options.clock.after(LOOK_EVERY, () => this.#look())
  }

  /** By the values that Istio was installed with: the names of ECS clusters, or later their tag. */
  #looksInto({ name, tags }: EcsCluster): boolean {
    if (discoversByTag(this.#options.version)) return tags.get('ecs.solo.io/discovery-enabled') === 'true'
    const names = [
      this.#value('platforms', 'ecs', 'cluster'),
      ...this.#value('platforms', 'ecs', 'clusters').split(','),
    ]
    return names.includes(name)
  }

  /** A pod gets the credentials of its pod identity association when it starts: an older istiod has none. */
  #mayReadEcs(): boolean {
    const { aws, region, cluster } = this.#options
    const associations = [...(aws.region(region).eks.clusters.get(cluster.name)?.podIdentities.values() ?? [])]
    const association = associations.find(
      ({ namespace, serviceAccount }) => namespace === SYSTEM && serviceAccount === 'istiod',
    )
    if (!association || ![...aws.iam.roles.values()].some(({ arn }) => arn === association.roleArn)) return false
    const pods = cluster.store.list<Pod>('Pod', { namespace: SYSTEM, labels: 'app=istiod' })
    return pods.some(({ metadata }) => Date.parse(metadata.creationTimestamp) >= association.modified.getTime() - 1000)
  }

  #value(...path: readonly string[]): string {
    const text = valueAt(this.#options.cluster.store.get('ConfigMap', 'values', SYSTEM), 'data', 'merged-values')
    const value = typeof text === 'string' ? valueAt(parse(text), ...path) : undefined
    return typeof value === 'string' ? value : ''
  }
}
