import { givenValues, loadSettings, type Sources } from '../lib/config/load.ts'
import type { Key } from '../lib/config/schema.ts'
import type { Settings } from '../lib/config/settings.ts'
import { callingFor } from '../lib/engine/calls.ts'
import { systemClock } from '../lib/engine/clock.ts'
import type { Answer, EngineEvent, Host, Question } from '../lib/engine/events.ts'
import { converge, plan, type Run, remove, type StepResult, type StepState, waitHost } from '../lib/engine/run.ts'
import type { AnyStep } from '../lib/engine/step.ts'
import { type ReadClients, readClients, type WriteClients, writeClients } from '../lib/steps/clients.ts'
import { type Configuration, configurationFlags } from './configuration.ts'
import type { Interruption } from './interruption.ts'
import { type Presenter, presenterFor } from './presenter.ts'
import { setAside } from './set-aside.ts'

export type WalkthroughStep = AnyStep<Settings, ReadClients, WriteClients>
export type Ask = (question: Question) => Promise<Answer>

/** Values of the configuration that somebody was asked for. */
export type Answers = Readonly<Partial<Record<Key, unknown>>>

export interface SessionOptions {
  readonly flags: Configuration
  readonly standsOn: readonly string[] | 'everything'
  readonly interruption: Interruption
  readonly json: boolean
  /** Show nothing but warnings: stdout is the command's own. */
  readonly quiet: boolean
  readonly warn: (message: string) => void
  /** A warning that no presenter shows: nothing has begun. */
  readonly tell: (message: string) => void
  /** Shows what happens instead of the usual tree or lines. */
  readonly presenter?: Presenter | undefined
  /** Never the sandbox that is running, always one of its own. */
  readonly ownSandbox: boolean
}

/** One command's work: its settings, the clients, and the engine with somebody listening. */
export interface Session {
  readonly settings: Settings
  /** What of the configuration was given, by flag, variable or file. */
  readonly given: ReadonlyMap<Key, unknown>
  readonly read: ReadClients
  readonly write: WriteClients
  readonly interruption: Interruption
  plan(steps: readonly WalkthroughStep[], direction?: 'up' | 'down'): Promise<readonly StepState[]>
  /** Side by side; with somebody to ask, one by one. */
  converge(steps: readonly WalkthroughStep[], ask?: Ask): Promise<readonly StepResult[]>
  remove(steps: readonly WalkthroughStep[]): Promise<readonly StepResult[]>
  /** Does what belongs to no step, and has it told under a name what its calls wait for. */
  telling<T>(name: string, work: () => Promise<T>): Promise<T>
  emit(event: EngineEvent): void
  /** The same work with more of the configuration known; close either of them. */
  with(answers: Answers): Session
  close(): Promise<void>
}

/** @throws Failure as loadSettings does; nothing has been asked of AWS by then */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { profile, ...rest } = options.flags
  const simulated = options.flags.sandbox || options.ownSandbox
  // A profile is the user's own AWS, which a sandbox must not know.
  const flags: Configuration = simulated ? rest : options.flags
  const sandbox = simulated ? await enterSandbox({ ...options, flags }) : undefined
  const sources: Sources = {
    flags: configurationFlags(flags),
    environment: process.env,
    directory: process.cwd(),
    ...(options.flags.config === undefined ? {} : { file: options.flags.config }),
  }
  const settings = loadSettings(sources)
  const aside = setAside(settings.profile, process.env)
  if (aside !== undefined) options.tell(aside)
  const listen = options.presenter ?? (await presenterFor(options))
  const close = async () => {
    await listen.end()
    await sandbox?.close()
  }
  return sessionOf(settings, { sources, listen, close, interruption: options.interruption })
}

interface Surroundings {
  readonly sources: Sources
  readonly listen: Presenter
  readonly interruption: Interruption
  close(): Promise<void>
}

function sessionOf(settings: Settings, around: Surroundings): Session {
  const { sources, listen, interruption, close } = around
  const run = (steps: readonly WalkthroughStep[], ask?: Ask): Run<Settings, ReadClients, WriteClients> => ({
    steps,
    desired: settings,
    clock: systemClock,
    signal: interruption.signal,
    host: { emit: event => listen.emit(event), ask: ask ?? (async () => 'go') } satisfies Host,
    oneByOne: ask !== undefined,
  })
  const read = readClients(settings)
  const write = writeClients(settings)
  return {
    settings,
    given: givenValues(sources),
    read,
    write,
    interruption,
    emit: event => listen.emit(event),
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
    telling: (name, work) => callingFor(waitHost(run([]), name), work),
    with: answers => {
      const more = { ...sources, flags: { ...sources.flags, ...answers } }
      return sessionOf(loadSettings(more), { ...around, sources: more })
    },
    close,
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
