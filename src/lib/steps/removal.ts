import type { Settings } from '../config/settings.ts'
import type { AnyStep } from '../engine/step.ts'
import type { ReadClients, WriteClients } from './clients.ts'
import { newEcsStep } from './ecs/index.ts'
import { allSteps, ecsStep, enrollStep, newEnrollStep, policiesStep } from './index.ts'
import { withoutApi } from './without-api.ts'

export type RemovalGroup = 'ecs' | 'iam' | 'mesh' | 'cluster'

/** What each part of the cleanup takes away. */
const GROUPS: Readonly<Record<RemovalGroup, readonly string[]>> = {
  ecs: ['enroll', 'ecs'],
  mesh: ['policies', 'apps', 'namespace', 'east-west', 'istio', 'gateway-api'],
  iam: ['iam'],
  cluster: ['cluster'],
}

const ALL = Object.keys(GROUPS) as RemovalGroup[]

type Choice = Readonly<Partial<Record<RemovalGroup, boolean>>>

/** The parts that were named. */
export const chosenGroups = (chosen: Choice): readonly RemovalGroup[] => ALL.filter(group => chosen[group])

const enrolledEverywhere = newEnrollStep({ everywhere: true })
const ecsEverywhere = newEcsStep({ everywhere: true })

export interface RemovalOptions {
  /** Only the ECS clusters that the configuration names, not all of this mesh. */
  readonly named?: boolean
}

/** The steps of the chosen parts; without a choice, all of them. */
export function removalSteps(
  chosen: Choice,
  { named: onlyNamed = false }: RemovalOptions = {},
): readonly AnyStep<Settings, ReadClients, WriteClients>[] {
  const named = chosenGroups(chosen)
  const ids = new Set((named.length > 0 ? named : ALL).flatMap(group => GROUPS[group]))
  const everywhere = new Map<(typeof allSteps)[number], (typeof allSteps)[number]>([
    [enrollStep, enrolledEverywhere],
    ...(onlyNamed ? [] : [[ecsStep, ecsEverywhere] as const]),
  ])
  const steps = [...allSteps, policiesStep].map(step => everywhere.get(step) ?? step)
  return withoutApi(steps.filter(({ id }) => ids.has(id)))
}
