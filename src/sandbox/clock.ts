/**
 * The sandbox's own time: it starts at the real time and passes `speed` times as fast, so that what takes an AWS
 * service ten minutes is over in seconds, in the right order. All durations are milliseconds of this time.
 */
export class SandboxClock {
  readonly speed: number
  readonly #began = Date.now()
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(speed = 1) {
    this.speed = speed
  }

  now(): number {
    return this.#began + (Date.now() - this.#began) * this.speed
  }

  /** Calls `then` once `ms` have passed; answers a function that calls it off. */
  after(ms: number, then: () => void): () => void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      then()
    }, ms / this.speed)
    timer.unref()
    this.#timers.add(timer)
    return () => {
      clearTimeout(timer)
      this.#timers.delete(timer)
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise(resolve => this.after(ms, resolve))
  }

  /** Nothing that was still to come happens any more. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }
}
