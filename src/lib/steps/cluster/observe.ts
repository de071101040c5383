import type { Cluster, Nodegroup, PodIdentityAssociation } from '@aws-sdk/client-eks'
import { otherUsers } from '../../aws/ownership.ts'
import { type Tags, tagsOf } from '../../aws/tags.ts'
import { CLUSTER_TAG, istiodRole, userTag } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import type { StepContext } from '../../engine/step.ts'
import { kindRef, type Pod } from '../../kubernetes/objects.ts'
import type { ReadClients } from '../clients.ts'
import type { OurService } from '../ecs/our-services.ts'
import { clusterStack, ISTIOD_ACCOUNT, OWN_ADDONS } from './config.ts'
import { strandedServices } from './stranded.ts'
import type { OfferedVersion } from './version.ts'

export interface SeenStack {
  readonly name: string
  /** CloudFormation's own word: CREATE_COMPLETE, ROLLBACK_COMPLETE, DELETE_FAILED, … */
  readonly status: string
  readonly ours: boolean
}

export interface ClusterSeen {
  readonly partition: string
  readonly account: string
  readonly cluster?: Cluster
  /** Read only where there is no cluster yet. */
  readonly versions: readonly OfferedVersion[]
  readonly nodegroups: readonly Nodegroup[]
  readonly addons: readonly { readonly name: string; readonly tags: Tags }[]
  readonly association?: PodIdentityAssociation
  /** `policies`: ARNs of the attached ones, names of the inline ones. */
  readonly istiodRoleName: string
  readonly istiodRole?: { readonly arn: string; readonly tags: Tags; readonly policies: readonly string[] }
  /** eksctl's stacks of this cluster. */
  readonly stacks: readonly SeenStack[]
  /** Looked for only where there is no cluster, but a stack of one. */
  readonly stranded: readonly OurService[]
  /** When the oldest running istiod was started; undefined where none runs. */
  readonly istiodSince?: Date
}

export async function observeCluster(context: StepContext<Settings, ReadClients>): Promise<ClusterSeen> {
  const { clients, desired } = context
  const { aws } = clients
  const { clusterName } = desired
  const [{ partition, account }, cluster, stacks, role] = await Promise.all([
    aws.sts.caller(),
    aws.eks.cluster(clusterName),
    stacksOf(clients, clusterName),
    istiodRoleOf(clients, desired),
  ])
  const seen = {
    partition,
    account,
    stacks,
    ...role,
  }
  if (cluster === undefined) {
    const left = stacks.find(({ name, ours }) => ours && name === clusterStack(clusterName))
    const [versions, stranded] = await Promise.all([
      aws.eks.versions(),
      left === undefined ? [] : strandedServices(left.name, context),
    ])
    return { ...seen, versions, stranded, nodegroups: [], addons: [] }
  }
  const [nodegroups, addons, association, istiodSince] = await Promise.all([
    nodegroupsOf(clients, clusterName),
    addonsOf(clients, clusterName),
    associationOf(clients, clusterName),
    cluster.status === 'ACTIVE' ? oldestIstiod(clients) : undefined,
  ])
  return {
    ...seen,
    cluster,
    versions: [],
    stranded: [],
    nodegroups,
    addons,
    ...(association ? { association } : {}),
    ...(istiodSince ? { istiodSince } : {}),
  }
}

type SeenRole = NonNullable<ClusterSeen['istiodRole']>

/** Under which name istiod's role stands or can be made: the usual one may belong to another region's cluster. */
async function istiodRoleOf(
  clients: ReadClients,
  desired: Settings,
): Promise<Pick<ClusterSeen, 'istiodRoleName' | 'istiodRole'>> {
  const { clusterName, region } = desired
  const [usual, own] = [istiodRole(clusterName), istiodRole(clusterName, region)]
  const [usualRole, ownRole] = await Promise.all([roleOf(clients, usual), roleOf(clients, own)])
  if (ownRole !== undefined) return { istiodRoleName: own, istiodRole: ownRole }
  if (usualRole === undefined) return { istiodRoleName: usual }
  return isElsewhere(usualRole, desired) ? { istiodRoleName: own } : { istiodRoleName: usual, istiodRole: usualRole }
}

function isElsewhere({ tags }: SeenRole, desired: Settings): boolean {
  const stack = tags['aws:cloudformation:stack-id']
  if (stack !== undefined) return stack.split(':')[3] !== desired.region
  return otherUsers(tags, desired).length > 0 && !(userTag(desired) in tags)
}

async function roleOf({ aws: { iam } }: ReadClients, name: string): Promise<ClusterSeen['istiodRole']> {
  const role = await iam.role(name)
  if (role === undefined) return undefined
  const [attached, inline] = await Promise.all([iam.attachedPolicies(name), iam.inlinePolicies(name)])
  return { arn: role.Arn ?? '', tags: tagsOf(role.Tags), policies: [...attached, ...inline] }
}

/** eksctl names its stacks after the cluster, and says so in a tag. */
export async function stacksOf({ aws }: Pick<ReadClients, 'aws'>, clusterName: string): Promise<readonly SeenStack[]> {
  const all = await aws.cloudFormation.stacks()
  return all.flatMap(({ StackName: name = '', StackStatus: status = '', Tags }) => {
    const tags = tagsOf(Tags)
    const belongs = name.startsWith(`eksctl-${clusterName}-`) && tags['alpha.eksctl.io/cluster-name'] === clusterName
    return belongs ? [{ name, status, ours: tags[CLUSTER_TAG] === clusterName }] : []
  })
}

export async function nodegroupsOf(
  { aws }: Pick<ReadClients, 'aws'>,
  clusterName: string,
): Promise<readonly Nodegroup[]> {
  const names = await aws.eks.nodegroupNames(clusterName)
  const found = await Promise.all(names.map(name => aws.eks.nodegroup(clusterName, name)))
  return found.filter(nodegroup => nodegroup !== undefined)
}

async function addonsOf({ aws }: ReadClients, clusterName: string): Promise<ClusterSeen['addons']> {
  const found = await Promise.all(OWN_ADDONS.map(name => aws.eks.addon(clusterName, name)))
  return found.flatMap(addon => (addon ? [{ name: addon.addonName ?? '', tags: addon.tags ?? {} }] : []))
}

async function associationOf({ aws }: ReadClients, clusterName: string): Promise<PodIdentityAssociation | undefined> {
  const { namespace, serviceAccount } = ISTIOD_ACCOUNT
  const [found] = await aws.eks.podIdentityAssociations(clusterName, namespace, serviceAccount)
  return found?.associationId ? aws.eks.podIdentityAssociation(clusterName, found.associationId) : undefined
}

async function oldestIstiod(clients: ReadClients): Promise<Date | undefined> {
  const kubernetes = await clients.kubernetes()
  const query = { namespace: ISTIOD_ACCOUNT.namespace, labelSelector: 'app=istiod' }
  const pods = (await kubernetes?.list<Pod>(kindRef('Pod'), query)) ?? []
  const running = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const started = running.flatMap(({ status, metadata }) => status?.startTime ?? metadata.creationTimestamp ?? [])
  const [oldest] = started.toSorted()
  return oldest === undefined ? undefined : new Date(oldest)
}
