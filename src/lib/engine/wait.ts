import type { Clock } from './clock.ts'
import { Failure, interrupted } from './failure.ts'

/** One look at the thing that is waited for. */
export type Look<T> =
  | { readonly done: T }
  /** Failed for good: waiting longer would not help. */
  | { readonly failed: Failure }
  /** Not yet; what the thing itself says of it, such as the newest service event. */
  | { readonly last?: string }

export interface Wait<T> {
  /** What is waited for, as a noun phrase: `service echo-service to be steady`. */
  readonly what: string
  look(): Promise<Look<T>>
  /** Milliseconds until it is given up. */
  readonly limit: number
  /** Milliseconds that it usually takes, for whoever watches. */
  readonly usual?: number
  /** Milliseconds before the second look; each later one is half as much longer, up to `slowest`. Default 200. */
  readonly first?: number
  /** Default 10 000 ms. */
  readonly slowest?: number
  /** Instead of these: the milliseconds before the next look, after so many that were in vain. */
  pause?(looks: number): number
  /** What to suggest when the limit passes. */
  readonly suggestions?: readonly string[]
}

export interface WaitHost {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** 0 ≤ random < 1; spreads the looks of many waiters. */
  random?(): number
  waiting?(what: string, ms: number, usual: number | undefined, last: string | undefined): void
  waited?(what: string, ms: number): void
}

/**
 * Looks until it is done, failed for good, or the limit has passed. The only way that this program waits.
 *
 * @throws Failure the look's own; `TIMED_OUT` (exit 1) with what was last seen; `INTERRUPTED` (exit 130)
 */
export async function waitFor<T>(wait: Wait<T>, host: WaitHost): Promise<T> {
  const { clock, signal } = host
  const random = host.random ?? Math.random
  const since = clock.now()
  let pause = wait.first ?? 200
  let last: string | undefined
  let told = false
  for (let looks = 1; ; looks++) {
    if (signal.aborted) throw interrupted()
    const look = await wait.look()
    const ms = clock.now() - since
    if ('done' in look) {
      if (told) host.waited?.(wait.what, ms)
      return look.done
    }
    if ('failed' in look) throw look.failed
    last = look.last ?? last
    if (ms >= wait.limit) throw timedOut(wait, last)
    told = true
    host.waiting?.(wait.what, ms, wait.usual, last)
    const ahead = wait.pause?.(looks) ?? pause * (0.75 + random() / 2)
    await clock.sleep(Math.min(ahead, wait.limit - ms), signal).catch(() => {
      throw interrupted()
    })
    pause = Math.min(pause * 1.5, wait.slowest ?? 10_000)
  }
}

function timedOut(wait: Wait<unknown>, last: string | undefined): Failure {
  return new Failure({
    code: 'TIMED_OUT',
    message: `Gave up waiting for ${wait.what} after ${Math.round(wait.limit / 1000)} s.`,
    why: last === undefined ? [] : [last],
    suggestions: wait.suggestions ?? ['Run the same command again: it goes on from what exists.'],
  })
}

export interface Retry<T> {
  /** What is tried, as a noun phrase. */
  readonly what: string
  attempt(): Promise<T>
  /** The reason to try again, or undefined where the error is final. */
  transient(error: unknown): string | undefined
  readonly limit: number
  readonly suggestions?: readonly string[]
  /** Milliseconds before the next attempt, after so many. */
  pause?(attempts: number): number
}

/** Tries again while the error is one that passes by itself, such as a role that can't be assumed yet. */
export function retry<T>(retry: Retry<T>, host: WaitHost): Promise<T> {
  let lastError: unknown
  return waitFor<T>(
    {
      what: retry.what,
      limit: retry.limit,
      ...(retry.suggestions ? { suggestions: retry.suggestions } : {}),
      ...(retry.pause ? { pause: retry.pause } : {}),
      look: async () => {
        try {
          return { done: await retry.attempt() }
        } catch (error) {
          lastError = error
          const last = retry.transient(error)
          if (last === undefined) throw error
          return { last }
        }
      },
    },
    host,
  ).catch(error => {
    // The time-out only noticed it; what kept failing is the cause.
    if (error instanceof Failure && error.code === 'TIMED_OUT') throw Object.assign(error, { cause: lastError })
    throw error
  })
}
