import { isOurs } from '../../aws/ownership.ts'
import { tagsOf } from '../../aws/tags.ts'
import { logGroupName } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import type { Resource } from '../../engine/plan.ts'
import { idOf } from './changes.ts'
import { serviceName } from './decide-service.ts'
import type { EcsSeen, SeenEcsCluster } from './observe.ts'
import { EKS_GROUP, isOurRule } from './rules.ts'
import { isOurRevision } from './task-definitions.ts'

/** What the step found of what it looks after. */
export function presentOf({ ecsClusters, groups, rules, network }: EcsSeen, desired: Settings): readonly Resource[] {
  const inEksGroup =
    'groupId' in network && rules.some(rule => rule.GroupId === network.groupId && isOurRule(rule, desired))
  return [
    ...Object.entries(ecsClusters).flatMap(([name, seen]) => ofCluster(name, seen, desired)),
    // The one in the EKS cluster's VPC first: of its name it is the one that counts.
    ...groups
      .toSorted((a, b) => Number(isHere(b.vpcId, network)) - Number(isHere(a.vpcId, network)))
      .map(({ name, id, tags }) => ({ kind: 'security-group', name, id, ours: isOurs(tags, desired) })),
    ...(inEksGroup ? [{ kind: 'security-group-rules', name: EKS_GROUP, id: network.groupId, ours: true }] : []),
  ]
}

const isHere = (vpcId: string, network: EcsSeen['network']): boolean => 'vpcId' in network && network.vpcId === vpcId

function ofCluster(name: string, seen: SeenEcsCluster, desired: Settings): readonly Resource[] {
  const { cluster, logGroup, services, families } = seen
  const resource = (kind: string, name: string, id: string | undefined, ours: boolean): Resource => ({
    kind,
    name,
    ...idOf(id),
    ours,
  })
  return [
    ...(logGroup ? [resource('log-group', logGroupName(name), logGroup.arn, isOurs(logGroup.tags, desired))] : []),
    ...(cluster ? [resource('ecs-cluster', name, cluster.clusterArn, isOurs(tagsOf(cluster.tags), desired))] : []),
    ...Object.entries(families).map(([family, { described }]) => {
      const ours = described.some(revision => isOurRevision(revision, desired))
      return resource('task-definition', family, described[0]?.taskDefinition.taskDefinitionArn, ours)
    }),
    ...Object.entries(services).map(([service, { service: shown }]) =>
      resource('ecs-service', serviceName(name, service), shown.serviceArn, isOurs(tagsOf(shown.tags), desired)),
    ),
  ]
}
