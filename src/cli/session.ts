import { loadSettings } from '../lib/config/load.ts'
import type { Settings } from '../lib/config/settings.ts'
import { systemClock } from '../lib/engine/clock.ts'
import type { Answer, EngineEvent, Host, Question } from '../lib/engine/events.ts'
import { converge, plan, type Run, remove, type StepResult, type StepState } from '../lib/engine/run.ts'
import type { AnyStep } from '../lib/engine/step.ts'
import { type ReadClients, readClients, type WriteClients, writeClients } from '../lib/steps/clients.ts'
import { type Configuration, configurationFlags } from './configuration.ts'
import type { Interruption } from './interruption.ts'
import { type Presenter, presenterFor } from './presenter.ts'

export type WalkthroughStep = AnyStep<Settings, ReadClients, WriteClients>
export type Ask = (question: Question) => Promise<Answer>

export interface SessionOptions {
  readonly flags: Configuration
  readonly standsOn: readonly string[] | 'everything'
  readonly interruption: Interruption
  readonly json: boolean
  /** Show nothing but warnings: stdout is the command's own. */
  readonly quiet: boolean
  readonly warn: (message: string) => void
  /** Shows what happens instead of the usual tree or lines. */
  readonly presenter?: Presenter | undefined
  /** Never the sandbox that is running, always one of its own. */
  readonly ownSandbox: boolean
}

/** One command's work: its settings, the clients, and the engine with somebody listening. */
export interface Session {
  readonly settings: Settings
  readonly read: ReadClients
  readonly write: WriteClients
  readonly interruption: Interruption
  plan(steps: readonly WalkthroughStep[], direction?: 'up' | 'down'): Promise<readonly StepState[]>
  converge(steps: readonly WalkthroughStep[], ask?: Ask): Promise<readonly StepResult[]>
  remove(steps: readonly WalkthroughStep[]): Promise<readonly StepResult[]>
  emit(event: EngineEvent): void
  close(): Promise<void>
}

/** @throws Failure as loadSettings does; nothing has been asked of AWS by then */
export async function openSession(options: SessionOptions): Promise<Session> {
  const sandbox = options.flags.sandbox || options.ownSandbox ? await enterSandbox(options) : undefined
  const { profile, ...rest } = options.flags
  const settings = loadSettings({
    flags: configurationFlags(sandbox ? rest : options.flags),
    environment: process.env,
    directory: process.cwd(),
    ...(options.flags.config === undefined ? {} : { file: options.flags.config }),
  })
  const listen = options.presenter ?? (await presenterFor(options))
  const run = (
    steps: readonly WalkthroughStep[],
    ask: Ask = async () => 'go',
  ): Run<Settings, ReadClients, WriteClients> => ({
    steps,
    desired: settings,
    clock: systemClock,
    signal: options.interruption.signal,
    host: { emit: listen.emit, ask } satisfies Host,
  })
  const read = readClients(settings)
  const write = writeClients(settings)
  return {
    settings,
    read,
    write,
    interruption: options.interruption,
    emit: listen.emit,
    plan: (steps, direction) => plan(run(steps), read, direction),
    converge: async (steps, ask) => {
      const results = await converge(run(steps, ask), write)
      await listen.end()
      return results
    },
    remove: async steps => {
      const results = await remove(run(steps), write)
      await listen.end()
      return results
    },
    close: async () => {
      await listen.end()
      await sandbox?.close()
    },
  }
}

async function enterSandbox({ standsOn, flags, ownSandbox }: SessionOptions): Promise<{ close(): Promise<void> }> {
  const { enterSandbox } = await import('./sandbox.ts')
  return enterSandbox({
    standsOn,
    fresh: ownSandbox,
    flags: configurationFlags(flags),
    ...(flags.config === undefined ? {} : { file: flags.config }),
  })
}
