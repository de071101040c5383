import { ifFound } from '../../aws/service.ts'
import type { Tags } from '../../aws/tags.ts'
import { CLUSTER_TAG } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import type { StepContext } from '../../engine/step.ts'
import type { WriteClients } from '../clients.ts'
import { deleteGroups, ownedTag } from '../owned-groups.ts'

type Context = StepContext<Settings, WriteClients>

/**
 * Takes away what Kubernetes, the VPC CNI and we made in the VPC of a cluster that is gone: nobody else will, and the VPC
 * can't go before. Only in the VPC of a stack of ours, and only what is marked as that cluster's own or ours.
 */
export async function deleteOrphans(stack: string, context: Context): Promise<void> {
  const { clients, desired } = context
  if ((await clients.aws.eks.cluster(desired.clusterName)) !== undefined) return
  const vpcId = await clients.aws.cloudFormation.resourceOf(stack, 'AWS::EC2::VPC')
  if (vpcId === undefined) return
  await Promise.all([deleteBalancers(vpcId, context), deleteInterfaces(vpcId, context), deleteIdentity(context)])
  await deleteGroupsIn(vpcId, context)
}

/** EKS's own and its load balancers', and those of our tasks; eksctl's name them, and go with their stack. */
async function deleteGroupsIn(vpcId: string, context: Context): Promise<void> {
  const { clients, desired } = context
  const inVpc = (tag: string, value: string) =>
    clients.aws.ec2.securityGroups({ 'vpc-id': [vpcId], [`tag:${tag}`]: [value] })
  const [owned, ours, eksctls] = await Promise.all([
    inVpc(ownedTag(desired), 'owned'),
    inVpc(CLUSTER_TAG, desired.clusterName),
    inVpc(EKSCTL_TAG, desired.clusterName),
  ])
  const stacks = eksctls.map(({ GroupId }) => GroupId)
  const orphans = [...owned, ...ours].filter(({ GroupId }) => !stacks.includes(GroupId))
  await deleteGroups(orphans, context, eksctls)
}

/** On everything that eksctl makes. */
const EKSCTL_TAG = 'alpha.eksctl.io/cluster-name'

async function deleteBalancers(vpcId: string, { clients, desired }: Context): Promise<void> {
  const { elb } = clients.aws
  const names = (await elb.loadBalancers()).flatMap(({ LoadBalancerName, VPCId }) =>
    LoadBalancerName && VPCId === vpcId ? [LoadBalancerName] : [],
  )
  const tags = await elb.tags(names)
  const orphans = names.filter(name => tags.get(name)?.[ownedTag(desired)] === 'owned')
  await Promise.all(orphans.map(name => elb.deleteLoadBalancer(name)))
}

/** By which IAM knew the pods of the cluster; eksctl makes it outside of its stacks. */
async function deleteIdentity({ clients: { aws }, desired }: Context): Promise<void> {
  const providers = await aws.iam.oidcProviders()
  const orphans = providers.filter(({ arn, tags }) => isProviderOf(desired, arn, tags))
  await Promise.all(orphans.map(({ arn }) => ifFound(aws.iam.deleteOidcProvider(arn), 'NoSuchEntity')))
}

export const isProviderOf = ({ region, clusterName }: Settings, arn: string, tags: Tags): boolean =>
  arn.includes(`/oidc.eks.${region}.`) && tags[EKSCTL_TAG] === clusterName

/** The VPC CNI's, detached from nodes that went too soon. */
async function deleteInterfaces(vpcId: string, { clients, desired }: Context): Promise<void> {
  const { ec2 } = clients.aws
  const left = await ec2.networkInterfaces({
    'vpc-id': [vpcId],
    'tag:cluster.k8s.amazonaws.com/name': [desired.clusterName],
    status: ['available'],
  })
  const ids = left.flatMap(({ NetworkInterfaceId }) => NetworkInterfaceId ?? [])
  await Promise.all(ids.map(id => ifFound(ec2.deleteNetworkInterface(id), 'InvalidNetworkInterfaceID.NotFound')))
}
