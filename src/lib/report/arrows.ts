import type { Verdict } from '../checks/check.ts'
import { methodOf } from '../checks/reporters/layout.ts'
import type { RunRecord } from '../checks/run-record.ts'
import { type Topology, type Workload, workloadsOf } from './topology.ts'

type RecordedCheck = RunRecord['checks'][number]
type RecordedPlace = RunRecord['places'][number]

/** Checks of one path that came to the same end. */
export interface Arrow {
  /** Ids of workloads or of outsiders. */
  readonly from: string
  readonly to: string
  readonly verdict: Verdict
  /** What is wrong with it; undefined where it is the expected one, or none was expected. */
  readonly complaint?: string
  /** HTTP methods, where the suite uses more than one. */
  readonly methods: readonly string[]
  readonly checks: readonly RecordedCheck[]
}

/** An end of an arrow that is no workload of the topology. */
export interface Outsider {
  readonly id: string
  readonly name: string
  /** `httpbin.org:80`, or that it is not there. */
  readonly detail: string
}

/** What one suite adds to the picture. */
export interface Scene {
  readonly title: string
  readonly subtitle: string
  readonly arrows: readonly Arrow[]
  readonly outsiders: readonly Outsider[]
}

/** Pure: a scene for each suite of the run. */
export function scenesOf(topology: Topology, { suites, places, checks }: RunRecord): readonly Scene[] {
  const ends = new Map(places.map(place => [place.name, endOf(place, topology)]))
  return suites.map(({ name, title, state }) => {
    const own = checks.filter(({ suite }) => suite === name)
    const used = new Set(own.flatMap(({ from, to }) => [from, to]))
    return {
      // What a suite is about says nothing of a state that it did not bring about.
      title: state ? `${name}: ${title}` : name,
      subtitle: state ? stateText(state) : 'What stood then was tested as it was.',
      arrows: arrowsOf(own, name => ends.get(name)?.id ?? outsiderId(name)),
      outsiders: [...used].flatMap(name => {
        const end = ends.get(name)
        return end && 'detail' in end ? [end] : []
      }),
    }
  })
}

const outsiderId = (name: string): string => `outside ${name}`

function endOf(place: RecordedPlace, topology: Topology): Workload | Outsider {
  const { name, host, workload } = place
  if (!workload) return { id: outsiderId(name), name, detail: host ?? 'outside the mesh' }
  const found = workloadsOf(topology).find(candidate => isMeant(workload, candidate))
  return found ?? { id: outsiderId(name), name, detail: 'not there now' }
}

function isMeant(workload: NonNullable<RecordedPlace['workload']>, { id, labels, kind }: Workload): boolean {
  if (workload.kind === 'task') return id === `task ${workload.cluster}/${workload.service}`
  const terms = workload.selector.split(',').map(term => term.split('='))
  return (
    kind === 'pod' &&
    id.startsWith(`pod ${workload.namespace}/`) &&
    terms.every(([label = '', value]) => labels[label] === value)
  )
}

function arrowsOf(checks: readonly RecordedCheck[], endId: (place: string) => string): readonly Arrow[] {
  const methods = new Set(checks.map(methodOf))
  const groups = Map.groupBy(checks, ({ from, to, verdict, pass, expected }) =>
    JSON.stringify([from, to, verdict, pass || expected]),
  )
  return [...groups.values()].flatMap(group => {
    const [first] = group
    if (!first) return []
    const { from, to, verdict, pass, expected } = first
    return [
      {
        from: endId(from),
        to: endId(to),
        verdict,
        ...(pass || expected === null
          ? {}
          : { complaint: expected === verdict ? 'not proven' : `expected ${expected}` }),
        methods: methods.size > 1 ? [...new Set(group.map(methodOf))] : [],
        checks: group,
      },
    ]
  })
}

function stateText({ policies, waypoint }: { readonly policies: readonly string[]; readonly waypoint: boolean }) {
  const under = policies.length > 0 ? `Under ${policies.join(', ')}` : 'Without policies'
  return `${under}, ${waypoint ? 'through the waypoint' : 'without a waypoint'}.`
}
