import { loadSettings } from '../lib/config/load.ts'
import type { Key } from '../lib/config/schema.ts'
import { systemClock } from '../lib/engine/clock.ts'
import { upTo } from '../lib/engine/graph.ts'
import { converge } from '../lib/engine/run.ts'
import { writeClients } from '../lib/steps/clients.ts'
import { allSteps } from '../lib/steps/index.ts'
import { enter } from '../sandbox/guard.ts'
import { findSandbox, startSandbox } from '../sandbox/sandbox.ts'
import { throwIfFailed } from './results.ts'

export interface SandboxUse {
  /** What stands already in a sandbox of the command's own. */
  readonly standsOn: readonly string[] | 'everything'
  /** Leave the one that is running alone. */
  readonly fresh: boolean
  readonly flags: Readonly<Partial<Record<Key, unknown>>>
  readonly file?: string
}

/**
 * Turns this process to the sandbox that is running, or to a fresh one of its own in which the program itself has
 * done what the command depends on. From here on nothing but loopback can be reached.
 */
export async function enterSandbox({ standsOn, fresh, flags, file }: SandboxUse): Promise<{ close(): Promise<void> }> {
  const running = fresh ? undefined : await findSandbox()
  if (running) {
    enter(running.environment)
    return { close: async () => undefined }
  }
  const sandbox = await startSandbox()
  enter(sandbox.environment)
  try {
    await prepare(standsOn, flags, file)
  } catch (error) {
    await sandbox.close()
    throw error
  }
  return sandbox
}

async function prepare(standsOn: SandboxUse['standsOn'], flags: SandboxUse['flags'], file?: string): Promise<void> {
  const steps = standsOn === 'everything' ? allSteps : allSteps.filter(({ id }) => needed(standsOn).has(id))
  if (steps.length === 0) return
  const desired = loadSettings({
    flags,
    environment: process.env,
    directory: process.cwd(),
    ...(file === undefined ? {} : { file }),
  })
  const host = { emit: () => undefined, ask: async () => 'go' as const }
  const run = { steps, desired, host, clock: systemClock, signal: new AbortController().signal }
  throwIfFailed(await converge(run, writeClients(desired)), {})
}

function needed(ids: readonly string[]): ReadonlySet<string> {
  return new Set(ids.flatMap(id => upTo(allSteps, id)).map(({ id }) => id))
}
