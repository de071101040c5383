import type { Settings } from '../lib/config/settings.ts'
import type { Answer, EngineEvent, Question } from '../lib/engine/events.ts'
import { EXPLANATIONS } from '../lib/ui/explanations.ts'
import { LinePrinter } from '../lib/ui/lines.ts'
import { LiveLines } from '../lib/ui/live-lines.ts'
import { aftermath, type Chapter, hanging, introduction, outcome, type Page } from '../lib/ui/narration.ts'
import { Waits } from '../lib/ui/waits.ts'
import { changeDone, duration } from '../lib/ui/words.ts'
import type { Presenter } from './presenter.ts'
import type { Prompter } from './prompter.ts'
import type { Terminal } from './terminal.ts'

/** What the walkthrough works with once the settings are known. */
export interface Stage {
  readonly settings: Settings
  readonly prompter: Prompter
  /** The exact objects and commands of a step's plan, for whoever wants to see them. */
  details(question: Question): Promise<readonly string[]>
}

/** Milliseconds between two looks at the clock while something lasts. */
const TICK = 1000

/** Tells a run of steps in a terminal and asks before each: what it is about, what is going on, what came of it. */
export class Walkthrough implements Presenter {
  readonly #terminal: Terminal
  readonly #live: LiveLines
  readonly #lines: LinePrinter
  readonly #waits = new Waits(() => Date.now())
  readonly #chapters = new Map<string, Chapter>()
  /** A line in which a command of ours can be pasted. */
  readonly here: (line: string) => string
  #stage: Stage | undefined
  #ticking: NodeJS.Timeout | undefined

  constructor(terminal: Terminal, write: (text: string) => void, here: (line: string) => string) {
    this.#terminal = terminal
    this.here = here
    this.#live = new LiveLines({ write, columns: terminal.columns })
    this.#lines = new LinePrinter(line => write(`${line}\n`))
  }

  begin(stage: Stage): void {
    this.#stage = stage
  }

  /** Lines are being shown anew: whoever writes past it would have them erased. */
  get busy(): boolean {
    return this.#ticking !== undefined
  }

  /** Lines that stay. */
  say(lines: readonly string[]): void {
    for (const line of lines) this.#live.write(line)
  }

  /** Something goes on; `last` is the last thing heard of it. */
  lasting(what: string, last?: string, usual?: number): void {
    const began = this.#waits.began(what)
    this.#waits.add({
      what,
      ms: began === undefined ? 0 : Date.now() - began,
      ...(last === undefined ? {} : { last }),
      ...(usual === undefined ? {} : { usual }),
    })
    this.#tick()
  }

  get page(): Page {
    return { columns: this.#terminal.columns(), unicode: this.#terminal.unicode }
  }

  emit(event: EngineEvent): void {
    switch (event.code) {
      case 'run.started':
        if (event.direction === 'plan') return
        return event.steps.forEach(({ id, title }, index) => {
          this.#chapters.set(id, { id, title, number: index + 1, total: event.steps.length })
        })
      case 'change.started':
        return this.#tick()
      case 'change.applied':
        return this.say(hanging(`${changeDone(event.change)} (${duration(event.ms)})`, this.page))
      case 'waiting':
      case 'output':
        return this.#lasts(event)
      case 'waited':
        return this.#waits.end(event.what)
      case 'warning':
        return this.say(hanging(`warning: ${event.message}`, this.page))
      case 'step.finished':
        return this.#finish(event)
      default:
        return undefined
    }
  }

  /** Shows what the step is about and asks until there is an answer; details are no answer. */
  async ask(question: Question): Promise<Answer> {
    const stage = this.#stage
    if (stage === undefined) throw new Error('the walkthrough has not begun')
    const { prompter, details } = stage
    this.rest()
    for (const { step, plan } of question.plans) {
      const chapter = this.#chapters.get(step)
      if (chapter) this.say(introduction(chapter, plan, this.page))
    }
    for (;;) {
      const answer = await prompter.choose<Answer | 'details'>(question.message, [
        { value: 'go', name: 'go on', also: ['yes'] },
        { value: 'details', name: 'show details' },
        { value: 'skip', name: 'skip this step' },
        { value: 'stop', name: 'stop here', also: ['no'] },
      ])
      if (answer !== 'details') return answer
      this.say(await details(question))
    }
  }

  async end(): Promise<void> {
    this.rest()
  }

  #finish(event: EngineEvent & { code: 'step.finished' }): void {
    this.rest()
    const chapter = this.#chapters.get(event.step)
    if (chapter === undefined) return
    this.say(outcome(chapter, event, this.page))
    if (event.status === 'changed' && this.#stage) {
      this.say(aftermath(event.step, this.#stage.settings, this.page, this.here))
    }
  }

  #lasts(event: EngineEvent & { code: 'waiting' | 'output' }): void {
    // Where nothing can be shown anew, a line a minute says that it goes on.
    if (!this.#terminal.movable) return this.#lines.emit(event)
    if (event.code === 'waiting') this.#waits.add(event)
    else this.lasting(event.source, event.line, EXPLANATIONS[event.step]?.usual)
    this.#tick()
  }

  #tick(): void {
    if (!this.#terminal.movable) return
    this.#live.show(this.#waits.lines())
    this.#ticking ??= setInterval(() => this.#live.show(this.#waits.lines()), TICK).unref()
  }

  /** Nothing is going on any more. */
  rest(): void {
    clearInterval(this.#ticking)
    this.#ticking = undefined
    this.#waits.clear()
    this.#live.clear()
  }
}
