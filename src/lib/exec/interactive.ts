import type { Readable, Writable } from 'node:stream'
import { DataChannel } from './channel.ts'
import { execFailure } from './failures.ts'
import { type Argv, ExitMark, interactiveCommand, newSentinel } from './framing.ts'
import { channelServices, type EcsExec, type EcsExecOptions } from './runner.ts'
import type { ExecTarget } from './target.ts'

/** The terminal of whoever runs this program: `process.stdin` and `process.stdout`. */
export interface LocalTerminal {
  readonly input: Readable & { setRawMode?(raw: boolean): unknown }
  readonly output: Writable & { readonly columns?: number; readonly rows?: number }
}

export interface Attachment {
  readonly exec: EcsExec
  readonly aws: EcsExecOptions['aws']
  readonly host: EcsExecOptions['host']
  readonly target: ExecTarget
  readonly argv: Argv
  readonly terminal: LocalTerminal
}

/**
 * Connects the terminal to a command in a container until that ends; keys go through as they are, Ctrl-C too.
 * The terminal is put back whatever happens.
 *
 * @returns the command's exit code
 * @throws Failure as `EcsExec.run` does
 */
export function attach({ exec, aws, host, target, argv, terminal }: Attachment): Promise<number> {
  const { input, output } = terminal
  const sentinel = newSentinel()
  return exec.session(target, interactiveCommand(argv, sentinel), async session => {
    const mark = new ExitMark(sentinel)
    const sizeNow = () => ({ cols: output.columns ?? 80, rows: output.rows ?? 24 })
    const channel = DataChannel.open(session, {
      services: channelServices(aws),
      clock: host.clock,
      signal: host.signal,
      size: sizeNow(),
      onOutput: data => {
        const shown = mark.push(data)
        return shown.length === 0 || output.write(shown) ? undefined : drained(output)
      },
    })
    const resize = () => channel.resize(sizeNow())
    const type = (keys: Buffer) => {
      input.pause()
      void channel.write(keys).then(() => input.resume())
    }
    output.on('resize', resize)
    input.on('data', type)
    input.setRawMode?.(true)
    input.resume()
    try {
      await channel.closed
    } finally {
      input.setRawMode?.(false)
      input.off('data', type)
      input.pause()
      output.off('resize', resize)
    }
    if (mark.exitCode === undefined)
      throw execFailure('EXEC_CHANNEL_CLOSED', 'The session ended before the command did.')
    return mark.exitCode
  })
}

const drained = (output: Writable): Promise<void> => new Promise(resolve => output.once('drain', () => resolve()))
