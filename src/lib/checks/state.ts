import type { Clock } from '../engine/clock.ts'
import { Exit, Failure, interrupted } from '../engine/failure.ts'
import type { MeshState } from './check.ts'
import type { CheckEvent, CheckListener } from './events.ts'

/** Applies and removes policies and the waypoint. Each change is over when Kubernetes has it, not when it has spread. */
export interface PolicyControl {
  /** Which of the policies that suites may name stand, and whether the ECS namespace has a waypoint. */
  current(): Promise<MeshState>
  apply(policy: string, signal: AbortSignal): Promise<void>
  remove(policy: string, signal: AbortSignal): Promise<void>
  waypoint(on: boolean, signal: AbortSignal): Promise<void>
}

interface Change {
  /** What the change is about, with the command that makes it by hand. */
  readonly name: string
  readonly command: string
  make(signal: AbortSignal): Promise<void>
  done(ms: number): CheckEvent
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
      this.#emit({ code: 'state.restoring', remaining: changes.slice(index).map(({ name }) => name) })
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
  async #changesTo(wanted: MeshState): Promise<readonly Change[]> {
    const now = await this.#control.current()
    this.#found ??= now
    const removed = now.policies.filter(policy => !wanted.policies.includes(policy))
    const added = wanted.policies.filter(policy => !now.policies.includes(policy))
    // A policy of the waypoint needs the waypoint, so that goes up before the one and down after the other.
    return [
      ...removed.map(policy => this.#removal(policy)),
      ...(now.waypoint === wanted.waypoint ? [] : [this.#waypoint(wanted.waypoint)]),
      ...added.map(policy => this.#application(policy)),
    ]
  }

  async #make(change: Change, signal: AbortSignal): Promise<void> {
    const since = this.#clock.now()
    await change.make(signal)
    this.#emit(change.done(this.#clock.now() - since))
  }

  #application(policy: string): Change {
    return {
      name: `policy ${policy} is missing`,
      command: `ecs-ambient policy apply ${policy}`,
      make: signal => this.#control.apply(policy, signal),
      done: ms => ({ code: 'policy.applied', policy, ms }),
    }
  }

  #removal(policy: string): Change {
    return {
      name: `policy ${policy} is applied`,
      command: `ecs-ambient policy remove ${policy}`,
      make: signal => this.#control.remove(policy, signal),
      done: ms => ({ code: 'policy.removed', policy, ms }),
    }
  }

  #waypoint(on: boolean): Change {
    return {
      name: on ? 'the waypoint is missing' : 'the waypoint is there',
      command: on ? 'ecs-ambient policy waypoint' : 'ecs-ambient policy waypoint --remove',
      make: signal => this.#control.waypoint(on, signal),
      done: ms => ({ code: on ? 'waypoint.applied' : 'waypoint.removed', ms }),
    }
  }
}

interface Left {
  /** Undefined where not even what stands could be read. */
  readonly change?: Change
  readonly error: unknown
}

function notRestored(left: readonly Left[], signal: AbortSignal): Failure {
  const changes = left.flatMap(({ change }) => change ?? [])
  return new Failure({
    code: 'STATE_NOT_RESTORED',
    exit: signal.aborted ? Exit.interrupted : Exit.failed,
    message: 'The policies were not put back as they were found.',
    why: [...new Set(left.map(({ error }) => (error instanceof Error ? error.message : String(error))))],
    stands: changes.map(({ name }) => name),
    suggestions: changes.length > 0 ? changes.map(({ command }) => command) : ['ecs-ambient policy list'],
    cause: left[0]?.error,
  })
}
