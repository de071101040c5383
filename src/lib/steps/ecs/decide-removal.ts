import { isOurs } from '../../aws/ownership.ts'
import { type Tags, tagsOf } from '../../aws/tags.ts'
import { logGroupName, securityGroupName } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import type { Change, Plan } from '../../engine/plan.ts'
import { idOf } from './changes.ts'
import { revoke } from './decide-groups.ts'
import { serviceName } from './decide-service.ts'
import type { EcsSeen, SeenEcsCluster } from './observe.ts'
import { presentOf } from './present.ts'
import { EKS_GROUP, isAbout, isOurRule } from './rules.ts'
import { isOurRevision } from './task-definitions.ts'
import { unnamedWarning } from './unnamed.ts'

/** In this order things go: what uses the others, what names the others, the others. */
const SERVICES = 0
const RULES = 1
const THE_REST = 2

/** What of ours goes, also where the EKS cluster and its VPC are gone already. */
export function decideEcsRemoval(seen: EcsSeen, desired: Settings): Plan {
  const names = Object.keys(seen.ecsClusters).map(securityGroupName)
  const groups = seen.groups.filter(({ tags }) => isOurs(tags, desired))
  const [going, staying] = [
    groups.filter(({ name }) => names.includes(name)),
    groups.filter(({ name }) => !names.includes(name)),
  ]
  const rules = seen.rules.filter(rule => isOurRule(rule, desired) && (isAbout(rule, going) || !isAbout(rule, staying)))
  const ids = {
    ...Object.fromEntries(going.map(({ name, id }) => [name, id])),
    ...('groupId' in seen.network ? { [EKS_GROUP]: seen.network.groupId } : {}),
  }
  return {
    changes: [
      ...Object.entries(seen.ecsClusters).flatMap(([name, there]) => ofCluster(name, there, desired)),
      ...revoke(rules, ids, RULES, 'goes with the tasks'),
      ...going.map(({ name, id }) => gone('security-group', name, id, THE_REST)),
    ],
    present: presentOf(seen, desired),
    warnings: seen.unnamed.map(name => unnamedWarning(name, desired)),
  }
}

/** What a deletion of an `ecs-service` is about. */
export interface ServiceRemoval {
  readonly ecsCluster: string
  readonly service: string
}

function ofCluster(
  name: string,
  { services, families, cluster, logGroup }: SeenEcsCluster,
  desired: Settings,
): readonly Change[] {
  const ours = (tags: Tags): boolean => isOurs(tags, desired)
  return [
    ...Object.entries(services).flatMap(
      ([
        service,
        {
          service: { serviceArn, tags },
        },
      ]) => {
        const detail: ServiceRemoval = { ecsCluster: name, service }
        const change = gone('ecs-service', serviceName(name, service), serviceArn, SERVICES)
        return ours(tagsOf(tags)) ? [{ ...change, detail }] : []
      },
    ),
    ...(cluster && ours(tagsOf(cluster.tags)) ? [gone('ecs-cluster', name, cluster.clusterArn, THE_REST)] : []),
    ...Object.entries(families).flatMap(([family, { described }]) => {
      const change = gone('task-definition', family, undefined, THE_REST)
      return described.some(revision => isOurRevision(revision, desired)) ? [change] : []
    }),
    ...(logGroup && ours(logGroup.tags) ? [gone('log-group', logGroupName(name), logGroup.arn, THE_REST)] : []),
  ]
}

const gone = (kind: string, name: string, id: string | undefined, stage: number): Change => ({
  action: 'delete',
  kind,
  name,
  ...idOf(id),
  reason: 'was made by ecs-ambient for this cluster',
  stage,
})
