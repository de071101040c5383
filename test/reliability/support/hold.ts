import type { Fault } from '../../../src/sandbox/calls.ts'

/** Holds one call up, and says when it has got there: before it takes effect, or after that and before the answer. */
export class Hold {
  readonly #gate = Promise.withResolvers<void>()
  readonly #reached = Promise.withResolvers<void>()

  /** Resolves once the call is held. */
  get reached(): Promise<void> {
    return this.#reached.promise
  }

  fault(when: Fault['when']): Fault {
    const { promise } = this.#gate
    const reached = this.#reached.resolve
    return {
      kind: 'hold',
      when,
      // Whoever waits for it is where it should be held.
      get until() {
        reached()
        return promise
      },
    }
  }

  /** Lets the call go on. Without this it never does: its process is dead. */
  release(): void {
    this.#gate.resolve()
  }
}

/** For every call of a process that is dead: nobody hears it any more. */
export const unheard: Fault = { kind: 'hold', when: 'before', until: new Promise(() => undefined) }
