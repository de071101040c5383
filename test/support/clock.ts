import type { Clock } from '../../src/lib/engine/clock.ts'

/** A clock that jumps: sleeping takes no time but makes `now` later. */
export class JumpingClock implements Clock {
  readonly slept: number[] = []
  #now = 0

  now(): number {
    return this.#now
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.slept.push(ms)
    // Whole milliseconds, as real clocks count them: what is left of a fraction would never be slept away.
    this.#now += Math.ceil(ms)
  }
}
