import { meshProfile } from '../config/mesh-profile.ts'
import type { Settings } from '../config/settings.ts'
import type { Clock } from '../engine/clock.ts'
import type { Host } from '../engine/events.ts'
import { Exit, Failure } from '../engine/failure.ts'
import { EcsExec } from '../exec/runner.ts'
import type { Transport } from '../exec/transport.ts'
import { needKubernetes, type ReadClients, type WriteClients } from '../steps/clients.ts'
import { meshVersion } from '../steps/mesh-version.ts'
import { assertApplicable, policyControl, standingPolicies } from '../steps/policy-control.ts'
import { POLICY_NAMES, policyOf } from '../steps/policy-source.ts'
import { EcsProber } from './adapters/ecs-prober.ts'
import { membershipBy } from './adapters/membership.ts'
import { meshNames } from './adapters/mesh-names.ts'
import { PodProber } from './adapters/pod-prober.ts'
import { standingFiles, withPolicyFiles } from './adapters/policy-files.ts'
import { policyObjects } from './adapters/policy-objects.ts'
import { proberFor } from './adapters/prober.ts'
import { LiveWorkloads } from './adapters/workloads.ts'
import { ZtunnelLogs } from './adapters/ztunnel-logs.ts'
import { BUILT_IN_SUITES, type Loaded, loadSuites } from './catalogue.ts'
import type { Expected, Suite } from './check.ts'
import { DEFAULT_LIMITS, type EvidenceMode, type RunLimits } from './context.ts'
import type { CheckListener } from './events.ts'
import { type Decisive, type LastRun, lastRun, lastRunFile, rememberRun, repeating } from './last-run.ts'
import { type MeshNames, placesOf } from './places.ts'
import { type ChecksPlan, planRun } from './plan.ts'
import { assertAllWritable, type ReportFiles, writeReports } from './reports.ts'
import { type ChecksRun, summaryOf } from './result.ts'
import { keepRun, recordOf, runRecordFile } from './run-record.ts'
import { runSuites } from './runner.ts'
import { only, withIds } from './select.ts'

export interface CheckOptions extends ReportFiles, Decisive {
  /** Suites and lists by name or file; none: `baseline`. */
  readonly names: readonly string[]
  /** All built-in suites, whatever the names. */
  readonly all: boolean
  /** Test what stands: apply and remove no policy. */
  readonly asIs: boolean
  /** Globs over paths and ids. */
  readonly only: readonly string[]
  /** Only what failed in the last run, and as it ran: with its `asIs`, `expect` and `evidence` where they are not given. */
  readonly failed: boolean
  /** What the lines of lists are to come to. */
  readonly expect?: Expected
  /** Default: `warn`. */
  readonly evidence?: EvidenceMode
  /** Against which file names are read. */
  readonly directory: string
  /** Where the last run's failures are kept. */
  readonly dataDirectory: string
}

export interface CheckDeps {
  readonly settings: Settings
  readonly clients: WriteClients
  readonly clock: Clock
  /** Aborted: stop, and put the policies back. */
  readonly signal: AbortSignal
  /** Aborted too: stop now, and say what remains. */
  readonly stopNow: AbortSignal
  readonly emit: CheckListener
  /** Listens to the steps that apply and remove policies. */
  readonly host: Host
  /** How ECS Exec sessions are carried; default: our own client. */
  readonly transport?: Transport
}

/**
 * Runs checks and writes the reports that were asked for, also of a run that could not begin. Rejects only where a report
 * can't be written; whatever else ends a run early is in its result: `failureOfRun` makes a failure of it.
 *
 * @throws Failure `REPORT_UNWRITABLE` (exit 2)
 */
export async function runChecks(options: CheckOptions, deps: CheckDeps): Promise<ChecksRun> {
  await assertAllWritable(options)
  const run = await attempt(options, deps).catch((error: unknown): ChecksRun => ({ ...NOTHING, aborted: { error } }))
  await writeReports(options, run)
  return run
}

const NOTHING: ChecksRun = { checks: [], summary: summaryOf([]), warnings: [], ms: 0 }

/**
 * The checks that would run, with host names as the Istio version has them. Where none is asked for, the mesh is; where
 * that can't be, they have the names of the guide.
 */
export async function listChecks(
  options: CheckOptions,
  settings: Settings,
  clients: ReadClients,
): Promise<readonly Suite[]> {
  const version = await meshVersion(settings, clients).catch(() => undefined)
  return (await load(await asked(options, settings), settings, namesBy(version))).suites
}

function namesBy(istioVersion: string | undefined): MeshNames {
  const profile = meshProfile(istioVersion)
  return {
    ecsHost: ({ name }, service) => profile.hostName(service, name),
    ecsServiceAccount: ({ serviceAccount }) => serviceAccount,
  }
}

/**
 * What a run would do, by reading alone.
 *
 * @throws Failure as the run would before its first check, `NOT_OURS` among them
 */
export async function planChecks(
  given: CheckOptions,
  {
    settings,
    clients,
    clock,
    host,
    signal,
  }: Pick<CheckDeps, 'settings' | 'clock' | 'host' | 'signal'> & {
    readonly clients: ReadClients
  },
): Promise<ChecksPlan> {
  const options = await asked(given, settings)
  await load(options, settings, namesBy(settings.istioVersion))
  const kubernetes = await needKubernetes(clients, settings)
  const { suites } = await load(options, settings, await meshNames(settings, clients))
  const [standing, files] = await Promise.all([
    standingPolicies(kubernetes, settings),
    standingFiles(policyFilesOf(suites), settings, kubernetes),
  ])
  const found = { ...standing, policies: [...standing.policies, ...files] }
  const planned = planRun(suites, options.asIs, found)
  const applied = [...planned.suites.flatMap(({ changes }) => changes), ...planned.restore]
    .filter(({ action, kind }) => action === 'create' && kind === 'policy')
    .map(({ name }) => name)
  await assertApplicable([...new Set(applied)], { settings, clients, clock, host, signal })
  return planned
}

const NO_LAST_RUN = 'Nothing is known of a run before, of which what failed could be repeated: all checks are run.'

interface Asked extends CheckOptions {
  /** What is repeated. */
  readonly last?: LastRun
}

async function asked(options: CheckOptions, settings: Settings): Promise<Asked> {
  const last = options.failed ? await lastRun(lastRunOf(options, settings)) : undefined
  return last ? { ...repeating(options, last), last } : options
}

async function attempt(given: CheckOptions, deps: CheckDeps): Promise<ChecksRun> {
  const { settings, clients, clock, signal, stopNow, emit, host, transport } = deps
  const options = await asked(given, settings)
  if (options.failed && !options.last) emit({ code: 'warning', message: NO_LAST_RUN })
  // What is wrong with names and files shows before anything is asked of AWS or Kubernetes.
  await load(options, settings, namesBy(settings.istioVersion))
  const kubernetes = await needKubernetes(clients, settings)
  const { suites, places } = await load(options, settings, await meshNames(settings, clients))
  const { ecs, logs } = clients.aws
  const exec = new EcsExec({
    region: settings.region,
    aws: clients.aws,
    host: { clock, signal, waiting: (what, ms, _, last) => emit({ code: 'waiting', what, ms, ...(last && { last }) }) },
    limits: { ready: 60_000, connect: 60_000 },
    ...(transport && { transport }),
  })
  const run = await runSuites(suites, {
    places,
    prober: proberFor({ pod: new PodProber(kubernetes), task: new EcsProber(exec) }),
    policies: withPolicyFiles(
      policyControl({ settings, clients, clock, host }),
      policyFilesOf(suites),
      settings,
      kubernetes,
    ),
    workloads: new LiveWorkloads(kubernetes, ecs),
    logs: new ZtunnelLogs(kubernetes, ecs, logs),
    membership: membershipBy(clients.tools),
    policyObjects: policyObjects(kubernetes),
    evidence: options.evidence ?? 'warn',
    asIs: options.asIs,
    limits: limitsFor(settings),
    clock,
    signal,
    stopNow,
    emit,
  })
  await keep(run, { suites, places }, options, deps)
  return run
}

/** Only hints, for --failed and for the report: what can't be kept takes nothing from what was found. */
async function keep(
  run: ChecksRun,
  { suites, places }: Loaded,
  options: Asked,
  { settings, clock, emit }: CheckDeps,
): Promise<void> {
  const { region, clusterName } = settings
  try {
    await rememberRun(lastRunOf(options, settings), suites, run.checks, options, options.last)
    await keepRun(
      runRecordFile(options.dataDirectory, region, clusterName),
      recordOf(run, options.asIs ? suites.map(asItStood) : suites, places, clock.now()),
    )
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    emit({ code: 'warning', message: `The run could not be kept for --failed and the report: ${why}` })
  }
}

/** Nothing was applied for it, so what it asks for says nothing of what stood. */
const asItStood = ({ state: _, ...suite }: Suite): Suite => suite

/** Milliseconds that the user allows for a wait go before our own. */
function limitsFor({ timeout }: Settings): RunLimits {
  if (timeout === undefined) return DEFAULT_LIMITS
  return { ...DEFAULT_LIMITS, propagation: timeout, unchanged: Math.min(timeout, DEFAULT_LIMITS.unchanged) }
}

const lastRunOf = ({ dataDirectory }: CheckOptions, { region, clusterName }: Settings): string =>
  lastRunFile(dataDirectory, region, clusterName)

async function load(options: Asked, settings: Settings, names: MeshNames): Promise<Loaded> {
  const failed = options.last?.failed
  const wanted = options.all ? BUILT_IN_SUITES : options.names
  const { suites, places } = await loadSuites(wanted.length > 0 ? wanted : [...(failed?.keys() ?? ['baseline'])], {
    directory: options.directory,
    places: placesOf(settings, names),
    ...(options.expect === undefined ? {} : { expect: options.expect }),
  })
  const lists = suites.some(({ kind }) => kind === 'list')
  if (options.expect !== undefined && !options.last && !lists) throw nothingToExpect()
  for (const policy of suites.flatMap(({ state }) => state?.policies ?? [])) policyOf(policy, settings)
  const chosen = failed ? withIds(suites, new Set([...failed.values()].flat())) : suites
  return { suites: only(chosen, options.only), places }
}

const nothingToExpect = (): Failure =>
  new Failure({
    code: 'EXPECT_WITHOUT_LIST',
    exit: Exit.usage,
    message: '--expect is for lists: the checks of a suite say themselves what they expect.',
    suggestions: ['ecs-ambient test run --expect allowed ecs-to-eks'],
  })

const policyFilesOf = (suites: readonly Suite[]): readonly string[] => [
  ...new Set(suites.flatMap(({ state }) => state?.policies ?? []).filter(policy => !POLICY_NAMES.includes(policy))),
]
