import type { EngineEvent } from '../lib/engine/events.ts'
import { LinePrinter } from '../lib/ui/lines.ts'
import { type Terminal, terminalOf } from './terminal.ts'

/** Somebody who shows what the engine does. */
export interface Presenter {
  emit(event: EngineEvent): void
  /** Resolves when all is shown; what comes later is shown anew. */
  end(): Promise<void>
}

export interface PresenterOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly warn: (message: string) => void
}

/** A task tree in a terminal, plain lines elsewhere; with JSON on stdout the lines go to stderr. */
export async function presenterFor({ json, quiet, warn }: PresenterOptions): Promise<Presenter> {
  const shown = quiet
    ? onlyWarnings()
    : !json && canDraw(terminalOf(process.stdout))
      ? await tree()
      : lines(json ? process.stderr : process.stdout)
  return {
    end: () => shown.end(),
    emit: event => {
      if (event.code === 'warning') warn(event.message)
      shown.emit(event)
    },
  }
}

/** The tree is drawn with signs beyond ASCII. */
const canDraw = ({ movable, unicode }: Terminal): boolean => movable && unicode

function lines(stream: NodeJS.WritableStream): Presenter {
  const printer = new LinePrinter(line => stream.write(`${line}\n`))
  return { emit: event => printer.emit(event), end: async () => undefined }
}

function onlyWarnings(): Presenter {
  const { emit, end } = lines(process.stderr)
  return { end, emit: event => event.code === 'warning' && emit(event) }
}

/** A tree is drawn for each run and given up at its end, so that whatever follows is printed below it. */
async function tree(): Promise<Presenter> {
  const { TaskTree } = await import('../lib/ui/tree.ts')
  let current: InstanceType<typeof TaskTree> | undefined
  return {
    emit: event => {
      if (event.code === 'run.started' && event.direction !== 'plan') current = new TaskTree(process.stdout)
      current?.emit(event)
    },
    end: async () => {
      await current?.end()
      current = undefined
    },
  }
}
