import { Listr, ListrLogger, type ListrTask, type ListrTaskWrapper, ProcessOutput } from 'listr2'
import type { EngineEvent } from '../engine/events.ts'
import type { Change, Plan } from '../engine/plan.ts'
import { changeLine, duration } from './words.ts'

// biome-ignore lint/suspicious/noExplicitAny: listr2's wrapper is generic over renderers, which is nothing to us
type Wrapper = ListrTaskWrapper<any, any, any>

/** The promises of one step's line in the tree, settled by the events of that step. */
class StepLine {
  readonly planned = Promise.withResolvers<Plan | undefined>()
  readonly finished = Promise.withResolvers<void>()
  readonly #changes = new Map<Change, PromiseWithResolvers<void>>()
  wrapper: Wrapper | undefined

  change(change: Change): PromiseWithResolvers<void> {
    const known = this.#changes.get(change) ?? Promise.withResolvers<void>()
    this.#changes.set(change, known)
    return known
  }

  /** What never came to its turn must not keep the tree open. */
  settle(): void {
    this.planned.resolve(undefined)
    for (const change of this.#changes.values()) change.resolve()
  }
}

/** Draws the steps of a run as a listr2 task tree: a line for each step, below it one for each change. */
export class TaskTree {
  readonly #lines = new Map<string, StepLine>()
  readonly #stream: NodeJS.WriteStream
  #drawn: Promise<unknown> = Promise.resolve()

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  emit(event: EngineEvent): void {
    if (event.code === 'run.started') return this.#begin(event.steps)
    const line = 'step' in event && event.step !== undefined ? this.#lines.get(event.step) : undefined
    if (!line) return
    switch (event.code) {
      case 'step.planned':
        return line.planned.resolve(event.plan)
      case 'change.applied':
        return line.change(event.change).resolve()
      case 'change.failed':
        return line.change(event.change).reject(asError(event.error))
      case 'waiting':
        return say(line, waitingText(event))
      case 'waited':
        return say(line, '')
      case 'output':
        return say(line, `${event.source}: ${event.line}`)
      case 'warning':
        return say(line, `warning: ${event.message}`)
      case 'step.finished':
        return this.#finish(line, event)
      default:
        return undefined
    }
  }

  /** Resolves once everything is drawn and the terminal is given back. */
  async end(): Promise<void> {
    for (const line of this.#lines.values()) {
      line.settle()
      line.finished.resolve()
    }
    await this.#drawn
  }

  #begin(steps: readonly { id: string; title: string }[]): void {
    for (const { id } of steps) this.#lines.set(id, new StepLine())
    const logger = new ListrLogger({ processOutput: new ProcessOutput(this.#stream, this.#stream) })
    const list = new Listr(
      steps.map(step => this.#task(step)),
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        renderer: 'default',
        // Titles stay what they are; why something failed is told once, below the tree.
        rendererOptions: { collapseSubtasks: false, showErrorMessage: false, showSkipMessage: false, logger },
      },
    )
    this.#drawn = list.run().catch(() => undefined)
  }

  #task({ id, title }: { id: string; title: string }): ListrTask {
    return {
      title,
      task: async (_, wrapper) => {
        const line = this.#lines.get(id)
        if (!line) return
        line.wrapper = wrapper
        const plan = await line.planned.promise
        if (!plan || plan.changes.length === 0) return line.finished.promise
        const changes = plan.changes.map(change => ({
          title: changeLine(change),
          task: () => line.change(change).promise,
        }))
        const verify = { title: 'Verify', task: () => line.finished.promise }
        return wrapper.newListr([...changes, verify], { concurrent: true, exitOnError: false })
      },
    }
  }

  #finish(line: StepLine, event: EngineEvent & { code: 'step.finished' }): void {
    const { status, reason, ms, error } = event
    const why = reason === undefined ? '' : `: ${reason}`
    if (line.wrapper) line.wrapper.title = `${line.wrapper.title} (${status}${why}, ${duration(ms)})`
    if (status === 'skipped') line.wrapper?.skip(reason)
    if (status === 'failed') line.finished.reject(asError(error))
    else line.finished.resolve()
    line.finished.promise.catch(() => undefined)
    line.settle()
  }
}

/** The last thing heard of it on a line of its own: it is long where the terminal is narrow. */
function waitingText({ what, ms, usual, last }: EngineEvent & { code: 'waiting' }): string {
  const usually = usual === undefined ? '' : `, usually ${duration(usual)}`
  return [`waiting for ${what}, ${duration(ms)}${usually}`, ...(last === undefined ? [] : [last])].join('\n')
}

function say(line: StepLine, text: string): void {
  if (line.wrapper) line.wrapper.output = text
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
