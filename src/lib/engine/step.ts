import type { Clock } from './clock.ts'
import type { Change, Facts, Plan } from './plan.ts'
import type { Retry, Wait } from './wait.ts'

/** What a step works with. `Clients` is read-only by type wherever a plan is made, so a plan cannot write. */
export interface StepContext<Desired, Clients> {
  readonly desired: Desired
  readonly clients: Clients
  readonly clock: Clock
  /** Aborted when the user wants to stop: no new change begins, waits end. */
  readonly signal: AbortSignal
  waitFor<T>(wait: Wait<T>): Promise<T>
  retry<T>(retry: Retry<T>): Promise<T>
  warn(message: string): void
  /** A line that a child process printed. */
  output(source: string, line: string): void
}

export interface ApplyContext<Desired, Clients, Seen> extends StepContext<Desired, Clients> {
  readonly seen: Seen
  /** The id that an earlier change of this run came to, or the one that was observed for it. */
  idOf(kind: string, name: string): string | undefined
}

/**
 * One part of the walkthrough. It converges: `observe` and `decide` say what is missing, `apply` makes just that,
 * `verify` waits until it is really so. No step keeps state; whatever it must know it reads.
 */
export interface Step<Desired, Read, Write extends Read, Seen = unknown> {
  readonly id: string
  readonly title: string
  readonly dependsOn: readonly string[]
  /** The command that makes what it needs, where it is none of the steps that `up` can go up to. */
  readonly needs?: string
  /**
   * Looks for what only the user can supply, such as a tool, before the first change of a run.
   *
   * @throws Failure for what is missing; no step of the run begins then
   */
  precheck?(context: StepContext<Desired, Read>): Promise<void>
  /** Reads what exists, everything side by side. */
  observe(context: StepContext<Desired, Read>): Promise<Seen>
  /** Pure: what must change so that what exists is what is desired. */
  decide(seen: Seen, desired: Desired): Plan
  /** Pure: what must go, of what is ours. */
  decideRemoval(seen: Seen, desired: Desired): Plan
  /** Makes one change; answers the id of what it made. Safe to repeat after a crash at any point. */
  apply(change: Change, context: ApplyContext<Desired, Write, Seen>): Promise<string | undefined>
  /** Waits until what was asked for is so, and says what is worth knowing about it. */
  verify(context: StepContext<Desired, Read>): Promise<Facts>
}

// biome-ignore lint/suspicious/noExplicitAny: what a step has seen is between its own functions
export type AnyStep<Desired, Read, Write extends Read> = Step<Desired, Read, Write, any>
