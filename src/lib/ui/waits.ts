import { duration } from './words.ts'

export interface Waiting {
  readonly what: string
  /** Milliseconds so far when it was last heard of. */
  readonly ms: number
  readonly usual?: number
  readonly last?: string
}

/** Side by side; more would push what was said out of the window. */
const MOST = 3

/** What is waited for at the moment, told again and again with the time that has passed. */
export class Waits {
  readonly #now: () => number
  readonly #running = new Map<string, Waiting & { readonly began: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  add(waiting: Waiting): void {
    this.#running.set(waiting.what, { ...waiting, began: this.#now() - waiting.ms })
  }

  /** When a wait began, in milliseconds since the epoch. */
  began(what: string): number | undefined {
    return this.#running.get(what)?.began
  }

  end(what: string): void {
    this.#running.delete(what)
  }

  clear(): void {
    this.#running.clear()
  }

  /** Two lines for each: what, and since when, for how long, how long usually, and the last thing heard. */
  lines(): readonly string[] {
    return [...this.#running.values()].slice(0, MOST).flatMap(({ what, began, usual, last }) => {
      const since = new Date(began).toTimeString().slice(0, 8)
      const usually = usual === undefined ? '' : `, usually ${duration(usual)}`
      return [
        `  waiting for ${what}`,
        `    since ${since}, ${duration(Math.max(0, this.#now() - began))}${usually}`,
        ...(last === undefined ? [] : [`    ${last}`]),
      ]
    })
  }
}
