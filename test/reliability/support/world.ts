import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { loadSettings } from '../../../src/lib/config/load.ts'
import type { Settings } from '../../../src/lib/config/settings.ts'
import { callingFor } from '../../../src/lib/engine/calls.ts'
import type { EngineEvent } from '../../../src/lib/engine/events.ts'
import { isFailure } from '../../../src/lib/engine/failure.ts'
import { converge, plan, remove, type StepResult, type StepState, waitHost } from '../../../src/lib/engine/run.ts'
import { readClients, writeClients } from '../../../src/lib/steps/clients.ts'
import { allSteps } from '../../../src/lib/steps/index.ts'
import { removalSteps } from '../../../src/lib/steps/removal.ts'
import { type Leftover, sweep } from '../../../src/lib/steps/sweep.ts'
import type { Call, Fault } from '../../../src/sandbox/calls.ts'
import { enter } from '../../../src/sandbox/guard.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts'
import { fastClock } from './fast-clock.ts'
import { Keys } from './keys.ts'
import { lightTools } from './tools.ts'

export type Command = 'up' | 'cleanup'

/** How fast the sandbox's time passes, and the program's own where it runs in this process. */
const SANDBOX_SPEED = 1000
const PROGRAM_SPEED = 20

export interface RunOptions {
  /** Of `up`: what is built; default: everything. */
  readonly steps?: typeof allSteps
  /** Of a cleanup: what is taken away; default: everything. */
  readonly parts?: Parameters<typeof removalSteps>[0]
  readonly flags?: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal
  /** Milliseconds of real time that an answer may take, where it is not to be as long as usual. */
  readonly answerLimit?: number
}

/** What became of a command that ran in this process. */
export interface Ended {
  readonly results: readonly StepResult[]
  readonly events: readonly EngineEvent[]
  /** What each step that failed failed with. */
  readonly errors: readonly unknown[]
  /** What the sweep of a cleanup has found. */
  readonly left: readonly Leftover[]
  /** And what of that may stay. */
  readonly kept: readonly Leftover[]
}

export type Decide = (key: string, call: Call) => Fault | undefined

/** One sandbox, and commands that are run in it. One at a time in a process: they share its environment. */
export class World {
  readonly sandbox: Sandbox
  #keys = new Keys()

  static async start(speed = SANDBOX_SPEED): Promise<World> {
    const sandbox = await startSandbox({ speed })
    await lightTools(sandbox.dir)
    const world = new World(sandbox)
    enter(world.environment)
    await mkdir(join(sandbox.dir, 'home'))
    return world
  }

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox
  }

  get environment(): Record<string, string> {
    return { ...this.sandbox.environment, OWNER_NAME: 'tester', HOME: join(this.sandbox.dir, 'home') }
  }

  /** With the sandbox's own kubeconfig, whose credential needs no process of its own, unless another is asked for. */
  settings(more: Readonly<Record<string, unknown>> = {}): Settings {
    const flags = { kubeconfig: this.sandbox.environment.KUBECONFIG, ...more }
    return loadSettings({ flags, environment: this.environment, directory: this.sandbox.dir })
  }

  /** From here on, every call is named, and what happens to it is decided by its name. */
  decide(decide: Decide): void {
    this.#keys = new Keys()
    const keys = this.#keys
    this.sandbox.calls.fault = call => decide(keys.of(call), call)
  }

  calm(): void {
    this.sandbox.calls.fault = () => undefined
  }

  /** What the command does, without a process of its own. */
  async run(command: Command, options: RunOptions = {}): Promise<Ended> {
    const { steps: built = allSteps, parts = {}, flags = {}, signal = new AbortController().signal } = options
    const { answerLimit } = options
    const desired = this.settings(flags)
    const events: EngineEvent[] = []
    const host = { emit: (event: EngineEvent) => events.push(event), ask: async () => 'go' as const }
    const steps = command === 'up' ? built : removalSteps(parts)
    const run = { steps, desired, host, clock: fastClock(PROGRAM_SPEED), signal }
    const clients = writeClients(desired, answerLimit)
    const results = await (command === 'up' ? converge(run, clients) : remove(run, clients))
    const errors = results.flatMap(({ error }) => (error === undefined ? [] : [error]))
    if (command === 'up' || errors.length > 0) return { results, events, errors, left: [], kept: [] }
    const readers = readClients(desired, answerLimit)
    const states = await plan(run, readers, 'down')
    const swept = await callingFor(waitHost(run, 'sweep'), () => sweep(states, readers, desired))
    const unseen = swept.unseen.map(({ error }) => error)
    return { results, events, errors: unseen, left: swept.left, kept: swept.kept ?? [] }
  }

  plan(direction: 'up' | 'down' = 'up', flags: Readonly<Record<string, unknown>> = {}): Promise<StepState[]> {
    const desired = this.settings(flags)
    const host = { emit: () => undefined, ask: async () => 'go' as const }
    const steps = direction === 'up' ? allSteps : removalSteps({})
    const run = { steps, desired, host, clock: fastClock(PROGRAM_SPEED), signal: new AbortController().signal }
    return plan(run, readClients(desired), direction)
  }

  /** @throws Error where it does not end well */
  async must(command: Command, options: RunOptions = {}): Promise<Ended> {
    const ended = await this.run(command, options)
    const wrong = [...ended.errors.map(told), ...ended.left.map(({ kind, name }) => `left: ${kind} ${name}`)]
    if (wrong.length > 0) throw new Error(`${command} did not end well: ${wrong.join(' | ')}`)
    return ended
  }

  close(): Promise<void> {
    this.calm()
    return this.sandbox.close()
  }
}

/** An error in one line, for a report. */
export function told(error: unknown): string {
  if (isFailure(error)) return `${error.code}: ${[error.message, ...error.why].join(' ')}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Does something in a world of its own. */
export async function inWorld<T>(work: (world: World) => Promise<T>): Promise<T> {
  const world = await World.start()
  try {
    return await work(world)
  } finally {
    await world.close()
  }
}
