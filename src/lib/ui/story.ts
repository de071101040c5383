import type { EngineEvent } from '../engine/events.ts'
import type { Change } from '../engine/plan.ts'
import { EXPLANATIONS } from './explanations.ts'
import { changeDone, duration, wrapped } from './words.ts'

const WIDTH = 78

/** Tells a run of steps as a story: what each step does and why, and what came of it, once it is finished. */
export class StoryTeller {
  readonly #write: (line: string) => void
  readonly #titles = new Map<string, string>()
  readonly #changes = new Map<string, Change[]>()
  #direction: 'up' | 'down' | 'plan' = 'up'
  #told = 0

  constructor(write: (line: string) => void) {
    this.#write = write
  }

  emit(event: EngineEvent): void {
    switch (event.code) {
      case 'run.started':
        this.#direction = event.direction
        this.#told = 0
        return
      case 'step.started':
        this.#titles.set(event.step, event.title)
        this.#changes.set(event.step, [])
        return
      case 'change.applied':
        this.#changes.get(event.step)?.push(event.change)
        return
      case 'step.finished':
        for (const line of this.#chapter(event)) this.#write(line)
        return
      default:
        return
    }
  }

  #chapter({ step, status, ms, reason }: EngineEvent & { code: 'step.finished' }): readonly string[] {
    this.#told += 1
    const title = this.#titles.get(step) ?? step
    const changes = (this.#changes.get(step) ?? []).map(change => `   ${changeDone(change)}`)
    if (this.#direction === 'down') return changes.length > 0 ? [`${title} (${duration(ms)})`, ...changes] : []
    const about = EXPLANATIONS[step]
    const usually = about ? `, on AWS usually ${duration(about.usual)}` : ''
    return [
      heading(`${this.#told}. ${title}`),
      ...(about ? [...wrapped(about.what, WIDTH), ...wrapped(about.why, WIDTH)] : []),
      ...changes,
      `   ${status}${reason === undefined ? '' : ` (${reason})`} in ${duration(ms)}${usually}`,
      '',
    ]
  }
}

export const heading = (text: string): string => `── ${text} ${'─'.repeat(Math.max(0, WIDTH - text.length - 4))}`

/** `12 iam-role, 3 ecs-service`: how many of each kind. */
export function countsByKind(things: readonly { readonly kind: string }[]): string {
  const counts = [...Map.groupBy(things, ({ kind }) => kind)].map(([kind, all]) => `${all.length} ${kind}`)
  return counts.length > 0 ? counts.join(', ') : 'nothing'
}
