import type { Nodegroup } from '@aws-sdk/client-eks'
import { isOurs, ownership } from '../../aws/ownership.ts'
import type { Tags } from '../../aws/tags.ts'
import { ISTIO_NAMESPACE } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import { Failure } from '../../engine/failure.ts'
import type { Change, Plan, Resource } from '../../engine/plan.ts'
import { notOurs, usedAsItIs } from '../not-ours.ts'
import { ADDONS, clusterStack, NODE_GROUP, OWN_ADDONS } from './config.ts'
import type { ClusterSeen, SeenStack } from './observe.ts'
import { strandedRemoval } from './stranded.ts'
import { chooseVersion } from './version.ts'

export const Kinds = {
  cluster: 'eks-cluster',
  stack: 'cloudformation-stack',
  nodegroup: 'eks-nodegroup',
  addon: 'eks-addon',
  role: 'iam-role',
  association: 'pod-identity-association',
  deployment: 'Deployment',
} as const

/** What `apply` is told beyond a change's name. */
export interface CreateDetail {
  readonly version: string
  /** Of istiod. */
  readonly roleName: string
}
export interface ScaleDetail {
  readonly minSize: number
  readonly maxSize: number
  readonly desiredSize: number
}
export interface RoleDetail {
  readonly roleArn: string
}

export function decideCluster(seen: ClusterSeen, desired: Settings): Plan {
  const { cluster } = seen
  if (cluster === undefined || cluster.status === 'DELETING') return planCreate(seen, desired)
  if (cluster.status === 'FAILED') throw failed(desired)
  const ours = isOurs(cluster.tags ?? {}, desired)
  const additions =
    cluster.status === 'CREATING' ? [] : [...planAddons(seen, ours), ...planAssociation(seen, desired, ours)]
  return {
    changes: [...planNodes(seen, desired, ours), ...additions],
    present: presentOf(seen, desired),
    facts: factsOf(seen),
    warnings: [
      ...(ours ? [] : [usedAsItIs(`EKS cluster ${desired.clusterName}`)]),
      ...versionWarning(cluster.version, desired.eksVersion),
      ...(ours ? [] : associationWarning(seen, desired)),
    ],
  }
}

function planCreate(seen: ClusterSeen, desired: Settings): Plan {
  const { clusterName, eksVersion } = desired
  const foreign = seen.stacks.filter(({ ours }) => !ours)
  if (foreign.length > 0) {
    throw notOurs(
      `CloudFormation stack ${foreign.map(({ name }) => name).join(', ')}`,
      [`eksctl can't create ${clusterName} while it stands`],
      [`eksctl delete cluster --name ${clusterName} --region ${desired.region}`, 'Or choose another CLUSTER_NAME.'],
    )
  }
  // A cluster on its way out is not asked for versions; the newest offered then decides.
  const version = seen.cluster ? (eksVersion ?? seen.cluster.version ?? '') : chooseVersion(eksVersion, seen.versions)
  const create: Change = {
    action: 'create',
    kind: Kinds.cluster,
    name: clusterName,
    reason: seen.cluster ? 'is being deleted' : 'does not exist',
    stage: 2,
    detail: { version, roleName: seen.istiodRoleName } satisfies CreateDetail,
  }
  const stacks = seen.stacks.filter(isHalfMade)
  return {
    changes: [...seen.stranded.map(strandedRemoval), ...stackRemovals(stacks, clusterName), create],
    present: presentOf(seen, desired),
    facts: { version },
  }
}

/** A stack that is on its way may become the cluster yet, by a run of eksctl that is still alive somewhere. */
const isHalfMade = ({ status }: SeenStack): boolean => !isOnItsWay(status)

export const isOnItsWay = (status: string): boolean => /^(CREATE|UPDATE)_IN_PROGRESS$/.test(status)

const stackRemoval = ({ name, status }: SeenStack): Change => ({
  action: 'delete',
  kind: Kinds.stack,
  name,
  reason: `left over, ${status}`,
  stage: 0,
})

/** Nodes go before the network that they stand in. */
const stackRemovals = (stacks: readonly SeenStack[], clusterName: string): readonly Change[] =>
  stacks.map(stack => ({ ...stackRemoval(stack), stage: stack.name === clusterStack(clusterName) ? 1 : 0 }))

/** Nodes of a cluster that somebody else made are none of our business. */
function planNodes(
  { nodegroups, cluster, stacks }: ClusterSeen,
  { clusterName, numberNodes }: Settings,
  ours: boolean,
): readonly Change[] {
  const name = `${clusterName}/${NODE_GROUP}`
  const change = (reason: string): Change => ({ action: 'create', kind: Kinds.nodegroup, name, reason, stage: 1 })
  // Whoever began it may be dead: once it stands, what it still lacks is made.
  if (ours && cluster?.status === 'CREATING') return [change('the cluster is being made')]
  const standing = nodegroups.filter(({ status }) => status !== 'CREATE_FAILED')
  if (!ours || cluster?.status !== 'ACTIVE') return []
  if (standing.length > 0) return standing.flatMap(group => planScaling(group, name, numberNodes))
  const left = stacks.filter(({ name }) => name.startsWith(`eksctl-${clusterName}-nodegroup-`))
  if (left.some(({ status }) => isOnItsWay(status))) return []
  return [...left.map(stackRemoval), change(nodegroups.length > 0 ? 'could not be created' : 'does not exist')]
}

/** More nodes than were asked for may be somebody's need; with fewer, what we deploy may find no place. */
function planScaling(
  { nodegroupName, status, scalingConfig: { minSize = 0, maxSize = 0, desiredSize } = {} }: Nodegroup,
  name: string,
  numberNodes: number,
): readonly Change[] {
  if (nodegroupName !== NODE_GROUP || status !== 'ACTIVE') return []
  if (desiredSize === undefined || desiredSize >= numberNodes) return []
  const reason = `it is to have ${desiredSize} of ${numberNodes} nodes`
  const detail: ScaleDetail = { minSize, maxSize: Math.max(maxSize, numberNodes), desiredSize: numberNodes }
  return [{ action: 'update', kind: Kinds.nodegroup, name, reason, stage: 1, detail }]
}

const planAddons = ({ addons }: ClusterSeen, ours: boolean): readonly Change[] =>
  (ours ? OWN_ADDONS : ADDONS)
    .filter(name => !addons.some(addon => addon.name === name))
    .map(name => ({
      action: 'create',
      kind: Kinds.addon,
      name,
      reason: 'is not installed',
      stage: 1,
    }))

function planAssociation(seen: ClusterSeen, desired: Settings, clusterOurs: boolean): readonly Change[] {
  const { association, istiodSince } = seen
  const { istiodRoleName: roleName } = seen
  const roleArn = seen.istiodRole?.arn ?? `arn:${seen.partition}:iam::${seen.account}:role/${roleName}`
  const name = `${ISTIO_NAMESPACE}/istiod`
  const changes: Change[] = []
  const lacks = roleLacks(seen, desired, clusterOurs)
  if (lacks !== undefined) changes.push({ ...lacks, kind: Kinds.role, name: roleName, stage: 0 })
  const wrong =
    association !== undefined &&
    association.roleArn !== roleArn &&
    (clusterOurs || isOurs(association.tags ?? {}, desired))
  if (association === undefined || wrong) {
    changes.push({
      action: wrong ? 'update' : 'create',
      kind: Kinds.association,
      name,
      ...(association?.associationId === undefined ? {} : { id: association.associationId }),
      reason: wrong ? `role is ${association.roleArn}, want ${roleArn}` : 'does not exist',
      stage: 1,
      detail: { roleArn } satisfies RoleDetail,
    })
  }
  const since = association?.modifiedAt ?? association?.createdAt
  const changing = changes.some(({ kind }) => kind === Kinds.association)
  const isStale = istiodSince !== undefined && (changing || (since !== undefined && istiodSince < since))
  if (isStale) {
    const reason = 'istiod is older than its pod identity association: it would not see ECS'
    changes.push({ action: 'run', kind: Kinds.deployment, name, reason, stage: 2 })
  }
  return changes
}

/** The role is only missed where an association of ours needs it; one that we or eksctl for us made gets what it lacks. */
function roleLacks(
  { istiodRole: role, association }: ClusterSeen,
  desired: Settings,
  clusterOurs: boolean,
): Pick<Change, 'action' | 'reason'> | undefined {
  const usesOther = association !== undefined && !clusterOurs && !isOurs(association.tags ?? {}, desired)
  if (role === undefined) return usesOther ? undefined : { action: 'create', reason: 'does not exist' }
  const powerless = isOurs(role.tags, desired) && role.policies.length === 0
  return powerless ? { action: 'update', reason: 'has no permissions' } : undefined
}

function associationWarning({ association, istiodRole: role }: ClusterSeen, desired: Settings): readonly string[] {
  if (association === undefined || isOurs(association.tags ?? {}, desired) || association.roleArn === role?.arn)
    return []
  return [usedAsItIs(`The pod identity association of istiod with ${association.roleArn}`)]
}

function versionWarning(version: string | undefined, wanted: string | undefined): readonly string[] {
  if (wanted === undefined || wanted === version) return []
  return [`The EKS cluster has Kubernetes ${version}, not ${wanted}: it is used as it is, never upgraded.`]
}

const failed = ({ clusterName, region }: Settings) =>
  new Failure({
    code: 'CLUSTER_FAILED',
    message: `EKS cluster ${clusterName} is in status FAILED.`,
    suggestions: [
      'ecs-ambient cluster delete',
      `eksctl utils describe-stacks --cluster ${clusterName} --region ${region}`,
    ],
  })

/** The cluster by eksctl; without a cluster, what eksctl left; of somebody else's cluster, what we added to it. */
export function decideClusterRemoval(seen: ClusterSeen, desired: Settings): Plan {
  const { clusterName } = desired
  const present = presentOf(seen, desired)
  const role = planRoleRemoval(seen, desired)
  if (seen.cluster === undefined) {
    const stacks = seen.stacks.filter(({ ours }) => ours)
    return { changes: [...stackRemovals(stacks, clusterName), ...role], present }
  }
  if (isOurs(seen.cluster.tags ?? {}, desired)) {
    const reason = 'ours, with its nodes, network and stacks'
    const id = seen.cluster.arn === undefined ? {} : { id: seen.cluster.arn }
    return { changes: [{ action: 'delete', kind: Kinds.cluster, name: clusterName, ...id, reason }, ...role], present }
  }
  return { changes: [...planAdditionsRemoval(seen, desired), ...role], present }
}

function planAdditionsRemoval({ association, addons }: ClusterSeen, desired: Settings): readonly Change[] {
  const reason = 'added by us to a cluster that is not ours'
  const isOurTag = (tags: Tags | undefined) => ownership(tags ?? {}, desired) === 'ours'
  const changes: Change[] = addons
    .filter(({ tags }) => isOurTag(tags))
    .map(({ name }) => ({ action: 'delete', kind: Kinds.addon, name, reason }))
  if (association?.associationId !== undefined && isOurTag(association.tags)) {
    const { associationId: id } = association
    changes.push({ action: 'delete', kind: Kinds.association, name: `${ISTIO_NAMESPACE}/istiod`, id, reason })
  }
  return changes
}

/** The one that eksctl made goes with its stack; the one that we made has no stack. */
function planRoleRemoval(
  { istiodRole: role, istiodRoleName: name }: ClusterSeen,
  desired: Settings,
): readonly Change[] {
  if (role === undefined || !isMadeByUs(role, desired)) return []
  return [{ action: 'delete', kind: Kinds.role, name, reason: 'ours', stage: 1 }]
}

const isMadeByUs = ({ tags }: { readonly tags: Tags }, desired: Settings): boolean =>
  isOurs(tags, desired) && tags[CLOUDFORMATION_TAG] === undefined

const CLOUDFORMATION_TAG = 'aws:cloudformation:stack-name'

function presentOf(seen: ClusterSeen, desired: Settings): readonly Resource[] {
  const { cluster, nodegroups, addons, association, stacks } = seen
  const ours = (tags: Tags | undefined) => isOurs(tags ?? {}, desired)
  if (cluster === undefined) return stacks.map(({ name, ours }) => ({ kind: Kinds.stack, name, ours }))
  const clusterOurs = ours(cluster.tags)
  const withId = (id: string | undefined) => (id === undefined ? {} : { id })
  return [
    { kind: Kinds.cluster, name: desired.clusterName, ...withId(cluster.arn), ours: clusterOurs },
    ...nodegroups.map(({ nodegroupName: name = '', nodegroupArn }) => ({
      kind: Kinds.nodegroup,
      name,
      ...withId(nodegroupArn),
      ours: clusterOurs,
    })),
    ...addons.map(({ name, tags }) => ({ kind: Kinds.addon, name, ours: clusterOurs || ours(tags) })),
    ...(association
      ? [
          {
            kind: Kinds.association,
            name: `${ISTIO_NAMESPACE}/istiod`,
            ...withId(association.associationId),
            ours: clusterOurs || ours(association.tags),
          },
        ]
      : []),
  ]
}

export function factsOf({ cluster }: Pick<ClusterSeen, 'cluster'>) {
  const { version, endpoint, resourcesVpcConfig, arn } = cluster ?? {}
  const { vpcId, subnetIds, clusterSecurityGroupId } = resourcesVpcConfig ?? {}
  return { version, clusterArn: arn, endpoint, vpcId, subnetIds, clusterSecurityGroupId }
}
