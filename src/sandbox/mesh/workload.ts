import type { AuthorizationPolicy, Identity } from './policy.ts'
import type { GroupRules, NetworkInterface } from './security-groups.ts'

/** A process that can call and be called: a pod on EKS or a task on ECS, as it stands at this moment. */
export interface Workload extends NetworkInterface {
  readonly platform: 'eks' | 'ecs'
  /** The pod's name, or the task's id. */
  readonly name: string
  /** What people call it: the `app` label, the ECS service. */
  readonly app: string
  /** The mesh's names for where and who it is; an ECS task that no mesh knows is in none. */
  readonly identity: Identity
  readonly labels: Readonly<Record<string, string>>
  /** The machine's own name, as the application prints it. */
  readonly hostname: string
  /** The EKS cluster whose istiod it belongs to. */
  readonly mesh: string | undefined
  /** Its traffic goes through a ztunnel of that mesh. */
  readonly captured: boolean
  /** Endpoints are only those that are ready. */
  readonly ready: boolean
  readonly containers: readonly Container[]
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly environment: Readonly<Record<string, string>>
  /** What it listens on. */
  readonly ports: readonly number[]
  readonly running: boolean
}

/** A name with ports behind which there are workloads. */
export interface MeshService {
  readonly kind: 'Service' | 'ServiceEntry'
  readonly namespace: string
  readonly name: string
  /** Every name that it answers to, short ones included where the caller's namespace allows them. */
  readonly hosts: readonly string[]
  readonly ports: readonly { readonly port: number; readonly targetPort: number }[]
  /** Names of the workloads behind it. */
  readonly endpoints: readonly string[]
  /** The waypoint that requests for it go through, where one is bound and there. */
  readonly waypoint?: Waypoint
}

export interface Waypoint {
  readonly namespace: string
  readonly name: string
  /** Names of its pods that are ready. */
  readonly endpoints: readonly string[]
}

/** What the istiod of one EKS cluster has told its proxies. */
export interface ControlPlane {
  readonly name: string
  readonly services: readonly MeshService[]
  /** As they have reached the proxy in front of a workload: policies take a moment. */
  policiesAt(destination: string): readonly AuthorizationPolicy[]
}

/** Everything that decides what becomes of a request. */
export interface World {
  readonly workloads: readonly Workload[]
  plane(name: string): ControlPlane | undefined
  rulesOf(groupId: string): GroupRules | undefined
}
