import { SandboxClock } from '../../src/sandbox/clock.ts'

interface Timer {
  readonly at: number
  readonly then: () => void
}

/** A sandbox clock that stands still until a test moves it, so that "not yet" and "by now" can be told for sure. */
export class ManualClock extends SandboxClock {
  #now = Date.now()
  readonly #timers = new Set<Timer>()

  override now(): number {
    return this.#now
  }

  override after(ms: number, then: () => void): () => void {
    const timer = { at: this.#now + ms, then }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  override stop(): void {
    this.#timers.clear()
  }

  /** Lets `ms` pass, and everything happen that is due by then, in its order. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next)
      this.#now = next.at
      next.then()
      await settled()
    }
    this.#now = end
  }

  #next(end: number): Timer | undefined {
    const due = [...this.#timers].filter(({ at }) => at <= end)
    return due.sort((a, b) => a.at - b.at)[0]
  }
}

/** Once every promise that can settle now has done so. */
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
