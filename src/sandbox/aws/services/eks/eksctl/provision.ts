import type { Region } from '../../../region.ts'
import { createStack } from '../../cloudformation/lifecycle.ts'
import type { ResourcePlan, Stack } from '../../cloudformation/state.ts'
import { ADDON_VERSIONS } from '../addons.ts'
import { addAddon, addCluster, addNodeGroup, addPodIdentity, removeCluster, removeNodeGroup } from '../lifecycle.ts'
import type { EksCluster } from '../state.ts'
import { roleResource } from './role.ts'
import {
  clusterStack,
  type EksctlSpec,
  eksctlTags,
  type NodeGroupSpec,
  nodeGroupStack,
  type PodIdentitySpec,
  podIdentityStack,
} from './spec.ts'
import { type Ids, nodeRules, subnetsOf, vpcResources } from './vpc.ts'

export interface Progress {
  /** One line of what eksctl says, without its `[ℹ]` in front. */
  tell(line: string): void
  /** Once aborted, nothing further is begun; stacks that are being made go on, as CloudFormation does. */
  readonly signal: AbortSignal
}

/**
 * Makes a cluster as eksctl does: its stacks one after the other, addons and pod identities in between.
 *
 * @returns the stack that failed, or undefined when all is there
 * @throws AwsError `AlreadyExistsException` where a stack of this name is left over
 */
export async function provision(region: Region, spec: EksctlSpec, progress: Progress): Promise<Stack | undefined> {
  const stages: readonly (() => Promise<Stack | undefined>)[] = [
    () => makeStack(region, clusterStack(spec.name), clusterResources(region, spec), spec, progress),
    async () => makeOidcProvider(region, spec),
    async () => makeAddons(region, spec, progress),
    ...spec.nodeGroups.map(group => () => makeNodeGroup(region, spec, group, progress)),
    ...spec.podIdentities.map(identity => () => makePodIdentity(region, spec, identity, progress)),
  ]
  for (const stage of stages) {
    if (progress.signal.aborted) return undefined
    const failed = await stage()
    if (failed !== undefined) return failed
  }
  return undefined
}

/** Makes those node groups of a cluster that it has not yet. */
export async function provisionNodeGroups(
  region: Region,
  spec: EksctlSpec,
  progress: Progress,
): Promise<Stack | undefined> {
  const existing = clusterOf(region, spec)?.nodeGroups
  for (const group of spec.nodeGroups.filter(({ name }) => !existing?.has(name))) {
    if (progress.signal.aborted) return undefined
    const failed = await makeNodeGroup(region, spec, group, progress)
    if (failed !== undefined) return failed
  }
  return undefined
}

async function makeStack(
  region: Region,
  name: string,
  resources: readonly ResourcePlan[],
  spec: EksctlSpec,
  { tell }: Progress,
): Promise<Stack | undefined> {
  tell(`deploying stack "${name}"`)
  const stack = createStack(region, { name, tags: new Map([...eksctlTags(spec.name), ...spec.tags]), resources })
  tell(`waiting for CloudFormation stack "${name}"`)
  await stack.creation
  return stack.status === 'CREATE_COMPLETE' ? undefined : stack
}

function clusterResources(region: Region, spec: EksctlSpec): ResourcePlan[] {
  const ids: Ids = new Map()
  let roleArn = ''
  const group = (): string => region.eks.clusters.get(spec.name)?.securityGroupId ?? ''
  const role = {
    logicalId: 'ServiceRole',
    stack: clusterStack(spec.name),
    service: 'eks.amazonaws.com',
    policyArns: [managed(region, 'AmazonEKSClusterPolicy'), managed(region, 'AmazonEKSVPCResourceController')],
    tags: eksctlTags(spec.name),
  }
  return [
    ...vpcResources(region, spec.name, ids),
    roleResource(region, role, arn => {
      roleArn = arn
    }),
    {
      logicalId: 'ControlPlane',
      type: 'AWS::EKS::Cluster',
      create: async () => {
        const vpcId = ids.get('VPC') ?? ''
        const { active } = addCluster(region, {
          name: spec.name,
          version: spec.version,
          roleArn,
          subnetIds: [...subnetsOf(region.ec2, vpcId, true), ...subnetsOf(region.ec2, vpcId, false)],
          additionalGroups: [ids.get('ControlPlaneSecurityGroup') ?? ''],
          tags: new Map([...eksctlTags(spec.name), ...spec.tags]),
          creatorArn: spec.creatorArn,
        })
        await active
        return spec.name
      },
      remove: async name => {
        const cluster = region.eks.clusters.get(name)
        if (cluster !== undefined) await removeCluster(region, cluster)
      },
    },
    ...nodeRules(region, ids, group),
  ]
}

const managed = ({ partition }: Region, name: string): string => `arn:${partition}:iam::aws:policy/${name}`

const clusterOf = ({ eks }: Region, { name }: EksctlSpec): EksCluster | undefined => eks.clusters.get(name)

function makeOidcProvider(region: Region, spec: EksctlSpec): undefined {
  const cluster = clusterOf(region, spec)
  if (cluster === undefined || !spec.withOidc) return
  const url = cluster.oidcIssuer.replace('https://', '')
  const arn = `arn:${region.partition}:iam::${region.account}:oidc-provider/${url}`
  region.iam.oidcProviders.set(arn, {
    arn,
    url,
    clientIds: ['sts.amazonaws.com'],
    thumbprints: ['9e99a48a9960b14926bb7f3b02e22da2b0ab7280'],
    created: new Date(region.clock.now()),
    tags: new Map(eksctlTags(spec.name)),
  })
}

/** eksctl adds these where the configuration doesn't name them. */
const DEFAULT_ADDONS = ['vpc-cni', 'kube-proxy', 'coredns', 'metrics-server']

async function makeAddons(region: Region, spec: EksctlSpec, { tell }: Progress): Promise<undefined> {
  const cluster = clusterOf(region, spec)
  if (cluster === undefined) return
  const asked = new Map(spec.addons.map(({ name, version }) => [name, version]))
  for (const name of new Set([...DEFAULT_ADDONS, ...asked.keys()])) {
    tell(`creating addon: ${name}`)
    const version = asked.get(name) ?? ADDON_VERSIONS[name] ?? 'v1.0.0-eksbuild.1'
    addAddon(region, cluster, { name, version, tags: new Map() })
    tell('successfully created addon')
  }
}

async function makeNodeGroup(
  region: Region,
  spec: EksctlSpec,
  wanted: NodeGroupSpec,
  progress: Progress,
): Promise<Stack | undefined> {
  const cluster = clusterOf(region, spec)
  if (cluster === undefined) return undefined
  const stack = nodeGroupStack(spec.name, wanted.name)
  let roleArn = ''
  const policies = ['AmazonEC2ContainerRegistryPullOnly', 'AmazonEKSWorkerNodePolicy', 'AmazonEKS_CNI_Policy']
  const role = {
    logicalId: 'NodeInstanceRole',
    stack,
    service: 'ec2.amazonaws.com',
    policyArns: policies.map(name => managed(region, name)),
    tags: eksctlTags(spec.name),
  }
  const resources: ResourcePlan[] = [
    roleResource(region, role, arn => {
      roleArn = arn
    }),
    {
      logicalId: 'ManagedNodeGroup',
      type: 'AWS::EKS::Nodegroup',
      create: async () => {
        const { active } = addNodeGroup(region, cluster, {
          name: wanted.name,
          instanceType: wanted.instanceType,
          desired: wanted.desired,
          subnetIds: subnetsOf(region.ec2, cluster.vpcId, !wanted.privateNetworking),
          roleArn,
          tags: new Map([...eksctlTags(spec.name), ...spec.tags]),
        })
        await active
        return `${spec.name}/${wanted.name}`
      },
      remove: async () => {
        const group = cluster.nodeGroups.get(wanted.name)
        if (group !== undefined) await removeNodeGroup(region, cluster, group)
      },
    },
  ]
  return makeStack(region, stack, resources, spec, progress)
}

async function makePodIdentity(
  region: Region,
  spec: EksctlSpec,
  identity: PodIdentitySpec,
  progress: Progress,
): Promise<Stack | undefined> {
  const cluster = clusterOf(region, spec)
  if (cluster === undefined) return undefined
  const stack = podIdentityStack(spec.name, identity)
  let roleArn = ''
  const role = {
    logicalId: 'Role1',
    name: identity.roleName,
    stack,
    service: 'pods.eks.amazonaws.com',
    policyArns: identity.policyArns,
    inline: identity.inlinePolicy,
    tags: [...eksctlTags(spec.name), ...spec.tags],
  }
  const resource = roleResource(region, role, arn => {
    roleArn = arn
  })
  const failed = await makeStack(region, stack, [resource], spec, progress)
  if (failed !== undefined) return failed
  const { namespace, serviceAccount } = identity
  addPodIdentity(region, cluster, { namespace, serviceAccount, roleArn, tags: new Map(eksctlTags(spec.name)) })
  progress.tell(`created pod identity association for service account "${serviceAccount}" in namespace "${namespace}"`)
  return undefined
}
