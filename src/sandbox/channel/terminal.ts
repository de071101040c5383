import { PassThrough, type Readable, Transform, type Writable } from 'node:stream'
import type { Size } from '../../lib/exec/messages.ts'

/** What a command in a container gets to work with. */
export interface CommandStreams {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** Always true for ECS Exec. */
  readonly tty: boolean
  readonly size: () => Size
  /** Aborted when the command is to end: Ctrl-C, or the session is terminated. */
  readonly signal: AbortSignal
}

const INTERRUPT = 0x03
const END_OF_INPUT = 0x04
const RETURN = 0x0d
const NEWLINE = 0x0a

/** The agent's pseudo-terminal: merges the streams, ends lines with CR LF, echoes what is typed. */
export class Terminal implements CommandStreams {
  readonly tty = true
  readonly stdin = new PassThrough()
  /** What the agent reads. */
  readonly screen: Transform = new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, withReturns(chunk)),
  })
  readonly #interrupt = new AbortController()
  #size: Size = { cols: 80, rows: 24 }
  readonly size = (): Size => this.#size
  #line: Buffer[] = []

  constructor() {
    // Who writes to a terminal that is gone gets an error of their own.
    this.screen.on('error', () => undefined)
  }

  get stdout(): Writable {
    return this.screen
  }

  get stderr(): Writable {
    return this.screen
  }

  get signal(): AbortSignal {
    return this.#interrupt.signal
  }

  resize(size: Size): void {
    this.#size = size
  }

  /** The command is told to end. */
  hangUp(): void {
    this.#interrupt.abort()
    this.stdin.end()
  }

  /** What a user types, in the terminal's cooked mode. */
  type(keys: Buffer): void {
    for (const key of keys) {
      if (key === INTERRUPT) {
        this.screen.write('^C\n')
        this.hangUp()
      } else if (key === END_OF_INPUT) {
        this.#enter(Buffer.alloc(0))
        this.stdin.end()
      } else if (key === RETURN || key === NEWLINE) {
        this.screen.write('\n')
        this.#enter(Buffer.from('\n'))
      } else {
        const typed = Buffer.of(key)
        this.screen.write(typed)
        this.#line.push(typed)
      }
    }
  }

  #enter(end: Buffer): void {
    if (!this.stdin.writableEnded) this.stdin.write(Buffer.concat([...this.#line, end]))
    this.#line = []
  }
}

function withReturns(chunk: Buffer): Buffer {
  if (!chunk.includes(NEWLINE)) return chunk
  return Buffer.from(chunk.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
}

/** Bytes at the end of `data` that begin a UTF-8 character and do not complete it. */
export function incompleteTail(data: Buffer): number {
  for (let back = 1; back <= Math.min(3, data.length); back++) {
    const byte = data.readUInt8(data.length - back)
    if ((byte & 0xc0) === 0x80) continue
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return needed > back ? back : 0
  }
  return 0
}
