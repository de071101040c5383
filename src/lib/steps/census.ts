import { isOurs } from '../aws/ownership.ts'
import { tagsOf } from '../aws/tags.ts'
import { CLUSTER_TAG, ecsClusterName } from '../config/names.ts'
import type { Settings } from '../config/settings.ts'
import type { ReadClients } from './clients.ts'
import { stacksOf } from './cluster/observe.ts'
import { stackHourly } from './cluster/stacks.ts'
import {
  clusterGroups,
  clusterLogs,
  identityProviders,
  insightsLogs,
  loadBalancers,
  nodeInterfaces,
  volumes,
  withoutStack,
} from './remains.ts'

/** Something that exists and should not. */
export interface Found {
  readonly kind: string
  readonly name: string
  readonly id?: string
  /** Dollars an hour, where its kind does not say. */
  readonly hourly?: number
  /** Why it is only named and never deleted. */
  readonly kept?: string
  /** Where only named: it may stay, and is no failure. */
  readonly harmless?: true
}

interface Look {
  /** The step whose removal should have taken it away. */
  readonly step: string
  /** In which service, for messages. */
  readonly what: string
  readonly look: (clients: ReadClients, desired: Settings) => Promise<readonly Found[]>
}

/** Each service by itself, by tags alone: none of these looks knows what the configuration calls a thing. */
const LOOKS: readonly Look[] = [
  { step: 'ecs', what: 'ECS clusters', look: ecsClusters },
  { step: 'ecs', what: 'task definitions', look: taskDefinitions },
  { step: 'ecs', what: 'security groups', look: securityGroups },
  { step: 'ecs', what: 'security-group rules', look: securityGroupRules },
  { step: 'cluster', what: 'CloudFormation stacks', look: stacks },
  { step: 'cluster', what: 'load balancers', look: ofGoneCluster(loadBalancers) },
  { step: 'cluster', what: "the EKS cluster's security groups", look: ofGoneCluster(clusterGroups) },
  { step: 'cluster', what: "the nodes' network interfaces", look: ofGoneCluster(nodeInterfaces) },
  { step: 'cluster', what: 'EBS volumes', look: ofGoneCluster(volumes) },
  { step: 'cluster', what: "what eksctl's stacks held in EC2", look: ofGoneCluster(withoutStack) },
  { step: 'cluster', what: 'identity providers', look: ofGoneCluster(identityProviders) },
  { step: 'cluster', what: "the EKS cluster's log groups", look: ofGoneCluster(clusterLogs) },
  { step: 'ecs', what: "the ECS cluster's log groups", look: insightsLogs },
]

export interface Census {
  readonly found: readonly (Found & { readonly step: string })[]
  readonly unseen: readonly { readonly what: string; readonly error: unknown }[]
}

/** Everything that carries our mark in the services of these steps. A service that can't be asked hides no other. */
export async function census(steps: readonly string[], clients: ReadClients, desired: Settings): Promise<Census> {
  const looks = LOOKS.filter(({ step }) => steps.includes(step))
  const outcomes = await Promise.allSettled(looks.map(({ look }) => look(clients, desired)))
  const all = looks.map((look, index) => ({ ...look, outcome: outcomes[index] }))
  return {
    found: all.flatMap(({ step, outcome }) =>
      outcome?.status === 'fulfilled' ? outcome.value.map(found => ({ ...found, step })) : [],
    ),
    unseen: all.flatMap(({ what, outcome }) =>
      outcome?.status === 'rejected' ? [{ what, error: outcome.reason as unknown }] : [],
    ),
  }
}

async function ecsClusters({ aws: { ecs } }: ReadClients, desired: Settings): Promise<readonly Found[]> {
  const clusters = await ecs.clusters(await ecs.clusterArns())
  return clusters
    .filter(({ status, tags }) => status !== 'INACTIVE' && isOurs(tagsOf(tags), desired))
    .map(({ clusterName: name = '', clusterArn: id = '' }) => ({ kind: 'ecs-cluster', name, id }))
}

/** Of our own ECS cluster, whichever services it once had; ECS can't find a family by its tags. */
async function taskDefinitions({ aws: { ecs } }: ReadClients, desired: Settings): Promise<readonly Found[]> {
  const families = await ecs.families(`${ecsClusterName(desired.clusterName)}-`)
  const newest = await Promise.all(families.map(family => ecs.taskDefinition(family)))
  return families.flatMap((name, index) => {
    const { taskDefinition, tags = {} } = newest[index] ?? {}
    const standing = taskDefinition?.status === 'ACTIVE' && isOurs(tags, desired)
    return standing ? [{ kind: 'task-definition', name }] : []
  })
}

const tagged = ({ clusterName }: Settings) => ({ [`tag:${CLUSTER_TAG}`]: [clusterName] })

async function securityGroups({ aws: { ec2 } }: ReadClients, desired: Settings): Promise<readonly Found[]> {
  const groups = await ec2.securityGroups(tagged(desired))
  // What eksctl makes carries our tag as well, and goes with its stacks.
  const own = groups.filter(({ Tags }) => tagsOf(Tags)['aws:cloudformation:stack-name'] === undefined)
  return own.map(({ GroupName: name = '', GroupId: id = '' }) => ({ kind: 'security-group', name, id }))
}

async function securityGroupRules({ aws: { ec2 } }: ReadClients, desired: Settings): Promise<readonly Found[]> {
  const rules = await ec2.securityGroupRules(tagged(desired))
  return rules.map(({ SecurityGroupRuleId: id = '', GroupId: name = '' }) => ({
    kind: 'security-group-rule',
    name,
    id,
  }))
}

async function stacks(clients: ReadClients, desired: Settings): Promise<readonly Found[]> {
  const all = await stacksOf(clients, desired.clusterName)
  return all
    .filter(({ ours }) => ours)
    .map(({ name }) => ({ kind: 'cloudformation-stack', name, hourly: stackHourly(name, desired) }))
}

/** While the cluster stands, what Kubernetes made for it may be anybody's; once it is gone, it is nobody's. */
function ofGoneCluster(look: Look['look']): Look['look'] {
  return async (clients, desired) =>
    (await clients.aws.eks.cluster(desired.clusterName)) === undefined ? look(clients, desired) : []
}
