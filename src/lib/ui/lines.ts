import type { EngineEvent } from '../engine/events.ts'
import { changeDone, changeLine, duration } from './words.ts'

/** How often a wait says again that it goes on, in milliseconds, where lines can't be overwritten. */
const HEARTBEAT = 60_000

/** Turns engine events into plain lines for logs and CI: one line for what happened, a heartbeat for what lasts. */
export class LinePrinter {
  readonly #write: (line: string) => void
  readonly #now: () => Date
  readonly #beat = new Map<string, number>()
  #planning = false

  constructor(write: (line: string) => void, now: () => Date = () => new Date()) {
    this.#write = write
    this.#now = now
  }

  emit(event: EngineEvent): void {
    const text = this.#text(event)
    if (text !== undefined) this.#write(`${this.#now().toISOString().slice(11, 19)} ${text}`)
  }

  #text(event: EngineEvent): string | undefined {
    switch (event.code) {
      case 'run.started':
        this.#planning = event.direction === 'plan'
        return undefined
      case 'run.finished':
      case 'change.started':
        return undefined
      case 'waited':
        this.#beat.delete(keyOf(event))
        return undefined
      case 'step.started':
        return `${event.step}: ${event.title}`
      case 'step.planned':
        // Where planning is all that is done, the plan itself is the answer.
        if (this.#planning || event.plan.changes.length === 0) return undefined
        return `${event.step}: ${event.plan.changes.length} to do`
      case 'change.applied':
        return `${event.step}: ${changeDone(event.change)} (${duration(event.ms)})`
      case 'change.failed':
        return `${event.step}: failed: ${changeLine(event.change)}`
      case 'waiting':
        return this.#waiting(event)
      case 'output':
        return `${event.step}: ${event.source}: ${event.line}`
      case 'warning':
        return `${event.step === undefined ? '' : `${event.step}: `}warning: ${event.message}`
      case 'step.finished':
        return `${event.step}: ${event.status}${event.reason === undefined ? '' : ` (${event.reason})`} in ${duration(event.ms)}`
    }
  }

  #waiting(event: EngineEvent & { code: 'waiting' }): string | undefined {
    const { step, what, ms, usual, last } = event
    const key = keyOf(event)
    const before = this.#beat.get(key)
    if (before !== undefined && ms - before < HEARTBEAT) return undefined
    this.#beat.set(key, ms)
    const since = ms < 1000 ? '' : ` for ${duration(ms)}`
    const usually = usual === undefined ? '' : `, usually ${duration(usual)}`
    return `${step}: waiting for ${what}${since}${usually}${last === undefined ? '' : `: ${last}`}`
  }
}

const keyOf = ({ step, what }: { step: string; what: string }): string => `${step} ${what}`
