import { type Check, type MeshState, pathOf, type Suite } from './check.ts'
import { changesBetween, type StateChange } from './state.ts'

/** A check as it is listed. */
export interface PlannedCheck {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly request: string
  readonly expected: Check['expected'] | null
}

export interface PlannedSuite {
  readonly suite: string
  readonly title: string
  /** What stands while it runs; absent where it is run in whatever stands. */
  readonly state?: MeshState
  /** What brings that about, after the suite before it. */
  readonly changes: readonly StateChange[]
  readonly checks: readonly PlannedCheck[]
}

/** What a run of checks would do: its form is a contract. */
export interface ChecksPlan {
  readonly dryRun: true
  readonly suites: readonly PlannedSuite[]
  /** What puts back what stands now. */
  readonly restore: readonly StateChange[]
}

export const plannedCheck = ({ id, from, to, request, expected }: Check): PlannedCheck => ({
  ...{ id, from, to, request },
  expected: expected ?? null,
})

/** Pure. `found`: what stands now. */
export function planRun(suites: readonly Suite[], asIs: boolean, found: MeshState): ChecksPlan {
  let now = found
  const planned = suites.map(({ name, title, state, checks }): PlannedSuite => {
    const wanted = asIs ? undefined : state
    const changes = wanted ? changesBetween(now, wanted) : []
    now = wanted ?? now
    return { suite: name, title, ...(wanted ? { state: wanted } : {}), changes, checks: checks.map(plannedCheck) }
  })
  return { dryRun: true, suites: planned, restore: changesBetween(now, found) }
}

export function planRunLines({ suites, restore }: ChecksPlan): readonly string[] {
  if (suites.length === 0) return ['= nothing to do']
  return [
    ...suites.flatMap(({ suite, title, state, changes, checks }) => [
      `${suite}: ${title}`,
      `  in this state: ${stateText(state)}`,
      ...changes.map(change => `  ${changeText(change)}`),
      ...checks.map(
        check => `  > ${check.id} (${pathOf(check)}, ${check.expected ?? 'whatever comes'}): ${check.request}`,
      ),
    ]),
    'at the end: what stands now',
    ...(restore.length === 0 ? ['  = nothing to put back'] : restore.map(change => `  ${changeText(change)}`)),
  ]
}

function stateText(state: MeshState | undefined): string {
  if (state === undefined) return 'what stands'
  const policies = state.policies.length === 0 ? 'no policy' : `policy ${state.policies.join(', ')}`
  return `${policies}, ${state.waypoint ? 'a waypoint' : 'no waypoint'}`
}

const changeText = ({ action, kind, name }: StateChange): string =>
  `${action === 'create' ? '+' : '-'} ${kind === 'waypoint' ? kind : `${kind} ${name}`}`
