import { isOurs, ownership } from '../../aws/ownership.ts'
import type { Tags } from '../../aws/tags.ts'
import { CLUSTER_TAG } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import type { Change } from '../../engine/plan.ts'
import { usedAsItIs } from '../not-ours.ts'

/** In this order things are made: what stands alone, then what refers to it. */
export const FOUNDATIONS = 0
export const ON_TOP = 1

/** One part of the step's plan. */
export interface Part {
  readonly changes: readonly Change[]
  readonly warnings?: readonly string[]
  readonly unsettled?: readonly string[]
}

export const missing = (kind: string, name: string, reason = 'does not exist'): Change => ({
  action: 'create',
  kind,
  name,
  reason,
  stage: FOUNDATIONS,
})

export const idOf = (id: string | undefined): { id?: string } => (id === undefined ? {} : { id })

/** The one decision about what exists under our name: is it ours, to be made ours, or used as it is? */
export function decideTagged(
  what: { readonly kind: string; readonly name: string; readonly id: string | undefined; readonly label: string },
  tags: Tags,
  desired: Settings,
): Part & { readonly mayChange: boolean } {
  if (isOurs(tags, desired)) return { changes: [], mayChange: true }
  const { kind, name, id, label } = what
  if (!desired.adopt) return { changes: [], mayChange: false, warnings: [usedAsItIs(label)] }
  const whose =
    ownership(tags, desired) === 'foreign' ? 'was not made by ecs-ambient' : `belongs to ${tags[CLUSTER_TAG]}`
  const adopt: Change = { action: 'adopt', kind, name, ...(id === undefined ? {} : { id }), reason: whose }
  return { changes: [adopt], mayChange: true }
}
