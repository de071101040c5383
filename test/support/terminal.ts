import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type IPty, spawn } from '@lydell/node-pty'
import xterm from '@xterm/headless'
import { PROGRAM } from './cli.ts'

export interface TerminalOptions {
  readonly columns?: number
  readonly rows?: number
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Name under which it is recorded, where ECS_AMBIENT_RECORDINGS names a directory: `asciinema play` shows it. */
  readonly record?: string
}

/** Keys as a terminal sends them. */
export const KEYS = { enter: '\r', down: '\u001b[B', up: '\u001b[A', ctrlC: '\u0003', ctrlU: '\u0015' } as const

/** Milliseconds without anything that was waited for. */
const PATIENCE = 45_000

/** The program in a pseudo-terminal, and the screen as a person would see it. */
export class TerminalSession {
  readonly #pty: IPty
  readonly #screen: InstanceType<typeof xterm.Terminal>
  readonly #ended = Promise.withResolvers<number>()
  #written: Promise<void> = Promise.resolve()
  #watchers = new Set<() => void>()
  /** Everything that came out, control sequences included. */
  output = ''

  constructor(
    args: readonly string[],
    { columns = 80, rows = 40, env = {}, cwd = tmpdir(), record }: TerminalOptions = {},
  ) {
    const tape = recorder(record, columns, rows)
    this.#screen = new xterm.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true })
    const { PATH = '' } = process.env
    this.#pty = spawn(process.execPath, [PROGRAM, ...args], {
      cols: columns,
      rows,
      cwd,
      env: {
        ...{ PATH, HOME: '/nonexistent', TERM: 'xterm-256color', LANG: 'C.UTF-8', AWS_EC2_METADATA_DISABLED: 'true' },
        ...env,
      },
    })
    this.#pty.onData(data => {
      this.output += data
      tape(data)
      const shown = Promise.withResolvers<void>()
      this.#screen.write(data, () => {
        shown.resolve()
        for (const watch of this.#watchers) watch()
      })
      this.#written = shown.promise
    })
    this.#pty.onExit(({ exitCode, signal }) => this.#ended.resolve(signal ? 128 + signal : exitCode))
  }

  get pid(): number {
    return this.#pty.pid
  }

  /** All lines so far, as they stand on the screen and above it; what the terminal wrapped is one line. */
  lines(): readonly string[] {
    const buffer = this.#screen.buffer.active
    const lines: string[] = []
    for (let y = 0; y < buffer.length; y += 1) {
      const line = buffer.getLine(y)
      const text = line?.translateToString(true) ?? ''
      if (line?.isWrapped) lines[lines.length - 1] += text
      else lines.push(text)
    }
    while (lines.at(-1) === '') lines.pop()
    return lines
  }

  text(): string {
    return this.lines().join('\n')
  }

  /** Rows that the terminal had to break because they were too long. */
  brokenRows(): readonly string[] {
    const buffer = this.#screen.buffer.active
    return Array.from({ length: buffer.length }, (_, y) => buffer.getLine(y)).flatMap((line, y) =>
      line?.isWrapped ? [`${buffer.getLine(y - 1)?.translateToString(true)}⏎${line.translateToString(true)}`] : [],
    )
  }

  /** Resolves once the text below what was last waited for matches; after something was rubbed out, from the start. */
  async see(pattern: RegExp, { anew = false } = {}): Promise<void> {
    if (anew) this.#from = 0
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const seen = () => {
      const rest = this.text().slice(this.#from)
      const match = pattern.exec(rest)
      if (!match) return
      this.#from += match.index + match[0].length
      resolve()
    }
    const timer = setTimeout(() => reject(new Error(`never saw ${pattern}; the screen:\n${this.text()}`)), PATIENCE)
    this.#watchers.add(seen)
    seen()
    this.#ended.promise
      .then(() => this.#written)
      .then(() => {
        seen()
        reject(new Error(`ended without ${pattern}; the screen:\n${this.text()}`))
      })
    return promise.finally(() => {
      clearTimeout(timer)
      this.#watchers.delete(seen)
    })
  }
  #from = 0

  press(...keys: readonly string[]): void {
    for (const key of keys) this.#pty.write(key)
  }

  resize(columns: number, rows = 40): void {
    this.#pty.resize(columns, rows)
    this.#screen.resize(columns, rows)
  }

  /** The terminal goes away, as when its window is closed. */
  hangUp(): void {
    this.#pty.kill('SIGHUP')
  }

  async end(): Promise<number> {
    const code = await this.#ended.promise
    await this.#written
    return code
  }
}

/** Writes what comes out as an asciicast, version 2; nothing where nobody wants it. */
function recorder(name: string | undefined, width: number, height: number): (data: string) => void {
  const { ECS_AMBIENT_RECORDINGS: directory } = process.env
  if (!directory || name === undefined) return () => undefined
  const file = join(directory, `${name}.cast`)
  const began = Date.now()
  mkdirSync(directory, { recursive: true })
  writeFileSync(file, `${JSON.stringify({ version: 2, width, height })}\n`)
  return data => appendFileSync(file, `${JSON.stringify([(Date.now() - began) / 1000, 'o', data])}\n`)
}
