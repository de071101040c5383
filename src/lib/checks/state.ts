import { quote } from 'shlex'
import type { Clock } from '../engine/clock.ts'
import { Exit, Failure, interrupted } from '../engine/failure.ts'
import type { MeshState } from './check.ts'
import type { CheckListener } from './events.ts'

/** Applies and removes policies and the waypoint. Each change is over when Kubernetes has it, not when it has spread. */
export interface PolicyControl {
  /** Which of the policies that suites may name stand, and whether the ECS namespace has a waypoint. */
  current(): Promise<MeshState>
  apply(policy: string, signal: AbortSignal): Promise<void>
  remove(policy: string, signal: AbortSignal): Promise<void>
  waypoint(on: boolean, signal: AbortSignal): Promise<void>
}

/** One thing to do on the way from one state to another. */
export interface StateChange {
  readonly action: 'create' | 'delete'
  readonly kind: 'policy' | 'waypoint'
  /** Name or file of the policy; a waypoint is that of the ECS namespace. */
  readonly name: string
}

/**
 * What leads from one state to another, in order. A policy of the waypoint needs the waypoint, so that goes up before the
 * one and down after the other. Pure.
 */
export function changesBetween(now: MeshState, wanted: MeshState): readonly StateChange[] {
  const removed = now.policies.filter(policy => !wanted.policies.includes(policy))
  const added = wanted.policies.filter(policy => !now.policies.includes(policy))
  return [
    ...removed.map(name => ({ action: 'delete', kind: 'policy', name }) as const),
    ...(now.waypoint === wanted.waypoint
      ? []
      : [{ action: wanted.waypoint ? 'create' : 'delete', kind: 'waypoint', name: 'waypoint' } as const]),
    ...added.map(name => ({ action: 'create', kind: 'policy', name }) as const),
  ]
}

/** Brings about the state that each suite needs, and puts back what it found. */
export class StateKeeper {
  readonly #control: PolicyControl
  readonly #clock: Clock
  readonly #emit: CheckListener
  #found: MeshState | undefined

  constructor(control: PolicyControl, clock: Clock, emit: CheckListener) {
    this.#control = control
    this.#clock = clock
    this.#emit = emit
  }

  /** @returns whether anything had to be changed */
  async reach(wanted: MeshState, signal: AbortSignal): Promise<boolean> {
    const changes = await this.#changesTo(wanted)
    for (const change of changes) {
      if (signal.aborted) throw interrupted()
      await this.#make(change, signal)
    }
    return changes.length > 0
  }

  /**
   * Puts back what stood at first. One change that fails does not keep the others from being made.
   *
   * @throws Failure `STATE_NOT_RESTORED` with what still differs
   */
  async restore(signal: AbortSignal): Promise<void> {
    if (!this.#found) return
    const changes = await this.#changesTo(this.#found).catch((error: unknown) => {
      throw notRestored([{ error }], signal)
    })
    const left: Left[] = []
    for (const [index, change] of changes.entries()) {
      this.#emit({ code: 'state.restoring', remaining: changes.slice(index).map(differenceOf) })
      try {
        if (signal.aborted) throw interrupted()
        await this.#make(change, signal)
      } catch (error) {
        left.push({ change, error })
      }
    }
    if (left.length > 0) throw notRestored(left, signal)
    if (changes.length > 0) this.#emit({ code: 'state.restored' })
  }

  /** What is read is what stands, so this is right after a change that failed half-way, too. */
  async #changesTo(wanted: MeshState): Promise<readonly StateChange[]> {
    const now = await this.#control.current()
    this.#found ??= now
    return changesBetween(now, wanted)
  }

  async #make(change: StateChange, signal: AbortSignal): Promise<void> {
    const { action, kind, name } = change
    const on = action === 'create'
    const since = this.#clock.now()
    if (kind === 'waypoint') await this.#control.waypoint(on, signal)
    else await (on ? this.#control.apply(name, signal) : this.#control.remove(name, signal))
    const ms = this.#clock.now() - since
    if (kind === 'waypoint') this.#emit({ code: on ? 'waypoint.applied' : 'waypoint.removed', ms })
    else this.#emit({ code: on ? 'policy.applied' : 'policy.removed', policy: name, ms })
  }
}

/** What is not as it was while a change is still to be made. */
function differenceOf({ action, kind, name }: StateChange): string {
  if (kind === 'waypoint') return action === 'create' ? 'the waypoint is missing' : 'the waypoint is there'
  return action === 'create' ? `policy ${name} is missing` : `policy ${name} is applied`
}

/** What makes a change by hand. */
function commandOf({ action, kind, name }: StateChange): string {
  const [policy, waypoint] =
    action === 'create'
      ? ['ecs-ambient policy apply', 'ecs-ambient policy waypoint']
      : ['ecs-ambient policy remove', 'ecs-ambient policy waypoint --remove']
  return kind === 'waypoint' ? waypoint : `${policy} ${quote(name)}`
}

interface Left {
  /** Undefined where not even what stands could be read. */
  readonly change?: StateChange
  readonly error: unknown
}

function notRestored(left: readonly Left[], signal: AbortSignal): Failure {
  const changes = left.flatMap(({ change }) => change ?? [])
  return new Failure({
    code: 'STATE_NOT_RESTORED',
    exit: signal.aborted ? Exit.interrupted : Exit.failed,
    message: 'The policies were not put back as they were found.',
    why: [...new Set(left.map(({ error }) => (error instanceof Error ? error.message : String(error))))],
    stands: changes.map(differenceOf),
    suggestions: changes.length > 0 ? changes.map(commandOf) : ['ecs-ambient policy list'],
    cause: left[0]?.error,
  })
}
