import { hex, resourceId, uuid } from '../../ids.ts'
import type { Region } from '../../region.ts'
import type { Tags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import { addGroup, addInterface, addRule, groupUsers, keep, nextAddress, removeGroup } from '../ec2/state.ts'
import {
  type AccessEntry,
  type Addon,
  type EksCluster,
  type NodeGroup,
  type PodIdentityAssociation,
  TIMES,
} from './state.ts'
import { VERSIONS } from './versions.ts'

export const arnOf = ({ partition, name, account }: Region, resource: string): string =>
  `arn:${partition}:eks:${name}:${account}:${resource}`

export interface NewCluster {
  readonly name: string
  readonly version: string
  readonly roleArn: string
  readonly subnetIds: readonly string[]
  readonly additionalGroups?: readonly string[]
  readonly tags: Tags
  /** Who gets cluster administrator access. */
  readonly creatorArn: string
}

/**
 * Starts to make a cluster, with its security group and the network interfaces of its control plane.
 *
 * @returns the cluster, and it again when it is ACTIVE
 * @throws AwsError `ResourceInUseException`, `InvalidParameterException`
 */
export function addCluster(region: Region, wanted: NewCluster): { cluster: EksCluster; active: Promise<EksCluster> } {
  const { ec2, eks, clock } = region
  const { name, version, subnetIds } = wanted
  if (eks.clusters.has(name))
    throw new AwsError('ResourceInUseException', `Cluster already exists with name: ${name}`, {
      fields: { clusterName: name },
    })
  if (!VERSIONS.some(known => known.version === version && known.status !== 'UNSUPPORTED'))
    throw new AwsError('InvalidParameterException', `unsupported Kubernetes version ${version}`, {
      fields: { clusterName: name },
    })
  const missing = subnetIds.find(id => !ec2.subnets.has(id))
  if (missing !== undefined || subnetIds.length < 2)
    throw new AwsError('InvalidParameterException', `The subnet ID '${missing}' does not exist`)
  const vpcId = ec2.subnets.get(subnetIds[0] ?? '')?.vpcId ?? ''
  const group = addClusterGroup(region, name, vpcId)
  const cluster: EksCluster = {
    name,
    arn: arnOf(region, `cluster/${name}`),
    version,
    status: 'CREATING',
    roleArn: wanted.roleArn,
    created: new Date(clock.now()),
    vpcId,
    subnetIds,
    securityGroupId: group,
    additionalGroups: wanted.additionalGroups ?? [],
    interfaceIds: subnetIds.slice(0, 2).map(
      subnetId =>
        addInterface(ec2, {
          subnetId,
          groups: [group, ...(wanted.additionalGroups ?? [])],
          description: `Amazon EKS ${name}`,
          requester: '609093521254',
          attachment: name,
        }).id,
    ),
    endpoint: undefined,
    certificateAuthority: undefined,
    oidcIssuer: `https://oidc.eks.${region.name}.amazonaws.com/id/${hex(32).toUpperCase()}`,
    tags: wanted.tags,
    addons: new Map(),
    podIdentities: new Map(),
    nodeGroups: new Map(),
    accessEntries: new Map(),
  }
  addAccessEntry(region, cluster, { principalArn: wanted.creatorArn, policies: adminPolicies(region) })
  eks.clusters.set(name, cluster)
  return { cluster, active: becomeActive(region, cluster) }
}

async function becomeActive(region: Region, cluster: EksCluster): Promise<EksCluster> {
  const { name, version } = cluster
  await region.clock.sleep(TIMES.cluster)
  const kubernetes = await region.hooks.kubernetes?.({ name, region: region.name, version })
  cluster.endpoint = kubernetes?.endpoint ?? `https://${hex(32).toUpperCase()}.gr7.${region.name}.eks.amazonaws.com`
  cluster.certificateAuthority = kubernetes?.certificateAuthority ?? ''
  cluster.status = 'ACTIVE'
  region.events.emit('eks-cluster-active', cluster, region.name)
  return cluster
}

/** EKS makes and owns this group: `eks-cluster-sg-NAME-NUMBER`, which lets itself in. */
function addClusterGroup({ ec2 }: Region, cluster: string, vpcId: string): string {
  const name = `eks-cluster-sg-${cluster}-${Math.floor(Math.random() * 1e9)}`
  const tags = new Map([
    ['Name', name],
    [`kubernetes.io/cluster/${cluster}`, 'owned'],
    ['aws:eks:cluster-name', cluster],
  ])
  const description =
    'EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as well as any managed workloads.'
  const { id } = addGroup(ec2, { name, description, vpcId, tags })
  addRule(ec2, { groupId: id, egress: false, protocol: '-1', from: -1, to: -1, group: id })
  return id
}

const ADMIN_POLICY = 'AmazonEKSClusterAdminPolicy'

export function addAccessEntry(
  region: Region,
  cluster: EksCluster,
  wanted: Pick<AccessEntry, 'principalArn'> & Partial<AccessEntry>,
): AccessEntry {
  const name = wanted.principalArn.split('/').at(-1)
  const entry: AccessEntry = {
    created: new Date(region.clock.now()),
    kind: 'STANDARD',
    groups: [],
    policies: new Map(),
    tags: new Map(),
    ...wanted,
    arn: arnOf(region, `access-entry/${cluster.name}/user/${region.account}/${name}/${uuid()}`),
  }
  cluster.accessEntries.set(entry.principalArn, entry)
  return entry
}

/** Administrator access to the whole cluster, as its creator gets it. */
const adminPolicies = ({ partition }: Region): AccessEntry['policies'] =>
  new Map([[`arn:${partition}:eks::aws:cluster-access-policy/${ADMIN_POLICY}`, { kind: 'cluster', namespaces: [] }]])

/**
 * Deletes a cluster.
 *
 * @returns when it is gone
 * @throws AwsError `ResourceInUseException` while it has node groups
 */
export function removeCluster(region: Region, cluster: EksCluster): Promise<void> {
  if (cluster.nodeGroups.size > 0)
    throw new AwsError('ResourceInUseException', 'Cluster has nodegroups attached', {
      fields: { clusterName: cluster.name },
    })
  cluster.status = 'DELETING'
  return clusterGone(region, cluster)
}

async function clusterGone(region: Region, cluster: EksCluster): Promise<void> {
  const { ec2, eks, events } = region
  await region.clock.sleep(TIMES.clusterRemoval)
  for (const id of cluster.interfaceIds) ec2.interfaces.delete(id)
  // EKS leaves its group behind where something else still uses it.
  if (groupUsers(ec2, cluster.securityGroupId).length === 0) removeGroup(ec2, cluster.securityGroupId)
  eks.clusters.delete(cluster.name)
  events.emit('eks-cluster-deleted', cluster.name, region.name)
}

export function addAddon(
  region: Region,
  cluster: EksCluster,
  wanted: Pick<Addon, 'name' | 'version' | 'tags'> & Partial<Addon>,
): Addon {
  const created = new Date(region.clock.now())
  const addon: Addon = {
    configuration: undefined,
    serviceAccountRole: undefined,
    created,
    modified: created,
    ...wanted,
    arn: arnOf(region, `addon/${cluster.name}/${wanted.name}/${uuid()}`),
    status: 'CREATING',
  }
  cluster.addons.set(addon.name, addon)
  region.clock.after(TIMES.addon, () => {
    addon.status = 'ACTIVE'
  })
  return addon
}

export function removeAddon(region: Region, cluster: EksCluster, addon: Addon): void {
  addon.status = 'DELETING'
  region.clock.after(TIMES.addon, () => cluster.addons.delete(addon.name))
}

export function addPodIdentity(
  region: Region,
  cluster: EksCluster,
  wanted: Pick<PodIdentityAssociation, 'namespace' | 'serviceAccount' | 'roleArn' | 'tags'>,
): PodIdentityAssociation {
  const created = new Date(region.clock.now())
  const id = `a-${hex(17)}`
  const arn = arnOf(region, `podidentityassociation/${cluster.name}/${id}`)
  const association = { ...wanted, id, arn, created, modified: created }
  cluster.podIdentities.set(id, association)
  return association
}

export type NewNodeGroup = Pick<NodeGroup, 'name' | 'instanceType' | 'desired' | 'subnetIds' | 'roleArn' | 'tags'>

/** Starts to make a managed node group. @returns the group, and it again when its nodes run */
export function addNodeGroup(
  region: Region,
  cluster: EksCluster,
  wanted: NewNodeGroup,
): { group: NodeGroup; active: Promise<NodeGroup> } {
  const group: NodeGroup = {
    ...wanted,
    arn: arnOf(region, `nodegroup/${cluster.name}/${wanted.name}/${uuid()}`),
    status: 'CREATING',
    created: new Date(region.clock.now()),
    instanceIds: [],
  }
  cluster.nodeGroups.set(group.name, group)
  return { group, active: nodesRun(region, cluster, group) }
}

async function nodesRun(region: Region, cluster: EksCluster, group: NodeGroup): Promise<NodeGroup> {
  await region.clock.sleep(TIMES.nodeGroup)
  while (group.instanceIds.length < group.desired) {
    const subnetId = group.subnetIds[group.instanceIds.length % group.subnetIds.length] ?? ''
    group.instanceIds.push(addInstance(region, cluster, group, subnetId))
  }
  removeInstances(region, group.instanceIds.splice(group.desired))
  group.status = 'ACTIVE'
  return group
}

/** Lets a node group have as many nodes. @returns when it has */
export function scaleNodeGroup(
  region: Region,
  cluster: EksCluster,
  group: NodeGroup,
  desired: number,
): Promise<NodeGroup> {
  group.desired = desired
  group.status = 'UPDATING'
  return nodesRun(region, cluster, group)
}

function removeInstances({ ec2 }: Region, ids: readonly string[]): void {
  for (const id of ids) ec2.instances.delete(id)
  for (const card of ec2.interfaces.values()) if (ids.includes(card.attachment ?? '')) ec2.interfaces.delete(card.id)
}

function addInstance({ ec2, clock }: Region, cluster: EksCluster, group: NodeGroup, subnetId: string): string {
  const subnet = ec2.subnets.get(subnetId)
  if (subnet === undefined) throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`)
  const tags = new Map([
    ['eks:cluster-name', cluster.name],
    ['eks:nodegroup-name', group.name],
    [`kubernetes.io/cluster/${cluster.name}`, 'owned'],
  ])
  const instance = keep(ec2.instances, {
    id: resourceId('i'),
    tags,
    subnetId,
    vpcId: cluster.vpcId,
    type: group.instanceType,
    privateIp: nextAddress(subnet),
    launched: new Date(clock.now()),
    state: 'running',
  })
  addInterface(ec2, {
    subnetId,
    groups: [cluster.securityGroupId],
    description: '',
    requester: 'amazon-eks',
    attachment: instance.id,
  })
  return instance.id
}

/** @returns when its nodes are gone */
export async function removeNodeGroup(region: Region, cluster: EksCluster, group: NodeGroup): Promise<void> {
  group.status = 'DELETING'
  await region.clock.sleep(TIMES.nodeGroupRemoval)
  removeInstances(region, group.instanceIds)
  cluster.nodeGroups.delete(group.name)
}
