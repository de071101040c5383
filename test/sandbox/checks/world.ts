import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CheckEvent, CheckListener } from '../../../src/lib/checks/events.ts'
import { type CheckDeps, type CheckOptions, planChecks, runChecks } from '../../../src/lib/checks/index.ts'
import type { ChecksPlan } from '../../../src/lib/checks/plan.ts'
import type { CheckResult, ChecksRun } from '../../../src/lib/checks/result.ts'
import type { PolicyControl } from '../../../src/lib/checks/state.ts'
import type { Settings } from '../../../src/lib/config/settings.ts'
import { type Clock, systemClock } from '../../../src/lib/engine/clock.ts'
import type { KubernetesWriter } from '../../../src/lib/kubernetes/client.ts'
import { writeClients } from '../../../src/lib/steps/clients.ts'
import { allSteps } from '../../../src/lib/steps/index.ts'
import { policyControl } from '../../../src/lib/steps/policy-control.ts'
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/sandbox.ts'
import { RecordingHost } from '../../support/host.ts'
import { startMesh, succeeded } from '../steps/mesh-world.ts'

/** A whole walkthrough, with the checks run in it by the program's own clients. */
export interface CheckWorld {
  readonly sandbox: Sandbox
  readonly kubernetes: KubernetesWriter
  readonly policies: PolicyControl
  /** For the files of a test. */
  readonly directory: string
  run(names: readonly string[], more?: Partial<CheckOptions>, deps?: Partial<CheckDeps>): Promise<ChecksRun>
  plan(names: readonly string[]): Promise<ChecksPlan>
  close(): Promise<void>
}

/** The program's waits are shorter than real ones: the sandbox's time passes faster too. */
const WAITS = 20
const hurried: Clock = {
  now: () => systemClock.now() * WAITS,
  sleep: (ms, signal) => systemClock.sleep(ms / WAITS, signal),
}

export interface WorldOptions {
  readonly sandbox?: SandboxOptions
  readonly settings?: Partial<Settings>
  /** Milliseconds of the program's hurried time for which a verdict is waited for. */
  readonly timeout?: number
}

export async function startChecks({ sandbox, settings: more = {}, timeout }: WorldOptions = {}): Promise<CheckWorld> {
  const mesh = await startMesh(sandbox)
  succeeded(await mesh.up(allSteps, more))
  const directory = await mkdtemp(join(tmpdir(), 'checks-'))
  const settings = mesh.settings({ ...more, ...(timeout === undefined ? {} : { timeout }) })
  const clients = writeClients(settings)
  const host = new RecordingHost()
  const never = new AbortController().signal
  const options = { all: false, asIs: false, only: [], failed: false, directory, dataDirectory: directory }
  return {
    sandbox: mesh.sandbox,
    kubernetes: await mesh.kubernetes(),
    policies: policyControl({ settings, clients, clock: hurried, host }),
    directory,
    run: (names, more = {}, deps = {}) =>
      runChecks(
        { ...options, names, ...more },
        {
          settings,
          clients,
          clock: hurried,
          signal: never,
          stopNow: never,
          emit: () => undefined,
          host,
          ...deps,
        },
      ),
    plan: names => planChecks({ ...options, names }, { settings, clients, clock: hurried, signal: never, host }),
    close: async () => {
      await rm(directory, { recursive: true })
      await mesh.close()
    },
  }
}

/** Does something once an event comes. */
export function on(code: CheckEvent['code'], then: (event: CheckEvent) => unknown): CheckListener {
  let done = false
  return event => {
    if (event.code !== code || done) return
    done = true
    then(event)
  }
}

export function resultOf({ checks }: ChecksRun, id: string): CheckResult {
  const found = checks.find(check => check.id === id)
  if (!found) throw new Error(`no result ${id}`)
  return found
}

export const failedIds = ({ checks, aborted }: ChecksRun): readonly string[] => {
  if (aborted) throw aborted.error
  return checks.filter(({ pass }) => !pass).map(({ id }) => id)
}
