import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Milliseconds for a server to say that it is ready, and for one to end after it was asked to. */
const START = 120_000
const STOP = 20_000

/** What the tests leave running, because they failed, ends with them. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill()
})

export interface ServerOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Where the server says that it is ready. */
  readonly says: 'stdout' | 'stderr'
  readonly ready: RegExp
}

/** A server in a process of its own. Its standard input stays open until it is stopped. */
export class Server {
  readonly #child: ChildProcess
  /** What the line that said that it is ready matched. */
  readonly match: RegExpExecArray

  private constructor(child: ChildProcess, match: RegExpExecArray) {
    this.#child = child
    this.match = match
  }

  /** @throws Error with the last lines that it printed, where it ends or stays silent instead of getting ready */
  static async start(command: string, args: readonly string[], options: ServerOptions): Promise<Server> {
    const child = spawn(command, args, { env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] })
    running.add(child)
    child.once('exit', () => running.delete(child))
    const printed: string[] = []
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
    for (const name of ['stdout', 'stderr'] as const) {
      createInterface({ input: child[name] }).on('line', line => {
        printed.push(line)
        const match = name === options.says ? options.ready.exec(line) : null
        if (match) resolve(match)
      })
    }
    const fail = (what: string) => reject(new Error(`${command} ${what}:\n${printed.slice(-20).join('\n')}`))
    child.on('error', error => fail(`did not start (${error.message})`))
    child.on('exit', (code, signal) => fail(`ended (${signal ?? code}) before it was ready`))
    const timer = setTimeout(() => fail('was not ready in time'), START)
    try {
      return new Server(child, await promise)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP)
    this.#child.stdin?.end()
    this.#child.kill('SIGTERM')
    await ended
    clearTimeout(timer)
  }
}
