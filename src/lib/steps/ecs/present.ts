import { isOurs } from '../../aws/ownership.ts'
import { tagsOf } from '../../aws/tags.ts'
import { logGroupName } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import type { Resource } from '../../engine/plan.ts'
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
  return [
    ...(logGroup
      ? [{ kind: 'log-group', name: logGroupName(name), id: logGroup.arn, ours: isOurs(logGroup.tags, desired) }]
      : []),
    ...(cluster
      ? [{ kind: 'ecs-cluster', name, ...withId(cluster.clusterArn), ours: isOurs(tagsOf(cluster.tags), desired) }]
      : []),
    ...Object.entries(families).flatMap(([family, { described }]) => {
      const [newest] = described
      return newest
        ? [
            {
              kind: 'task-definition',
              name: family,
              ...withId(newest.taskDefinition.taskDefinitionArn),
              ours: described.some(revision => isOurRevision(revision, desired)),
            },
          ]
        : []
    }),
    ...Object.entries(services).map(
      ([
        service,
        {
          service: { serviceArn, tags },
        },
      ]) => ({
        kind: 'ecs-service',
        name: serviceName(name, service),
        ...withId(serviceArn),
        ours: isOurs(tagsOf(tags), desired),
      }),
    ),
  ]
}

const withId = (id: string | undefined): { id?: string } => (id === undefined ? {} : { id })
