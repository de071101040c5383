import type { SecurityGroupRule } from '@aws-sdk/client-ec2'
import type { Cluster, Service, Task } from '@aws-sdk/client-ecs'
import type { AwsReaders } from '../../aws/clients.ts'
import type { Ec2Reader } from '../../aws/ec2.ts'
import type { EcsReader, TaskDefinitionWithTags } from '../../aws/ecs.ts'
import type { LogsReader } from '../../aws/logs.ts'
import { isOurs } from '../../aws/ownership.ts'
import { type Tags, tagsOf } from '../../aws/tags.ts'
import {
  CLUSTER_TAG,
  EXECUTION_ROLE,
  familyName,
  logGroupName,
  securityGroupName,
  TASK_ROLE,
} from '../../config/names.ts'
import type { EcsClusterSettings, Settings } from '../../config/settings.ts'
import { isFailure } from '../../engine/failure.ts'
import { type MeshReaders, meshVersion } from '../mesh-version.ts'
import { lacksTasks } from './steadiness.ts'
import { isOurRevision, type TaskRoles } from './task-definitions.ts'
import { unnamed, unnamedClusters } from './unnamed.ts'

/** The network that the tasks share with the EKS cluster. */
export interface EksNetwork {
  readonly vpcId: string
  /** The group that EKS made for the cluster. */
  readonly groupId: string
  /** Those that give no public addresses. */
  readonly privateSubnets: readonly string[]
}

export interface SeenGroup {
  readonly id: string
  readonly name: string
  readonly vpcId: string
  readonly tags: Tags
}

export interface SeenService {
  readonly service: Service
  /** The revision that it runs. */
  readonly definition?: TaskDefinitionWithTags
  /** Its tasks that stopped within about the last hour; read where fewer run than should. */
  readonly stopped?: readonly Task[]
}

export interface SeenFamily {
  /** ARNs, newest first. */
  readonly active: readonly string[]
  readonly inactive: readonly string[]
  /** The newest ACTIVE revision; where that isn't ours, all revisions: some older one may be. */
  readonly described: readonly TaskDefinitionWithTags[]
}

export interface SeenEcsCluster {
  readonly cluster?: Cluster
  /** By name: those of the configuration, and any other that carries this cluster's tag. */
  readonly services: Readonly<Record<string, SeenService>>
  /** By name; those without a revision are left out. */
  readonly families: Readonly<Record<string, SeenFamily>>
  readonly logGroup?: { readonly arn: string; readonly tags: Tags }
}

export interface EcsSeen {
  /** Why there is no network yet, or the network. */
  readonly network: EksNetwork | { readonly pending: string }
  readonly roles: Partial<TaskRoles>
  /** The tasks' groups by name, and all that carry this cluster's tag, in whichever VPC. */
  readonly groups: readonly SeenGroup[]
  /** All rules of those groups and of the EKS cluster's, and all that carry this cluster's tag. */
  readonly rules: readonly SecurityGroupRule[]
  readonly ecsClusters: Readonly<Record<string, SeenEcsCluster>>
  /** Names of this mesh's that the configuration does not name, and that were not looked at. */
  readonly unnamed: readonly string[]
  /** Of the mesh that is to find the ECS clusters. */
  readonly istioVersion: string | undefined
}

type Readers = Pick<AwsReaders, 'ec2' | 'ecs' | 'eks' | 'iam' | 'logs'>
export type EcsReaders = { readonly aws: Readers } & MeshReaders

/** `everywhere`: also of the ECS clusters of this mesh that the configuration does not name. */
export async function observeEcs(
  { aws, ...mesh }: EcsReaders,
  desired: Settings,
  everywhere = false,
): Promise<EcsSeen> {
  const network = seenNetwork(aws, desired)
  const groups = seenGroups(aws.ec2, desired)
  const found = unnamedClusters(aws, groups, desired)
  // To tell of them is all that they are for then: whoever may not list ECS clusters goes on without.
  const others = everywhere ? found : found.catch(unlessDenied)
  const looked = others.then(names => [...desired.ecsClusters, ...(everywhere ? names.map(unnamed) : [])])
  const [istioVersion, eks, tasks, rules, task, execution, left, ecsClusters] = await Promise.all([
    // ECS needs no Kubernetes for anything else: what can't be asked now is tagged by a later run.
    meshVersion(desired, mesh).catch(() => undefined),
    network,
    groups,
    seenRules(aws.ec2, desired, network, groups),
    aws.iam.role(TASK_ROLE),
    aws.iam.role(EXECUTION_ROLE),
    everywhere ? [] : others,
    looked.then(all => Promise.all(all.map(async one => [one.name, await seenEcsCluster(aws, desired, one)] as const))),
  ])
  return {
    network: eks,
    roles: { ...(task?.Arn ? { task: task.Arn } : {}), ...(execution?.Arn ? { execution: execution.Arn } : {}) },
    groups: tasks,
    rules,
    ecsClusters: Object.fromEntries(ecsClusters),
    unnamed: left,
    istioVersion,
  }
}

export async function seenNetwork(
  { eks, ec2 }: Pick<Readers, 'eks' | 'ec2'>,
  { clusterName }: Settings,
): Promise<EcsSeen['network']> {
  const cluster = await eks.cluster(clusterName)
  if (cluster === undefined) return { pending: `EKS cluster ${clusterName} does not exist` }
  const { vpcId, clusterSecurityGroupId: groupId } = cluster.resourcesVpcConfig ?? {}
  const usable = cluster.status === 'ACTIVE' || cluster.status === 'UPDATING'
  if (!usable || !vpcId || !groupId) return { pending: `EKS cluster ${clusterName} is ${cluster.status}` }
  const subnets = await ec2.subnets({ 'vpc-id': [vpcId], 'map-public-ip-on-launch': ['false'] })
  return { vpcId, groupId, privateSubnets: subnets.flatMap(({ SubnetId }) => SubnetId ?? []).sort() }
}

export async function seenGroups(ec2: Ec2Reader, desired: Settings): Promise<readonly SeenGroup[]> {
  const found = await Promise.all([
    ec2.securityGroups({ 'group-name': desired.ecsClusters.map(({ name }) => securityGroupName(name)) }),
    ec2.securityGroups({ [`tag:${CLUSTER_TAG}`]: [desired.clusterName] }),
  ])
  const byId = new Map(found.flat().map(group => [group.GroupId, group]))
  const seen = [...byId.values()].map(({ GroupId: id = '', GroupName: name = '', VpcId: vpcId = '', Tags }) => ({
    id,
    name,
    vpcId,
    tags: tagsOf(Tags),
  }))
  // What eksctl makes carries our tag as well, and goes with its stacks.
  return seen.filter(({ tags }) => tags['aws:cloudformation:stack-name'] === undefined)
}

export async function seenRules(
  ec2: Ec2Reader,
  { clusterName }: Settings,
  network: Promise<EcsSeen['network']>,
  groups: Promise<readonly SeenGroup[]>,
): Promise<readonly SecurityGroupRule[]> {
  const ofGroups = Promise.all([network, groups]).then(([eks, tasks]) => {
    const ids = ['groupId' in eks ? eks.groupId : [], tasks.map(({ id }) => id)].flat()
    return ids.length === 0 ? [] : ec2.securityGroupRules({ 'group-id': ids })
  })
  const tagged = ec2.securityGroupRules({ [`tag:${CLUSTER_TAG}`]: [clusterName] })
  const found = (await Promise.all([ofGroups, tagged])).flat()
  return [...new Map(found.map(rule => [rule.SecurityGroupRuleId, rule])).values()]
}

async function seenEcsCluster(
  { ecs, logs }: Readers,
  desired: Settings,
  settings: EcsClusterSettings,
): Promise<SeenEcsCluster> {
  const { name } = settings
  const describe = memoised((arn: string) => ecs.taskDefinition(arn))
  const services = seenServices(ecs, desired, settings)
  const [cluster, running, families, logGroup] = await Promise.all([
    ecs.cluster(name),
    services.then(found => withDetails(ecs, name, found, describe)),
    seenFamilies(ecs, desired, settings, services, describe),
    seenLogGroup(logs, logGroupName(name)),
  ])
  return {
    ...(cluster ? { cluster } : {}),
    services: running,
    families,
    ...(logGroup ? { logGroup } : {}),
  }
}

function unlessDenied(error: unknown): readonly string[] {
  if (isFailure(error) && error.code === 'ACCESS_DENIED') return []
  throw error
}

type Describe = (arn: string) => Promise<TaskDefinitionWithTags | undefined>

async function seenServices(
  ecs: EcsReader,
  desired: Settings,
  { name, services }: EcsClusterSettings,
): Promise<readonly Service[]> {
  const found = await ecs.services(name, await ecs.serviceArns(name))
  const named = (service: Service) => services.some(({ name }) => name === service.serviceName)
  return found.filter(service => named(service) || isOurs(tagsOf(service.tags), desired))
}

async function withDetails(
  ecs: EcsReader,
  cluster: string,
  services: readonly Service[],
  describe: Describe,
): Promise<Readonly<Record<string, SeenService>>> {
  const entries = services.map(async service => {
    const { serviceName = '', taskDefinition } = service
    const [definition, stopped] = await Promise.all([
      taskDefinition === undefined ? undefined : describe(taskDefinition),
      lacksTasks(service) ? ecs.tasks(cluster, { service: serviceName, status: 'STOPPED' }) : undefined,
    ])
    return [serviceName, { service, ...(definition ? { definition } : {}), ...(stopped ? { stopped } : {}) }] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** The families of those services, and of the configured ones that do not run; of an unnamed cluster all that begin so. */
async function seenFamilies(
  ecs: EcsReader,
  desired: Settings,
  { name, services }: EcsClusterSettings,
  running: Promise<readonly Service[]>,
  describe: Describe,
): Promise<Readonly<Record<string, SeenFamily>>> {
  const [existing, others] = await Promise.all([ecs.families(`${name}-`), running])
  const names = [...services.map(service => service.name), ...others.flatMap(({ serviceName }) => serviceName ?? [])]
  const ours = new Set(names.map(service => familyName(name, service)))
  const entries = existing
    .filter(family => services.length === 0 || ours.has(family))
    .map(async family => [family, await seenFamily(ecs, desired, family, describe)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

async function seenFamily(ecs: EcsReader, desired: Settings, family: string, describe: Describe): Promise<SeenFamily> {
  const [active, inactive] = await Promise.all([
    ecs.taskDefinitionArns(family, 'ACTIVE'),
    ecs.taskDefinitionArns(family, 'INACTIVE'),
  ])
  const newest = active[0] === undefined ? undefined : await describe(active[0])
  const enough = newest !== undefined && isOurRevision(newest, desired)
  const all = enough ? [newest] : await Promise.all([...active, ...inactive].map(describe))
  return { active, inactive, described: all.filter(revision => revision !== undefined) }
}

async function seenLogGroup(logs: LogsReader, name: string): Promise<SeenEcsCluster['logGroup']> {
  const group = await logs.group(name)
  const arn = group?.logGroupArn ?? group?.arn?.replace(/:\*$/, '')
  const tags = arn === undefined ? undefined : await logs.groupTags(arn)
  return arn !== undefined && tags !== undefined ? { arn, tags } : undefined
}

function memoised<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const asked = new Map<string, Promise<T>>()
  return key => {
    const answer = asked.get(key) ?? ask(key)
    asked.set(key, answer)
    return answer
  }
}
