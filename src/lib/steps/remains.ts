import { type Tags, tagsOf } from '../aws/tags.ts'
import { CLUSTER_TAG } from '../config/names.ts'
import type { Settings } from '../config/settings.ts'
import type { Found } from './census.ts'
import type { ReadClients } from './clients.ts'
import { stacksOf } from './cluster/observe.ts'
import { isProviderOf } from './cluster/orphans.ts'
import { hourlyCost } from './costs.ts'
import { ownedTag } from './owned-groups.ts'

/** What outlives a cluster that is gone: who made it is gone with it, and nobody else takes it away. */

export async function loadBalancers({ aws: { elb } }: ReadClients, desired: Settings): Promise<readonly Found[]> {
  const names = (await elb.loadBalancers()).flatMap(({ LoadBalancerName }) => LoadBalancerName ?? [])
  const tags = await elb.tags(names)
  const orphans = names.filter(name => tags.get(name)?.[ownedTag(desired)] === 'owned')
  return orphans.map(name => ({ kind: 'load-balancer', name }))
}

/** EKS's own group of the cluster, and those of its load balancers. */
export async function clusterGroups({ aws: { ec2 } }: ReadClients, desired: Settings): Promise<readonly Found[]> {
  const groups = await ec2.securityGroups({ [`tag:${ownedTag(desired)}`]: ['owned'] })
  return groups.map(({ GroupName: name = '', GroupId: id = '' }) => ({ kind: 'security-group', name, id }))
}

/** The VPC CNI makes them for pods; a node that goes too soon leaves them behind, detached. */
export async function nodeInterfaces(
  { aws: { ec2 } }: ReadClients,
  { clusterName }: Settings,
): Promise<readonly Found[]> {
  const left = await ec2.networkInterfaces({
    'tag:cluster.k8s.amazonaws.com/name': [clusterName],
    status: ['available'],
  })
  return left.map(({ NetworkInterfaceId: id = '' }) => ({ kind: 'network-interface', name: id, id }))
}

/** Of the cluster's persistent volume claims, by the tags of the EBS CSI driver and of its predecessor in Kubernetes. */
export async function volumes({ aws: { ec2 } }: ReadClients, desired: Settings): Promise<readonly Found[]> {
  const found = await Promise.all([
    ec2.volumes({ [`tag:${ownedTag(desired)}`]: ['owned'] }),
    ec2.volumes({ 'tag:KubernetesCluster': [desired.clusterName] }),
  ])
  const distinct = new Map(found.flat().map(volume => [volume.VolumeId ?? '', volume]))
  return [...distinct].map(([id, { Size = 0, Tags }]) => ({
    kind: 'ebs-volume',
    name: claimOf(tagsOf(Tags)) ?? id,
    id,
    hourly: Size * hourlyCost('ebs-volume'),
    kept: `its ${Size} GiB hold the data of a persistent volume claim, which only you can give up`,
  }))
}

const claimOf = (tags: Tags): string | undefined =>
  tags['kubernetes.io/created-for/pvc/name'] &&
  `${tags['kubernetes.io/created-for/pvc/namespace']}/${tags['kubernetes.io/created-for/pvc/name']}`

/** EC2's word for what a stack of eksctl may have left in it, and ours. Groups and rules are looked for by themselves. */
const OF_STACKS: Readonly<Record<string, string>> = {
  natgateway: 'nat-gateway',
  'elastic-ip': 'elastic-ip',
  instance: 'ec2-instance',
  'launch-template': 'launch-template',
  'internet-gateway': 'internet-gateway',
  'route-table': 'route-table',
  subnet: 'subnet',
  vpc: 'vpc',
}

/** While a stack stands, it is the stack that has to go. */
export async function withoutStack(clients: ReadClients, { clusterName }: Settings): Promise<readonly Found[]> {
  if ((await stacksOf(clients, clusterName)).length > 0) return []
  const { ec2 } = clients.aws
  const tagged = (await ec2.tagged(CLUSTER_TAG, clusterName)).filter(({ type }) => type in OF_STACKS)
  const ids = (kind: string) => tagged.filter(({ type }) => type === kind).map(({ id }) => id)
  const [gateways, instances] = await Promise.all([
    ids('natgateway').length === 0
      ? []
      : ec2.natGateways({ 'nat-gateway-id': ids('natgateway'), state: GATEWAY_LIVES }),
    ids('instance').length === 0 ? [] : ec2.instanceIds({ 'instance-id': ids('instance'), ...INSTANCE_LIVES }),
  ])
  // EC2 goes on showing the tags of these for about an hour after they are deleted.
  const alive = [...gateways.flatMap(({ NatGatewayId }) => NatGatewayId ?? []), ...instances]
  const passes = ({ type, id }: { type: string; id: string }) =>
    (type !== 'natgateway' && type !== 'instance') || alive.includes(id)
  return tagged.filter(passes).map(({ type, id }) => ({ kind: OF_STACKS[type] ?? type, name: id, id }))
}

const GATEWAY_LIVES = ['pending', 'available']
const INSTANCE_LIVES = { 'instance-state-name': ['pending', 'running', 'stopping', 'stopped'] }

/** By which IAM knew the pods of the cluster; eksctl makes it outside of its stacks. */
export async function identityProviders({ aws: { iam } }: ReadClients, desired: Settings): Promise<readonly Found[]> {
  const providers = await iam.oidcProviders()
  return providers
    .filter(({ arn, tags }) => isProviderOf(desired, arn, tags))
    .map(({ arn }) => ({ kind: 'oidc-provider', name: arn, id: arn }))
}

/** Switched on by somebody who wanted to read them. */
async function logGroups({ aws: { logs } }: ReadClients, prefixes: readonly string[]): Promise<readonly Found[]> {
  const found = (await Promise.all(prefixes.map(prefix => logs.groups(prefix)))).flat()
  return found.map(({ logGroupName: name = '', storedBytes = 0 }) => ({
    kind: 'log-group',
    name,
    hourly: storedBytes * STORED_BYTE,
    kept: 'it is not ours, and somebody may still want to read it',
    harmless: true,
  }))
}

/** Dollars an hour for each byte of stored logs. */
const STORED_BYTE = 0.03 / 730 / 2 ** 30

export const clusterLogs = (clients: ReadClients, { clusterName }: Settings): Promise<readonly Found[]> =>
  logGroups(clients, [`/aws/eks/${clusterName}/`, `/aws/containerinsights/${clusterName}/`])

/** ECS makes them where Container Insights is on in the account. */
export async function insightsLogs(clients: ReadClients, { ecsClusters }: Settings): Promise<readonly Found[]> {
  const names = ecsClusters.map(({ name }) => name)
  const standing = (await clients.aws.ecs.clusters(names)).map(({ clusterName }) => clusterName)
  const gone = names.filter(name => !standing.includes(name))
  return logGroups(
    clients,
    gone.map(name => `/aws/ecs/containerinsights/${name}/`),
  )
}
