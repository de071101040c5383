import { isFailure } from '../engine/failure.ts'
import { waitFor } from '../engine/wait.ts'
import { type Check, pathOf } from './check.ts'
import type { Logged, RunContext } from './context.ts'
import { causeOf, denialOf, type Route, type Witness, witnessOf } from './evidence.ts'
import { isBehindWaypoint, type Place, type Places, spiffeId, waypointId } from './places.ts'
import type { DenialProof } from './proof.ts'
import type { Tried } from './settle.ts'
import { isReset } from './verdict.ts'

/** What the ztunnels logged while checks ran. */
export interface Records extends Logged {
  /** By check id; only of checks that stay inside the mesh. */
  readonly routes: ReadonlyMap<string, Route>
  /** By check id, that its every try was refused by policy. */
  readonly denials: ReadonlyMap<string, DenialProof>
  /** By address, why it is not in the mesh. */
  readonly outside: ReadonlyMap<string, string>
}

/** What is known where no log was to be read. */
export const NO_RECORDS: Records = {
  routes: new Map(),
  connections: [],
  problems: [],
  denials: new Map(),
  outside: new Map(),
}

type Around = Pick<RunContext, 'places' | 'workloads' | 'logs' | 'membership' | 'limits' | 'clock' | 'signal'>

/** Follows the logs that some checks will leave a trace in; what is answered reads them once the checks were tried. */
export async function record(
  checks: readonly Check[],
  waypoint: boolean,
  { places, workloads, logs, membership, limits, clock, signal }: Around,
): Promise<(tried: ReadonlyMap<string, Tried>) => Promise<Records>> {
  const ends = endsOf(checks, places)
  const [read, standing] = await Promise.all([
    logs.follow(ends),
    Promise.all(ends.map(async end => [end.name, (await workloads.standing(end))?.addresses ?? []] as const)),
  ])
  const routes = routesOf(checks, places, new Map(standing), waypoint)
  return async tried => {
    let logged: Logged = NO_RECORDS
    let denials: Records['denials'] = new Map()
    let clear = false
    const look = async () => {
      logged = await read()
      denials = denialsIn(checks, routes, tried, limits.holds, logged)
      clear = [...routes].every(([id, route]) => denials.has(id) || isTold(tried.get(id), route, logged))
      // A log that can't be read now will not be in a moment.
      return clear || logged.problems.length > 0
        ? { done: undefined }
        : { last: `${logged.connections.length} connections so far` }
    }
    const what = 'the access logs of the ztunnels'
    try {
      await waitFor({ what, look, limit: limits.evidence, slowest: 2_000 }, { clock, signal })
    } catch (error) {
      if (!isFailure(error) || error.code !== 'TIMED_OUT') throw error
    }
    // Who is in the mesh is asked only where the logs leave a question open: it takes a second.
    const addresses = standing.flatMap(([, found]) => found)
    const outside = clear ? undefined : await membership.outside(addresses, signal)
    return { ...logged, routes, denials, outside: outside ?? new Map() }
  }
}

/** Checks of one path can't be told apart in a log: it must hold the refusals of all of them. */
function denialsIn(
  checks: readonly Check[],
  routes: Records['routes'],
  tried: ReadonlyMap<string, Tried>,
  holds: number,
  { connections }: Logged,
): Records['denials'] {
  const resets = checks.flatMap(check => {
    const { seen, attempts } = tried.get(check.id) ?? {}
    return seen && isReset(seen) ? [{ check, tries: Math.min(holds, attempts ?? 0) }] : []
  })
  const denials = new Map<string, DenialProof>()
  for (const sharing of Map.groupBy(resets, ({ check }) => pathOf(check)).values()) {
    const tries = sharing.reduce((sum, { tries }) => sum + tries, 0)
    for (const { check } of sharing) {
      const route = routes.get(check.id)
      const denial = route && denialOf(route, connections, tries)
      if (denial) denials.set(check.id, denial)
    }
  }
  return denials
}

/** The places inside the mesh that checks begin or end at. */
function endsOf(checks: readonly Check[], places: Places): readonly Place[] {
  const names = new Set(checks.flatMap(({ from, to }) => [from, to]))
  return [...names].flatMap(name => places.get(name) ?? []).filter(({ identity }) => identity)
}

function routesOf(
  checks: readonly Check[],
  places: Places,
  addresses: ReadonlyMap<string, readonly string[]>,
  waypoint: boolean,
): ReadonlyMap<string, Route> {
  const routes = new Map<string, Route>()
  for (const { id, from, to } of checks) {
    const source = places.get(from)
    const target = places.get(to)
    if (!source?.identity || !target?.identity || !target.address) continue
    const { host, port } = target.address
    routes.set(id, {
      source: spiffeId(source.identity),
      target: spiffeId(target.identity),
      ...(waypoint && isBehindWaypoint(target) ? { via: waypointId(target.identity) } : {}),
      sourceAddresses: addresses.get(from) ?? [],
      targetAddresses: addresses.get(to) ?? [],
      hosts: [host, `${host}.svc.cluster.local`],
      port,
    })
  }
  return routes
}

/** Whether the log tells of this call what there is to tell: that it was allowed, or why it came to nothing. */
function isTold(tried: Tried | undefined, route: Route, { connections }: Logged): boolean {
  switch (tried?.judgement.verdict) {
    case 'allowed':
      return witnessOf(route, connections).kind !== 'unseen'
    case 'denied-l4':
    case 'unreachable':
      return causeOf(route, connections) !== undefined
    default:
      return true
  }
}

/** The second witness to a check; undefined where none is to be had. */
export function witnessIn(records: Records, id: string): Witness | undefined {
  const { routes, connections, problems } = records
  const route = routes.get(id)
  if (!route) return undefined
  const witness = witnessOf(route, connections)
  if (witness.kind !== 'unseen') return witness
  // Who is not in the mesh leaves no trace in its logs.
  const outside = outsideOf(records, route)
  if (outside !== undefined) return { kind: 'plain-text', line: outside }
  return problems.length > 0 ? { kind: 'unread', why: problems.join('; ') } : witness
}

/** Why a call failed, as the mesh itself tells it. */
export function causeIn(records: Records, id: string): ReturnType<typeof causeOf> {
  const route = records.routes.get(id)
  if (!route) return undefined
  const outside = outsideOf(records, route)
  const notEnrolled = outside === undefined ? undefined : { layer: 'not-enrolled' as const, why: outside }
  return causeOf(route, records.connections) ?? notEnrolled
}

/** What says that an end of the route is not in the mesh. */
function outsideOf({ outside }: Records, { sourceAddresses, targetAddresses }: Route): string | undefined {
  const [address] = [...sourceAddresses, ...targetAddresses].filter(end => outside.has(end))
  return address && outside.get(address)
}
