import type * as sdk from '@aws-sdk/client-eks'
import { uuid } from '../../ids.ts'
import { recordTags } from '../../tags.ts'
import type { Handlers } from '../../wire/service.ts'
import { addNodeGroup, removeNodeGroup, scaleNodeGroup } from './lifecycle.ts'
import { checkedTags, clusterNamed, eksPage, inUse, notFound } from './lookup.ts'
import type { EksCluster, NodeGroup } from './state.ts'

function groupOf(cluster: EksCluster, name = ''): NodeGroup {
  const group = cluster.nodeGroups.get(name)
  if (group === undefined)
    throw notFound(`No node group found for name: ${name}.`, { clusterName: cluster.name, nodegroupName: name })
  return group
}

const shown = (cluster: EksCluster, group: NodeGroup): sdk.Nodegroup => ({
  nodegroupName: group.name,
  nodegroupArn: group.arn,
  clusterName: cluster.name,
  version: cluster.version,
  createdAt: group.created,
  modifiedAt: group.created,
  status: group.status,
  capacityType: 'ON_DEMAND',
  scalingConfig: { minSize: group.desired, maxSize: group.desired, desiredSize: group.desired },
  instanceTypes: [group.instanceType],
  subnets: [...group.subnetIds],
  amiType: 'AL2023_x86_64_STANDARD',
  nodeRole: group.roleArn,
  labels: { 'alpha.eksctl.io/cluster-name': cluster.name, 'alpha.eksctl.io/nodegroup-name': group.name },
  diskSize: 80,
  health: { issues: [] },
  updateConfig: { maxUnavailable: 1 },
  tags: recordTags.write(group.tags),
})

export const nodeGroupOperations = {
  CreateNodegroup(input, { region }) {
    const cluster = clusterNamed(region, input.clusterName)
    const name = input.nodegroupName ?? ''
    if (cluster.nodeGroups.has(name))
      throw inUse(`NodeGroup already exists with name ${name} and cluster name ${cluster.name}`, {
        clusterName: cluster.name,
        nodegroupName: name,
      })
    const { group, active } = addNodeGroup(region, cluster, {
      name,
      instanceType: input.instanceTypes?.[0] ?? 't3.medium',
      desired: input.scalingConfig?.desiredSize ?? 2,
      subnetIds: input.subnets ?? [],
      roleArn: input.nodeRole ?? '',
      tags: checkedTags(input.tags),
    })
    void active
    return { nodegroup: shown(cluster, group) }
  },

  UpdateNodegroupConfig({ clusterName, nodegroupName, scalingConfig }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    const group = groupOf(cluster, nodegroupName)
    if (group.status !== 'ACTIVE')
      throw inUse(`Nodegroup cannot be updated as it is currently not in Active State`, {
        clusterName: cluster.name,
        nodegroupName: group.name,
      })
    void scaleNodeGroup(region, cluster, group, scalingConfig?.desiredSize ?? group.desired)
    return { update: { id: uuid(), status: 'InProgress' as const, type: 'ConfigUpdate' as const } }
  },

  DescribeNodegroup({ clusterName, nodegroupName }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    return { nodegroup: shown(cluster, groupOf(cluster, nodegroupName)) }
  },

  ListNodegroups({ clusterName, ...paging }, { region }) {
    const { items, rest } = eksPage(clusterNamed(region, clusterName).nodeGroups.keys(), name => name, paging)
    return { nodegroups: items, ...rest }
  },

  DeleteNodegroup({ clusterName, nodegroupName }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    const group = groupOf(cluster, nodegroupName)
    void removeNodeGroup(region, cluster, group)
    return { nodegroup: shown(cluster, group) }
  },
} satisfies Handlers<typeof sdk>
