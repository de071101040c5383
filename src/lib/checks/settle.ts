import { waitFor } from '../engine/wait.ts'
import type { Check, Expected } from './check.ts'
import type { RunContext } from './context.ts'
import { type Answer, answerOf, framed } from './curl.ts'
import type { ProbeOutput } from './probe.ts'
import type { Judgement } from './verdict.ts'

export type Seen = Answer | Extract<ProbeOutput, { kind: 'broken' }>

/** A check, and what it is to come to now. */
export interface Trial {
  readonly check: Check
  /** Undefined: one try, whatever comes. */
  readonly expected: Expected | undefined
  judge(seen: Seen): Judgement
}

export interface Tried {
  readonly attempts: number
  readonly seen: Seen
  readonly judgement: Judgement
  /** The expected verdict came, on as many consecutive tries as were asked for. */
  readonly held: boolean
  /** Milliseconds from the first try on. */
  readonly ms: number
  readonly propagationMs?: number
  /** When the last try ended, in milliseconds since the epoch. */
  readonly at: number
}

export interface Patience {
  /** On how many consecutive tries a verdict must hold. */
  readonly holds: number
  /** Milliseconds until what has not held by then has failed. */
  readonly limit: number
}

type Around = Pick<RunContext, 'places' | 'prober' | 'clock' | 'signal' | 'emit' | 'limits'>

/**
 * Tries every check until its expected verdict has held, or the limit has passed: the sources side by side, at each
 * source all open checks together. A probe that stays broken is not waited for.
 *
 * @param marker frames curl's output; no body holds it
 */
export async function settle(
  trials: readonly Trial[],
  patience: Patience,
  marker: string,
  around: Around,
): Promise<ReadonlyMap<string, Tried>> {
  const groups = Map.groupBy(trials, ({ check }) => check.from)
  const tried = await Promise.all([...groups].map(([from, group]) => settleAt(from, group, patience, marker, around)))
  return new Map(tried.flat())
}

async function settleAt(
  from: string,
  trials: readonly Trial[],
  { holds, limit }: Patience,
  marker: string,
  { places, prober, clock, signal, emit, limits }: Around,
) {
  const source = places.get(from)
  if (!source) throw new Error(`there is no place ${from}`)
  const since = clock.now()
  const tracks = trials.map(trial => new Track(trial, holds, since))
  const look = async () => {
    const open = tracks.filter(track => !track.settled)
    const requests = open.map(({ trial }) => framed(trial.check.args, marker, limits.curl))
    const outputs = await prober.probe(source, requests, signal)
    for (const [index, track] of open.entries()) track.add(seenIn(outputs[index], marker), clock.now())
    const left = tracks.filter(track => !track.settled)
    // What has begun to hold gets its tries, however long each of them takes.
    const over = clock.now() - since >= limit && !left.some(track => track.promising)
    return left.length === 0 || over ? { done: undefined } : { last: left.map(track => track.inWords).join('; ') }
  }
  const what = `${trials.length} verdicts from ${from}`
  const waiting = (_: string, ms: number, __?: number, last?: string) =>
    emit({ code: 'waiting', what, ms, ...(last === undefined ? {} : { last }) })
  await waitFor({ what, look, limit: Number.POSITIVE_INFINITY, slowest: 2_000 }, { clock, signal, waiting })
  return tracks.map(track => [track.trial.check.id, track.tried] as const)
}

function seenIn(output: ProbeOutput | undefined, marker: string): Seen {
  if (!output) return { kind: 'broken', layer: 'channel', why: 'no output came back' }
  return output.kind === 'ran' ? answerOf(output, marker) : output
}

/** The tries of one check. */
class Track {
  readonly trial: Trial
  readonly #holds: number
  readonly #since: number
  #attempts = 0
  #streak = 0
  #broken = 0
  #propagationMs: number | undefined
  #last: { seen: Seen; judgement: Judgement; at: number } | undefined

  constructor(trial: Trial, holds: number, since: number) {
    this.trial = trial
    this.#holds = holds
    this.#since = since
  }

  get settled(): boolean {
    if (this.trial.expected === undefined) return this.#attempts > 0
    return this.#held || this.#broken >= this.#holds
  }

  /** Its last try came to what was expected. */
  get promising(): boolean {
    return this.#streak > 0
  }

  get inWords(): string {
    return `${this.trial.check.id}: ${this.#last?.judgement.verdict}, expected ${this.trial.expected}`
  }

  get #held(): boolean {
    return this.#streak >= this.#holds
  }

  add(seen: Seen, now: number): void {
    const judgement = this.trial.judge(seen)
    const expected = judgement.verdict === this.trial.expected
    this.#attempts += 1
    if (expected && this.#streak === 0) this.#propagationMs = now - this.#since
    this.#streak = expected ? this.#streak + 1 : 0
    this.#broken = judgement.verdict === 'broken' ? this.#broken + 1 : 0
    this.#last = { seen, judgement, at: now }
  }

  get tried(): Tried {
    if (!this.#last) throw new Error(`${this.trial.check.id} was not tried`)
    const propagationMs = this.#held ? this.#propagationMs : undefined
    return {
      ...this.#last,
      attempts: this.#attempts,
      held: this.#held,
      ms: this.#last.at - this.#since,
      ...(propagationMs === undefined ? {} : { propagationMs }),
    }
  }
}
