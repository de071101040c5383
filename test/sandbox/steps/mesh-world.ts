import { loadSettings } from '../../../src/lib/config/load.ts'
import type { Settings } from '../../../src/lib/config/settings.ts'
import { type Clock, systemClock } from '../../../src/lib/engine/clock.ts'
import { isFailure } from '../../../src/lib/engine/failure.ts'
import { upTo } from '../../../src/lib/engine/graph.ts'
import { converge, plan, remove, type StepResult, type StepState } from '../../../src/lib/engine/run.ts'
import type { AnyStep } from '../../../src/lib/engine/step.ts'
import type { KubernetesWriter } from '../../../src/lib/kubernetes/client.ts'
import {
  needKubernetes,
  type ReadClients,
  readClients,
  type WriteClients,
  writeClients,
} from '../../../src/lib/steps/clients.ts'
import { allSteps, policiesStep } from '../../../src/lib/steps/index.ts'
import type { Call } from '../../../src/sandbox/calls.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../src/sandbox/sandbox.ts'
import { RecordingHost } from '../../support/host.ts'

export type MeshStep = AnyStep<Settings, ReadClients, WriteClients>

/** What one run of steps did. */
export interface Ran {
  readonly results: readonly StepResult[]
  readonly calls: readonly Call[]
  readonly host: RecordingHost
  /** `step: action kind name`, in the order in which it was done. */
  readonly changes: readonly string[]
}

/** A whole sandbox, and the program's steps run in it by the program's own clients. */
export interface MeshWorld {
  readonly sandbox: Sandbox
  settings(more?: Partial<Settings>): Settings
  kubernetes(): Promise<KubernetesWriter>
  up(steps: readonly MeshStep[], more?: Partial<Settings>, signal?: AbortSignal): Promise<Ran>
  down(steps: readonly MeshStep[], more?: Partial<Settings>): Promise<Ran>
  plan(steps: readonly MeshStep[], more?: Partial<Settings>): Promise<readonly StepState[]>
  close(): Promise<void>
}

export const everything: readonly MeshStep[] = [...allSteps, policiesStep]

/** The steps and all that they stand on. */
export const until = (...ids: readonly string[]): readonly MeshStep[] => {
  const wanted = new Set(ids.flatMap(id => upTo(allSteps, id)).map(({ id }) => id))
  return allSteps.filter(({ id }) => wanted.has(id))
}

/** The program's waits are shorter than real ones: the sandbox's time passes faster too. */
const WAITS = 20
const hurried: Clock = {
  now: () => systemClock.now() * WAITS,
  sleep: (ms, signal) => systemClock.sleep(ms / WAITS, signal),
}

export async function startMesh(options: SandboxOptions = {}): Promise<MeshWorld> {
  const sandbox = await startSandbox({ speed: 150, ...options })
  const before = { ...process.env }
  Object.assign(process.env, sandbox.environment)
  const settings = (more: Partial<Settings> = {}): Settings => {
    const loaded = loadSettings({ flags: {}, environment: sandbox.environment, directory: '/' })
    return { ...loaded, ownerName: 'tester', ...more }
  }
  const run = async (
    direction: typeof converge | typeof remove,
    steps: readonly MeshStep[],
    more: Partial<Settings>,
    signal = new AbortController().signal,
  ): Promise<Ran> => {
    const desired = settings(more)
    const host = new RecordingHost()
    const first = sandbox.calls.log.length
    const results = await direction({ steps, desired, host, clock: hurried, signal }, writeClients(desired))
    const changes = host
      .of('change.applied')
      .map(({ step, change: { action, kind, name } }) => `${step}: ${action} ${kind} ${name}`)
    return { results, calls: sandbox.calls.log.slice(first), host, changes }
  }
  return {
    sandbox,
    settings,
    kubernetes: () => needKubernetes(writeClients(settings()), settings()),
    up: (steps, more = {}, signal) => run(converge, steps, more, signal),
    down: (steps, more = {}) => run(remove, steps, more),
    plan: (steps, more = {}) => {
      const desired = settings(more)
      const { signal } = new AbortController()
      return plan({ steps, desired, host: new RecordingHost(), clock: hurried, signal }, readClients(desired))
    },
    close: async () => {
      for (const name of Object.keys(sandbox.environment)) delete process.env[name]
      Object.assign(process.env, before)
      await sandbox.close()
    },
  }
}

/** Throws the first error of a run with all that it says, so that a test shows it rather than what follows from it. */
export function succeeded(ran: Ran): Ran {
  const failed = ran.results.find(({ status }) => status === 'failed')
  if (!failed) return ran
  if (!isFailure(failed.error)) throw failed.error
  const { code, message, why } = failed.error
  throw new Error(`${failed.id}: ${code} ${message}\n${why.join('\n')}`, { cause: failed.error })
}
