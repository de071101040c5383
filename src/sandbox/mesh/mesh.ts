import type { AwsCloud } from '../aws/cloud.ts'
import type { Region } from '../aws/region.ts'
import { logLines } from '../aws/services/ecs/lifecycle.ts'
import type { Task } from '../aws/services/ecs/state.ts'
import type { SandboxClock } from '../clock.ts'
import type { ContainerLogs } from '../kubernetes/container-logs.ts'
import type { KubernetesCluster } from '../kubernetes/server.ts'
import { accessLogLine } from './access-log.ts'
import { ZTUNNEL } from './bootstrap.ts'
import { exchange, type Outcome } from './exchange.ts'
import { MeshFaults } from './faults.ts'
import type { HttpRequest } from './http.ts'
import { Plane, SYSTEM } from './plane.ts'
import { rulesOf } from './reach.ts'
import type { GroupRules } from './security-groups.ts'
import { NotStarted, Shell, type Streams } from './shell.ts'
import { bootstrapOf, planeOf, taskWorkload, workloadName } from './tasks.ts'
import type { Workload, World } from './workload.ts'

/** A Kubernetes cluster as far as the mesh is in it. */
export interface MeshCluster {
  /** Names its mesh; unlike the EKS cluster's name there is only one of it. */
  readonly id: string
  readonly name: string
  readonly region: string
  readonly cluster: Pick<KubernetesCluster, 'store' | 'logs'>
}

export interface MeshOptions {
  readonly clock: SandboxClock
  readonly cloud: AwsCloud
}

/**
 * Everything that happens between workloads, and inside their containers: pods of all EKS clusters and tasks of all ECS
 * clusters, each as it stands at the moment of a request.
 */
export class Mesh {
  readonly faults = new MeshFaults()
  readonly #clock: SandboxClock
  readonly #cloud: AwsCloud
  readonly #clusters = new Map<string, { readonly logs: ContainerLogs; readonly plane: Plane }>()
  readonly #shells = new Map<string, Shell>()
  /** Those in which something runs that the mesh has to do with. */
  readonly #regions: Set<string>
  #sourcePort = 32_768

  constructor({ clock, cloud }: MeshOptions) {
    this.#clock = clock
    this.#cloud = cloud
    this.#regions = new Set([cloud.defaultRegion])
  }

  add({ id, name, region, cluster: { store, logs } }: MeshCluster): void {
    this.#regions.add(region)
    const securityGroups = () => {
      const found = this.#cloud.region(region).eks.clusters.get(name)?.securityGroupId
      return found === undefined ? [] : [found]
    }
    const plane = new Plane({ name: id, region, store, clock: this.#clock, faults: this.faults, securityGroups })
    this.#clusters.set(id, { logs, plane })
  }

  remove(id: string): void {
    this.#clusters.get(id)?.plane.close()
    this.#clusters.delete(id)
  }

  plane(id: string): Plane | undefined {
    return this.#clusters.get(id)?.plane
  }

  get planes(): readonly Plane[] {
    return [...this.#clusters.values()].map(({ plane }) => plane)
  }

  /** What stands at this moment. */
  world(): World {
    const { planes } = this
    const tasks = [...this.#tasks()].flatMap(({ task, region }) => taskWorkload(task, region, planes) ?? [])
    return {
      workloads: [...planes.flatMap(plane => plane.pods), ...tasks],
      plane: name => this.plane(name),
      rulesOf: id => this.#rulesOf(id),
    }
  }

  /** Why a task that is enrolled does not get going: all its containers wait for a ztunnel that never is ready. */
  unhealthy(task: Task, region: Region): string | undefined {
    const bootstrap = bootstrapOf(task)
    if (!bootstrap || planeOf(task, region, this.planes)) return undefined
    const line = `warn\txds::client:xds{id=1}\tXDS client connection error: gRPC connection error connecting to ${bootstrap.istiod}: status: Unknown, message: "client error (Connect)", retrying in 15s`
    logLines(region, task, ZTUNNEL, `${new Date(this.#clock.now()).toISOString()}\t${line}`)
    return 'Task failed container health checks'
  }

  /** @throws NotStarted where there is no such pod, container or program */
  runInPod(
    pod: { readonly mesh: string; readonly namespace: string; readonly name: string },
    container: string | undefined,
    argv: readonly string[],
    streams: Streams,
  ): Promise<number> {
    const workload = this.world().workloads.find(
      ({ mesh, name, identity }) => mesh === pod.mesh && name === pod.name && identity.namespace === pod.namespace,
    )
    return this.#run(workload, container, argv, streams)
  }

  /** @throws NotStarted where there is no such task, container or program */
  runInTask(
    { region, taskArn }: { readonly region: string; readonly taskArn: string },
    container: string,
    argv: readonly string[],
    streams: Streams,
  ): Promise<number> {
    this.#regions.add(region)
    const found = [...this.#tasks()].find(({ task }) => task.arn === taskArn)
    const workload = found && taskWorkload(found.task, found.region, this.planes)
    return this.#run(workload, container, argv, streams)
  }

  async #run(
    workload: Workload | undefined,
    name: string | undefined,
    argv: readonly string[],
    streams: Streams,
  ): Promise<number> {
    const container = workload?.containers.find(candidate => name === undefined || candidate.name === name)
    if (!workload || !container?.running) throw new NotStarted(`container ${name ?? ''} is not running`)
    const key = `${workload.name}/${container.name}`
    const shell =
      this.#shells.get(key) ??
      new Shell({
        workload,
        container,
        now: () => this.#clock.now(),
        sleep: ms => this.#clock.sleep(ms),
        send: (request, proxied) => this.#send(workload.name, request, proxied),
      })
    this.#shells.set(key, shell)
    return shell.run(argv, streams)
  }

  /** A request of a container, decided now; what the ztunnels on its way saw goes into their logs. */
  #send(from: string, request: HttpRequest, proxied: boolean): Outcome | { readonly kind: 'no-proxy' } {
    const world = this.world()
    const workload = world.workloads.find(({ name }) => name === from)
    if (!workload) return { kind: 'dropped', remote: { address: request.host, port: request.port } }
    if (proxied && !workload.captured) return { kind: 'no-proxy' }
    // A task's traffic is captured only where it asks its ztunnel to.
    const client = workload.platform === 'ecs' ? { ...workload, captured: proxied } : workload
    this.#sourcePort = 32_768 + ((this.#sourcePort + 1) % 28_000)
    const { outcome, log } = exchange({
      world,
      faults: this.faults,
      from: client,
      request,
      now: this.#clock.now(),
      sourcePort: this.#sourcePort,
    })
    for (const { workload: at, entry } of log) this.#log(at, accessLogLine(entry, this.#clock.now()))
    return outcome
  }

  #log(at: Workload, line: string): void {
    if (at.platform === 'eks') {
      const { logs, plane } = this.#clusters.get(at.mesh ?? '') ?? {}
      const ztunnel = plane?.ztunnelOf(at)
      if (ztunnel !== undefined) logs?.append(SYSTEM, ztunnel, 'istio-proxy', line)
      return
    }
    const found = [...this.#tasks()].find(({ task }) => workloadName(task) === at.name)
    if (found) logLines(found.region, found.task, ZTUNNEL, line)
  }

  *#tasks(): Generator<{ readonly task: Task; readonly region: Region }> {
    for (const region of this.#seenRegions())
      for (const cluster of region.ecs.clusters.values())
        for (const task of cluster.tasks.values()) yield { task, region }
  }

  #seenRegions(): readonly Region[] {
    return [...this.#regions].map(name => this.#cloud.region(name))
  }

  #rulesOf(id: string): GroupRules | undefined {
    const region = this.#seenRegions().find(({ ec2 }) => ec2.groups.has(id))
    return region && rulesOf(region, id)
  }
}
