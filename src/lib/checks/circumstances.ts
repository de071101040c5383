import type { Check } from './check.ts'
import { isBehindWaypoint, type Places } from './places.ts'
import type { Circumstances } from './verdict.ts'

/** What a verdict must know of where a check leads. */
export function circumstancesOf({ to }: Check, places: Places, waypoint: boolean): Circumstances {
  const target = places.get(to)
  return {
    mesh: target?.identity !== undefined,
    waypoint: waypoint && target !== undefined && isBehindWaypoint(target),
  }
}
