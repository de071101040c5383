import { summaryOf } from '../checks/result.ts'
import type { RunRecord } from '../checks/run-record.ts'
import type { Settings } from '../config/settings.ts'
import type { StepState } from '../engine/run.ts'
import { type Scene, scenesOf } from './arrows.ts'
import { type Costs, costsOf } from './costs.ts'
import { layOut } from './layout.ts'
import type { Picture } from './svg.ts'
import { isNothing, type Topology, workloadsOf } from './topology.ts'
import { descriptionOf } from './words.ts'

/** Everything that a report shows, in whichever form. */
export interface Report {
  readonly title: string
  readonly clusterName: string
  readonly topology: Topology
  /** Undefined where no run is known. */
  readonly run?: RunRecord
  readonly scenes: readonly Scene[]
  readonly steps: readonly StepState[]
  readonly costs: Costs
  readonly versions: readonly Version[]
  /** ISO time. */
  readonly madeAt: string
}

export interface Version {
  readonly of: string
  readonly version: string
}

export interface ReportParts {
  readonly settings: Pick<Settings, 'clusterName'>
  readonly topology: Topology
  readonly run: RunRecord | undefined
  readonly steps: readonly StepState[]
  /** Of this program. */
  readonly version: string
  readonly madeAt: Date
}

/** Pure. */
export function reportOf({ settings, topology, run, steps, version, madeAt }: ReportParts): Report {
  const { clusterName } = settings
  return {
    title: `Ambient mesh of ${clusterName}`,
    clusterName,
    topology,
    ...(run ? { run } : {}),
    scenes: run ? scenesOf(topology, run) : [],
    steps,
    costs: costsOf(topology),
    versions: versionsOf(topology, steps, version),
    madeAt: madeAt.toISOString(),
  }
}

function versionsOf({ eks }: Topology, steps: readonly StepState[], own: string): readonly Version[] {
  const gatewayApi = steps.find(({ id, state }) => id === 'gateway-api' && state === 'ready')?.plan?.facts?.version
  return [
    { of: 'Kubernetes', version: eks.kubernetesVersion },
    { of: 'Istio (Solo distribution)', version: eks.istioVersion },
    { of: 'Gateway API', version: typeof gatewayApi === 'string' ? gatewayApi : undefined },
    { of: 'ecs-ambient', version: own },
  ].flatMap(({ of, version }) => (version === undefined ? [] : [{ of, version }]))
}

/** A picture for each suite of the run, or one of what stands. */
export function picturesOf({ topology, scenes }: Pick<Report, 'topology' | 'scenes'>): readonly Picture[] {
  const drawings = layOut(topology, scenes)
  return drawings.map((drawing, index) => {
    const scene = scenes[index]
    return {
      drawing,
      title: scene?.title ?? 'What stands',
      subtitle: scene?.subtitle ?? (isNothing(topology) ? 'Nothing is deployed.' : NO_RUN),
      description: descriptionOf(topology, scene),
    }
  })
}

export const NO_RUN = 'No run of checks is known, so there are no arrows: ecs-ambient test run --all'

/** The report in four figures. */
export interface Headline {
  readonly label: string
  readonly figure: string
  readonly state: 'good' | 'bad' | 'neutral'
}

export function headlines({ topology, run, steps, costs }: Report): readonly Headline[] {
  const ready = steps.filter(({ state }) => state === 'ready').length
  const subjects = workloadsOf(topology).filter(({ kind, membership }) => kind === 'task' || membership === 'in')
  const inside = subjects.filter(({ membership }) => membership === 'in').length
  const summary = run && summaryOf(run.checks)
  return [
    {
      label: 'checks as expected',
      figure: summary ? `${summary.passed} of ${summary.total}` : 'not run',
      state: summary === undefined || summary.total === 0 ? 'neutral' : good(summary.failed === 0 && !run?.aborted),
    },
    { label: 'steps ready', figure: `${ready} of ${steps.length}`, state: good(ready === steps.length) },
    {
      label: 'workloads in the mesh',
      figure: `${inside} of ${subjects.length}`,
      state: subjects.length === 0 ? 'neutral' : good(inside === subjects.length),
    },
    {
      label: `an hour${costs.unknown.length > 0 ? ', at least' : ''}`,
      figure: costs.items.length > 0 ? `$${costs.hourly.toFixed(2)}` : '$0',
      state: 'neutral',
    },
  ]
}

const good = (is: boolean): Headline['state'] => (is ? 'good' : 'bad')
