import type { Clock } from '../engine/clock.ts'
import type { PolicyObject } from './blame.ts'
import type { CurlLimits } from './curl.ts'
import type { CheckListener } from './events.ts'
import type { Place, Places } from './places.ts'
import type { Prober } from './probe.ts'
import type { PolicyControl } from './state.ts'
import type { Connection } from './ztunnel-log.ts'

/** What stands behind a place: pods or tasks. */
export interface Standing {
  /** Changes whenever one of them is replaced or restarted, or its endpoint is another. */
  readonly fingerprint: string
  readonly addresses: readonly string[]
}

export interface Workloads {
  /** Undefined where nothing runs there, or where the place has no workload. */
  standing(place: Place): Promise<Standing | undefined>
}

export interface Logged {
  readonly connections: readonly Connection[]
  /** What could not be read, and why. */
  readonly problems: readonly string[]
}

/** The access logs of ztunnels. */
export interface ConnectionLogs {
  /**
   * Follows the logs of the ztunnels of some places: what is answered reads everything that was logged from now on.
   * What can't be read is told among the problems, not thrown.
   */
  follow(places: readonly Place[]): Promise<() => Promise<Logged>>
}

/** What the mesh itself says of who is in it. */
export interface Membership {
  /** Those of the addresses that it does not know by HBONE, and how it knows them; undefined where it can't be asked. */
  outside(addresses: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string> | undefined>
}

/** off: not read · warn: what can't be read is a warning · strict: it is a failure */
export const EVIDENCE_MODES = ['off', 'warn', 'strict'] as const
export type EvidenceMode = (typeof EVIDENCE_MODES)[number]

/** Milliseconds, but for curl's. */
export interface RunLimits {
  /** Until a verdict must have held after something was changed. */
  readonly propagation: number
  /** The same where nothing was changed. */
  readonly unchanged: number
  /** Until the logs must tell of the calls. */
  readonly evidence: number
  /** On how many consecutive tries a verdict must hold. */
  readonly holds: number
  readonly curl: CurlLimits
}

export const DEFAULT_LIMITS: RunLimits = {
  propagation: 60_000,
  unchanged: 20_000,
  evidence: 10_000,
  holds: 2,
  curl: { connect: 5, total: 10 },
}

/** Everything that a run of checks works with. */
export interface RunContext {
  readonly places: Places
  readonly prober: Prober
  readonly policies: PolicyControl
  readonly workloads: Workloads
  readonly logs: ConnectionLogs
  readonly membership: Membership
  /** All AuthorizationPolicies that stand; read only to say which one is to blame. */
  policyObjects(): Promise<readonly PolicyObject[]>
  readonly evidence: EvidenceMode
  /** Test what stands: bring about no state. */
  readonly asIs: boolean
  readonly limits: RunLimits
  readonly clock: Clock
  /** Aborted: no new try begins, and the state is put back. */
  readonly signal: AbortSignal
  /** Aborted too: the state is left as it is. */
  readonly stopNow: AbortSignal
  readonly emit: CheckListener
}
