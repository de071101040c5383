import { clusterTags } from '../../aws/ownership.ts'
import { type Tags, tagsOf } from '../../aws/tags.ts'
import { meshProfile } from '../../config/mesh-profile.ts'
import { EXECUTION_ROLE, logGroupName, TASK_ROLE } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import { Failure } from '../../engine/failure.ts'
import type { Plan } from '../../engine/plan.ts'
import { decideTagged, idOf, missing, type Part } from './changes.ts'
import { decideGroups, groupIds } from './decide-groups.ts'
import { decideService, serviceName, unsettledTasks } from './decide-service.ts'
import type { EcsSeen, EksNetwork, SeenEcsCluster } from './observe.ts'
import { presentOf } from './present.ts'
import type { TaskRoles } from './task-definitions.ts'
import { unnamedWarning } from './unnamed.ts'

export function decideEcs(seen: EcsSeen, desired: Settings): Plan {
  const present = presentOf(seen, desired)
  const pending = missingInputs(seen)
  const { network, roles } = seen
  if ('pending' in network || !haveBoth(roles)) return { changes: [], present, pending }
  if (network.privateSubnets.length === 0) throw noPrivateSubnets(network, desired)
  const ids = groupIds(seen.groups, network, desired)
  const parts: Part[] = [
    ...desired.ecsClusters.flatMap(ecsCluster => {
      const there = seen.ecsClusters[ecsCluster.name] ?? { services: {}, families: {} }
      return [
        decideLogGroup(logGroupName(ecsCluster.name), there, desired),
        decideCluster(ecsCluster.name, there, clusterTagsOf(seen, desired), desired),
        ...ecsCluster.services.map(service =>
          decideService({ ecsCluster, service, there, desired, roles, network, groupIds: ids }),
        ),
        ...Object.entries(there.services).map(([service, seen]) => ({
          changes: [],
          unsettled: unsettledTasks(serviceName(ecsCluster.name, service), seen),
        })),
      ]
    }),
    ...decideGroups(seen, network, ids, desired),
  ]
  return {
    changes: parts.flatMap(part => part.changes),
    present,
    warnings: [
      ...parts.flatMap(part => part.warnings ?? []),
      ...seen.unnamed.map(name => unnamedWarning(name, desired)),
    ],
    unsettled: parts.flatMap(part => part.unsettled ?? []),
    facts: { vpcId: network.vpcId, subnetIds: network.privateSubnets, clusterSecurityGroupId: network.groupId },
  }
}

function missingInputs({ network, roles }: EcsSeen): readonly string[] {
  return [
    ...('pending' in network ? [network.pending] : []),
    ...(roles.task ? [] : [`IAM role ${TASK_ROLE} does not exist`]),
    ...(roles.execution ? [] : [`IAM role ${EXECUTION_ROLE} does not exist`]),
  ]
}

const haveBoth = (roles: Partial<TaskRoles>): roles is TaskRoles =>
  roles.task !== undefined && roles.execution !== undefined

const noPrivateSubnets = ({ vpcId }: EksNetwork, { clusterName }: Settings): Failure =>
  new Failure({
    code: 'NO_PRIVATE_SUBNETS',
    message: `VPC ${vpcId} of EKS cluster ${clusterName} has no private subnet for the ECS tasks.`,
    why: ['Every subnet of it gives public addresses (MapPublicIpOnLaunch).'],
    suggestions: [
      'Add private subnets with a NAT gateway to the VPC, or use a cluster of its own: ecs-ambient cluster create --cluster-name NAME',
    ],
  })

function decideLogGroup(name: string, { logGroup }: SeenEcsCluster, desired: Settings): Part {
  const kind = 'log-group'
  if (logGroup === undefined) return { changes: [missing(kind, name)] }
  return decideTagged({ kind, name, id: logGroup.arn, label: `Log group ${name}` }, logGroup.tags, desired)
}

/** Tags of an ECS cluster: our mark, and what istiod looks for where it finds clusters by a tag. */
export function clusterTagsOf({ istioVersion }: Pick<EcsSeen, 'istioVersion'>, desired: Settings): Tags {
  const { discoveryTag } = meshProfile(istioVersion)
  return { ...clusterTags(desired), ...(discoveryTag ? { [discoveryTag.key]: discoveryTag.value } : {}) }
}

function decideCluster(name: string, { cluster }: SeenEcsCluster, wanted: Tags, desired: Settings): Part {
  const kind = 'ecs-cluster'
  if (cluster === undefined) return { changes: [missing(kind, name)] }
  if (!inUse(cluster.status))
    return { changes: [missing(kind, name, `is ${cluster.status}: it is made anew once it is gone`)] }
  const tags = tagsOf(cluster.tags)
  const part = decideTagged({ kind, name, id: cluster.clusterArn, label: `ECS cluster ${name}` }, tags, desired)
  const untagged = Object.entries(wanted).filter(([key, value]) => tags[key] !== value)
  if (!part.mayChange || part.changes.length > 0 || untagged.length === 0) return part
  const reason = `has no tag ${untagged.map(([key]) => key).join(', ')}`
  return { changes: [{ action: 'update', kind, name, ...idOf(cluster.clusterArn), reason }] }
}

const inUse = (status: string | undefined): boolean => status === 'ACTIVE' || status === 'PROVISIONING'
