import { isOurs } from '../../aws/ownership.ts'
import { tagsOf } from '../../aws/tags.ts'
import { securityGroupName } from '../../config/names.ts'
import type { EcsClusterSettings, EcsServiceSettings, Settings } from '../../config/settings.ts'
import type { Change } from '../../engine/plan.ts'
import { ADOPT, notOurs } from '../not-ours.ts'
import { decideTagged, idOf, missing, ON_TOP, type Part } from './changes.ts'
import type { EksNetwork, SeenEcsCluster, SeenService } from './observe.ts'
import { lastStoppedReasons } from './rollout.ts'
import type { GroupIds } from './rules.ts'
import { redeploymentReasons, serviceDifferences } from './service.ts'
import { lacksTasks } from './steadiness.ts'
import { definitionDifferences, isEnrolled, isReusable, type TaskRoles, wantedDefinition } from './task-definitions.ts'

/** What a change of an `ecs-service` is about. */
export interface ServiceChange {
  readonly ecsCluster: string
  readonly service: string
  /** The revision to run: the one of this ARN, or the one registered just before; undefined leaves what runs. */
  readonly revision?: { readonly arn?: string }
  /** Have new tasks started even where nothing else asks for it. */
  readonly redeploy: boolean
}

interface ServiceCase {
  readonly ecsCluster: EcsClusterSettings
  readonly service: EcsServiceSettings
  readonly there: SeenEcsCluster
  readonly desired: Settings
  readonly roles: TaskRoles
  readonly network: EksNetwork
  readonly groupIds: GroupIds
}

export function decideService(given: ServiceCase): Part {
  const { ecsCluster, service, there, desired, network, groupIds } = given
  const kind = 'ecs-service'
  const name = serviceName(ecsCluster.name, service.name)
  const what = { ecsCluster: ecsCluster.name, service: service.name }
  const seen = there.services[service.name]
  if (seen === undefined || seen.service.status !== 'ACTIVE') {
    const { changes, revision } = revisionFor(given)
    const detail: ServiceChange = { ...what, revision, redeploy: false }
    const reason = seen === undefined ? 'does not exist' : `is ${seen.service.status}: it is made anew once it is gone`
    return { changes: [...changes, { ...missing(kind, name, reason), stage: ON_TOP, detail }] }
  }
  const label = `ECS service ${name}`
  const id = seen.service.serviceArn
  const { mayChange, ...tagged } = decideTagged({ kind, name, id, label }, tagsOf(seen.service.tags), desired)
  const securityGroup = groupIds[securityGroupName(ecsCluster.name)]
  const drift = driftOf(given, seen)
  const reasons = [...drift, ...serviceDifferences(seen.service, { subnets: network.privateSubnets, securityGroup })]
  if (!mayChange) {
    if (reasons.length > 0) throw notOurs(label, reasons, [ADOPT])
    return tagged
  }
  const redeploy = redeploymentReasons(seen.service, seen.stopped ?? [])
  const why = [...new Set([...reasons, ...redeploy])]
  if (why.length === 0) return tagged
  const { changes, revision } = drift.length > 0 ? revisionFor(given) : { changes: [] }
  const detail: ServiceChange = { ...what, ...(revision ? { revision } : {}), redeploy: redeploy.length > 0 }
  const update: Change = { action: 'update', kind, name, ...idOf(id), reason: why.join('; '), stage: ON_TOP, detail }
  return { ...tagged, changes: [...tagged.changes, ...changes, update] }
}

export const serviceName = (ecsCluster: string, service: string): string => `${ecsCluster}/${service}`

const wanted = ({ desired, ecsCluster, service, roles }: ServiceCase) =>
  wantedDefinition(desired, ecsCluster, service, roles)

/** What a service lacks that stands as it should: tasks that run, and why the last of them stopped. */
export function unsettledTasks(name: string, { service, stopped = [] }: SeenService): readonly string[] {
  if (!lacksTasks(service)) return []
  const { runningCount = 0, desiredCount } = service
  const why = lastStoppedReasons(stopped)
  const last = why.length > 0 ? `; the last that stopped: ${why.join('; ')}` : ''
  return [`ECS service ${name}: ${runningCount} of ${desiredCount} tasks run${last}`]
}

/** How the revision that a service runs differs from the wanted one. */
function driftOf(given: ServiceCase, { definition }: SeenService): readonly string[] {
  if (definition === undefined) return ['its task definition is gone']
  // Of an enrolled one, the step that enrols makes another.
  const { status } = definition.taskDefinition
  const isGone = status === 'INACTIVE' && !isEnrolled(definition.taskDefinition)
  return [
    ...(isGone ? ['its task definition was deregistered'] : []),
    ...definitionDifferences(definition, wanted(given)),
  ]
}

/** A revision of ours without the mesh's proxy that is as wanted (a run may have died after registering it), or a new one. */
function revisionFor(given: ServiceCase): Required<Pick<ServiceChange, 'revision'>> & Pick<Part, 'changes'> {
  const { desired, there } = given
  const want = wanted(given)
  const family = want.family ?? ''
  const newest = there.families[family]?.described.find(({ taskDefinition }) => taskDefinition.status === 'ACTIVE')
  const arn = newest?.taskDefinition.taskDefinitionArn
  if (newest && arn !== undefined && isReusable(newest, want, desired)) return { changes: [], revision: { arn } }
  const ours = newest !== undefined && isOurs(newest.tags, desired) && !isEnrolled(newest.taskDefinition)
  const reason = ours ? definitionDifferences(newest, want).join('; ') : 'no revision of ours is there'
  return { changes: [missing('task-definition', family, reason)], revision: {} }
}
