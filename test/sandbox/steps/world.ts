import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AwsWriters, awsWriters } from '../../../src/lib/aws/clients.ts'
import type { Settings } from '../../../src/lib/config/settings.ts'
import { type Clock, systemClock } from '../../../src/lib/engine/clock.ts'
import { converge, type Run, remove, type StepResult } from '../../../src/lib/engine/run.ts'
import type { AnyStep } from '../../../src/lib/engine/step.ts'
import type { MeshReaders } from '../../../src/lib/steps/mesh-version.ts'
import { AwsCloud } from '../../../src/sandbox/aws/cloud.ts'
import { provision } from '../../../src/sandbox/aws/services/eks/eksctl/provision.ts'
import { type Call, Calls } from '../../../src/sandbox/calls.ts'
import { SandboxClock } from '../../../src/sandbox/clock.ts'
import { RecordingHost } from '../../support/host.ts'
import { settings } from '../../support/settings.ts'

interface Clients extends MeshReaders {
  readonly aws: AwsWriters
}

/** There is nothing but AWS. */
const NO_MESH: MeshReaders = {
  kubernetes: async () => undefined,
  tools: { istioctlVersion: () => Promise.reject(new Error('there is no istioctl')) },
}
export type AwsStep = AnyStep<Settings, Clients, Clients>

/** What one run of a step did. */
export interface Ran {
  readonly result: StepResult
  readonly calls: readonly Call[]
  readonly host: RecordingHost
}

/** A simulated AWS, and the steps that need nothing else run against it through the real SDK. */
export interface AwsWorld {
  readonly cloud: AwsCloud
  readonly calls: Calls
  up(step: AwsStep, more?: Partial<Settings>): Promise<Ran>
  down(step: AwsStep, more?: Partial<Settings>): Promise<Ran>
  /** Makes an EKS cluster as eksctl does. */
  makeEks(name?: string): Promise<void>
  close(): Promise<void>
}

const VARIABLES = ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE'] as const

/** The program's waits are shorter than real ones, and the sandbox's time passes faster still. */
const WAITS = 20
const hurried: Clock = {
  now: () => systemClock.now() * WAITS,
  sleep: (ms, signal) => systemClock.sleep(ms / WAITS, signal),
}

export async function startAws(speed = 200): Promise<AwsWorld> {
  const clock = new SandboxClock(speed)
  const calls = new Calls()
  const cloud = new AwsCloud({ clock, calls, account: '111122223333', defaultRegion: 'us-east-1' })
  const server = createServer(cloud.handler)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const before = VARIABLES.map(name => [name, process.env[name]] as const)
  delete process.env.AWS_PROFILE
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.env.AWS_ACCESS_KEY_ID = 'AKIATEST'
  process.env.AWS_SECRET_ACCESS_KEY = 'secret'

  const run = async (
    direction: typeof converge | typeof remove,
    step: AwsStep,
    more: Partial<Settings>,
  ): Promise<Ran> => {
    const desired = settings(more)
    const host = new RecordingHost()
    const first = calls.log.length
    const { signal } = new AbortController()
    const about: Run<Settings, Clients, Clients> = { steps: [step], desired, host, clock: hurried, signal }
    const [result] = await direction(about, { aws: awsWriters(desired), ...NO_MESH })
    if (result === undefined) throw new Error('the step did not run')
    return { result, calls: calls.log.slice(first), host }
  }
  return {
    cloud,
    calls,
    up: (step, more = {}) => run(converge, step, more),
    down: (step, more = {}) => run(remove, step, more),
    makeEks: async (name = 'ambient-ecs') => {
      const spec = {
        name,
        version: '1.33',
        tags: new Map([['ecs-ambient/cluster', name]]),
        withOidc: false,
        addons: [],
        podIdentities: [],
        nodeGroups: [],
        creatorArn: 'arn:aws:iam::111122223333:user/sandbox',
      }
      const failed = await provision(cloud.region(), spec, {
        tell: () => undefined,
        signal: new AbortController().signal,
      })
      if (failed) throw new Error(`stack ${failed.name} failed`)
    },
    close: async () => {
      clock.stop()
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** The run, which must have ended well. */
export function well(ran: Ran): Ran {
  if (ran.result.error) throw ran.result.error
  return ran
}

export const writes = ({ calls }: Ran): readonly string[] =>
  calls.filter(call => call.writes).map(({ operation }) => operation)

export const changesOf = ({ result }: Ran): readonly string[] =>
  result.changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`)
