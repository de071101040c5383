import { quote } from 'shlex'
import type { Settings } from '../config/settings.ts'
import type { Clock } from '../engine/clock.ts'
import type { Host } from '../engine/events.ts'
import { converge, plan, remove, type StepResult } from '../engine/run.ts'
import type { AnyStep } from '../engine/step.ts'
import type { KubernetesReader } from '../kubernetes/client.ts'
import { needKubernetes, type ReadClients, type WriteClients } from './clients.ts'
import { adoptedBy } from './not-ours.ts'
import { listPolicies, policyStep } from './policies.ts'
import { ecsNamespaces, POLICY_NAMES } from './policy-source.ts'
import { observeWaypoint, stands, waypointStep } from './waypoint.ts'

export interface PolicyControlOptions {
  readonly settings: Settings
  readonly clients: WriteClients
  readonly clock: Clock
  readonly host: Host
}

/** What stands of what a suite may ask for. */
export interface PolicyState {
  readonly policies: readonly string[]
  readonly waypoint: boolean
}

/** Which of the built-in policies stand, and whether there is a waypoint. */
export async function standingPolicies(
  kubernetes: KubernetesReader,
  settings: Pick<Settings, 'ecsClusters'>,
): Promise<PolicyState> {
  const [listed, waypoints] = await Promise.all([
    listPolicies(kubernetes, settings),
    Promise.all(ecsNamespaces(settings).map(namespace => observeWaypoint(kubernetes, namespace))),
  ])
  const standing = new Set(listed.map(({ builtIn }) => builtIn))
  return { policies: POLICY_NAMES.filter(name => standing.has(name)), waypoint: waypoints.some(stands) }
}

/** Policies and waypoint for the test suites, by the same steps that the commands run. */
export function policyControl({ settings, clients, clock, host }: PolicyControlOptions) {
  type PolicyStep = AnyStep<Settings, ReadClients, WriteClients>
  const run = async (direction: typeof converge, step: PolicyStep, signal: AbortSignal): Promise<void> => {
    throwFailed(await direction({ steps: [step], desired: settings, clock, host, signal }, clients))
  }
  return {
    current: async (): Promise<PolicyState> => standingPolicies(await needKubernetes(clients, settings), settings),
    apply: async (policy: string, signal: AbortSignal) => {
      await run(converge, policyStep(policy, settings), signal).catch((error: unknown) => {
        throw adoptedBy(error, applyCommand(policy))
      })
    },
    remove: async (policy: string, signal: AbortSignal) => run(remove, policyStep(policy, settings), signal),
    waypoint: (on: boolean, signal: AbortSignal) => run(on ? converge : remove, waypointStep, signal),
  }
}

const applyCommand = (policy: string): string => `ecs-ambient policy apply ${quote(policy)}`

/** @throws Failure as applying the policies would before anything is written */
export async function assertApplicable(
  policies: readonly string[],
  { settings, clients, ...host }: Omit<PolicyControlOptions, 'clients'> & ReadOnly,
): Promise<void> {
  const planned = await plan(
    { ...host, desired: settings, steps: policies.map(name => policyStep(name, settings)) },
    clients,
  )
  for (const [index, { error }] of planned.entries()) {
    if (error !== undefined) throw adoptedBy(error, applyCommand(policies[index] ?? ''))
  }
}

interface ReadOnly {
  readonly clients: ReadClients
  readonly signal: AbortSignal
}

function throwFailed(results: readonly StepResult[]): void {
  const failed = results.find(({ status }) => status === 'failed')
  if (failed) throw failed.error
}
