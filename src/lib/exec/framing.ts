import { randomBytes } from 'node:crypto'
import { quote } from 'shlex'
import { Exit, Failure } from '../engine/failure.ts'
import { execFailure, protocolFailure } from './failures.ts'

/**
 * A terminal session has neither an exit code nor two streams. So commands run inside a script which prints, around
 * each, lines that begin with a random sentinel:
 *
 *     <sentinel> begin 0
 *     stdout in base64
 *     <sentinel> err
 *     stderr in base64
 *     <sentinel> end 0 <exit code>
 *     …
 *     <sentinel> done
 *
 * Everything else that the terminal shows, such as banners and echo, is passed over.
 */
export type Argv = readonly string[]

/** Bytes of script that one session takes. The limit of ecs:ExecuteCommand is not documented; this is well below any. */
export const MAX_SCRIPT = 8192

export const newSentinel = (): string => `ea-${randomBytes(12).toString('hex')}`

/**
 * The `command` of ecs:ExecuteCommand that runs all commands one after another, each with /dev/null as stdin.
 * It needs `sh`, `base64`, `mkdir`, `cat`, `rm` in the container, and a directory that can be written.
 * The sentinel never stands in it as a whole: an echo of the script must not look like its output.
 *
 * @throws Failure `EXEC_BAD_COMMAND` (exit 2) for an empty command or one that no process can get as arguments
 */
export function framedCommand(commands: readonly Argv[], sentinel: string): string {
  const middle = sentinel.length >> 1
  const script = [
    `a=${sentinel.slice(0, middle)} b=${sentinel.slice(middle)} s=$a$b`,
    'command -v base64 >/dev/null || { echo "$s fail there is no base64 in the container"; exit; }',
    'for t in /tmp /dev/shm .; do d=$t/.$s; (umask 077; mkdir "$d") 2>/dev/null && break; d=; done',
    '[ "$d" ] || { echo "$s fail no directory of the container can be written"; exit; }',
    `trap 'rm -rf "$d"; exit 129' HUP INT TERM 2>/dev/null`,
    'r() {',
    '  echo "$s begin $1"; n=$1; shift',
    // In a subshell, so that a command like `exit 3` ends itself only.
    '  { ( command "$@" ) </dev/null 2>"$d/e"; echo "$?" >"$d/c"; } | base64',
    '  echo "$s err"; base64 <"$d/e"',
    '  echo "$s end $n $(cat "$d/c")"',
    '}',
    ...commands.map((argv, index) => `r ${index} ${words(argv)}`),
    'rm -rf "$d"',
    'echo "$s done"',
  ].join('\n')
  return `sh -c ${quote(script)}`
}

function words(argv: Argv): string {
  if (argv.length === 0 || argv[0] === '' || argv.some(word => word.includes('\0'))) {
    throw new Failure({
      code: 'EXEC_BAD_COMMAND',
      exit: Exit.usage,
      message: argv.length === 0 ? 'There is no command to run.' : 'A command must have a name, and no NUL in it.',
    })
  }
  return argv.map(quote).join(' ')
}

/** Splits commands into batches, in order, each of which fits into one session. */
export function batches(commands: readonly Argv[], limit = MAX_SCRIPT): readonly (readonly Argv[])[] {
  const result: Argv[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const argv of commands) {
    // Quoted twice: once as a word of the script, once with the script.
    const length = quote(words(argv)).length + 10
    if (size + length > limit) {
      result.push([])
      size = 0
    }
    result.at(-1)?.push(argv)
    size += length
  }
  return result
}

export type FramingEvent =
  | { readonly kind: 'begin'; readonly index: number }
  | { readonly kind: 'stdout' | 'stderr'; readonly index: number; readonly data: Buffer }
  | { readonly kind: 'end'; readonly index: number; readonly exitCode: number }
  | { readonly kind: 'done' }

const BASE64_LINE = /^[A-Za-z0-9+/]+={0,2}$/
/** Characters that a line may have; the script's own have 76. */
const LONGEST_LINE = 1 << 20

/** Finds the frames of a script's output in what a terminal shows, wherever that was cut. */
export class FramingParser {
  readonly #sentinel: string
  readonly #count: number
  readonly #decoder = new TextDecoder('utf-8')
  #line = ''
  #index = -1
  #stream: 'none' | 'stdout' | 'stderr' = 'none'
  #done = false

  /** `count`: how many commands the script runs. */
  constructor(sentinel: string, count: number) {
    this.#sentinel = sentinel
    this.#count = count
  }

  /** The script has come to its end. */
  get done(): boolean {
    return this.#done
  }

  /** @throws Failure `EXEC_UNSUPPORTED` where the script can't run; `EXEC_PROTOCOL` for output that can't be the script's */
  push(chunk: Buffer): readonly FramingEvent[] {
    const lines = (this.#line + this.#decoder.decode(chunk, { stream: true })).split('\n')
    this.#line = lines.pop() ?? ''
    if (this.#line.length > LONGEST_LINE) throw protocolFailure('a line of more than a megabyte')
    const events: FramingEvent[] = []
    let encoded: string[] = []
    const flush = () => {
      if (encoded.length === 0 || this.#stream === 'none') return
      events.push({ kind: this.#stream, index: this.#index, data: Buffer.from(encoded.join(''), 'base64') })
      encoded = []
    }
    for (const raw of lines) {
      const line = raw.trimEnd()
      const found = line.indexOf(this.#sentinel)
      if (found >= 0) {
        flush()
        events.push(...this.#mark(line.slice(found + this.#sentinel.length).trim()))
      } else if (this.#stream !== 'none' && BASE64_LINE.test(line)) {
        encoded.push(line)
      }
    }
    flush()
    return events
  }

  #mark(mark: string): readonly FramingEvent[] {
    const [word, ...rest] = mark.split(' ')
    switch (word) {
      case 'begin':
        this.#index = numberIn(rest[0], this.#count)
        this.#stream = 'stdout'
        return [{ kind: 'begin', index: this.#index }]
      case 'err':
        this.#stream = 'stderr'
        return []
      case 'end':
        this.#stream = 'none'
        return [{ kind: 'end', index: numberIn(rest[0], this.#count), exitCode: numberIn(rest[1], 256) }]
      case 'done':
        this.#done = true
        return [{ kind: 'done' }]
      case 'fail':
        throw execFailure('EXEC_UNSUPPORTED', `Commands can't be run in this container: ${rest.join(' ')}.`)
      default:
        return []
    }
  }
}

function numberIn(digits: string | undefined, limit: number): number {
  const number = /^\d{1,6}$/.test(digits ?? '') ? Number(digits) : Number.NaN
  if (number < limit) return number
  throw protocolFailure('a line that only looks like one of the script around the commands')
}

/**
 * The `command` that runs `argv` in the session's own terminal, for somebody who types. After its end a mark with its
 * exit code is printed, which `ExitMark` finds and takes out.
 */
export function interactiveCommand(argv: Argv, sentinel: string): string {
  const middle = sentinel.length >> 1
  const script = `command "$@"; printf '%s%s %s.' ${sentinel.slice(0, middle)} ${sentinel.slice(middle)} "$?"`
  return `sh -c ${quote(script)} sh ${words(argv)}`
}

/** Passes on what a terminal shows, but for the mark at the end. */
export class ExitMark {
  readonly #sentinel: Buffer
  #held: Buffer = Buffer.alloc(0)
  exitCode: number | undefined

  constructor(sentinel: string) {
    this.#sentinel = Buffer.from(sentinel)
  }

  /** What can be shown already: all but what may be the beginning of the mark. */
  push(chunk: Buffer): Buffer {
    const data = Buffer.concat([this.#held, chunk])
    const found = data.indexOf(this.#sentinel)
    const show = found >= 0 ? found : data.length - this.#possibleStart(data)
    this.#held = data.subarray(show)
    const mark = /^ (\d{1,3})\./.exec(this.#held.toString('latin1', this.#sentinel.length))
    if (found >= 0 && mark) this.exitCode = Number(mark[1])
    return data.subarray(0, show)
  }

  /** How many of the last bytes are the sentinel's first ones. */
  #possibleStart(data: Buffer): number {
    for (let size = Math.min(data.length, this.#sentinel.length - 1); size > 0; size--) {
      if (data.subarray(-size).equals(this.#sentinel.subarray(0, size))) return size
    }
    return 0
  }
}
