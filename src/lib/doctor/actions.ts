import type { Place } from './places.ts'

/** Calls on one kind of thing that a step makes, by their IAM names. */
export interface Need {
  readonly step: string
  readonly on: Place
  readonly actions: readonly string[]
}

const named = (service: string, ...operations: readonly string[]): readonly string[] =>
  operations.map(operation => `${service}:${operation}`)

/** What each step asks of AWS. Whatever says which rights are needed is made from this one table. */
export const NEEDS: readonly Need[] = [
  {
    step: 'cluster',
    on: 'EKS cluster',
    actions: named(
      'eks',
      ...['DescribeCluster', 'ListNodegroups', 'DescribeNodegroup', 'DescribeAddon', 'CreateAddon', 'DeleteAddon'],
      ...['ListPodIdentityAssociations', 'DescribePodIdentityAssociation', 'CreatePodIdentityAssociation'],
      ...['UpdatePodIdentityAssociation', 'DeletePodIdentityAssociation', 'DescribeAccessEntry', 'TagResource'],
      ...['UpdateNodegroupConfig'],
    ),
  },
  { step: 'cluster', on: 'anything', actions: named('eks', 'DescribeClusterVersions') },
  {
    step: 'cluster',
    on: 'anything',
    actions: named('cloudformation', 'DescribeStacks', 'DescribeStackEvents', 'ListStackResources', 'DeleteStack'),
  },
  // What outlives a cluster is looked for.
  {
    step: 'cluster',
    on: 'anything',
    actions: [
      ...named('ec2', 'DescribeTags', 'DescribeVolumes', 'DescribeNatGateways', 'DescribeInstances'),
      ...named('iam', 'ListOpenIDConnectProviders', 'GetOpenIDConnectProvider', 'DeleteOpenIDConnectProvider'),
    ],
  },
  {
    step: 'cluster',
    on: 'istiod role',
    actions: named(
      'iam',
      ...['GetRole', 'CreateRole', 'TagRole', 'ListAttachedRolePolicies', 'ListRolePolicies', 'AttachRolePolicy'],
      ...['PutRolePolicy', 'DetachRolePolicy', 'DeleteRolePolicy', 'DeleteRole', 'PassRole'],
    ),
  },
  {
    step: 'iam',
    on: 'task roles',
    actions: named(
      'iam',
      ...['GetRole', 'CreateRole', 'UpdateAssumeRolePolicy', 'ListAttachedRolePolicies', 'AttachRolePolicy'],
      ...['DetachRolePolicy', 'ListRolePolicies', 'DeleteRolePolicy', 'DeleteRole', 'TagRole', 'UntagRole'],
    ),
  },
  {
    step: 'iam',
    on: 'task policy',
    actions: named(
      'iam',
      ...['GetPolicy', 'GetPolicyVersion', 'ListPolicyVersions', 'CreatePolicy', 'CreatePolicyVersion'],
      ...['DeletePolicyVersion', 'ListEntitiesForPolicy', 'DeletePolicy', 'TagPolicy', 'UntagPolicy'],
    ),
  },
  {
    step: 'east-west',
    on: 'anything',
    actions: named('elasticloadbalancing', 'DescribeLoadBalancers', 'DescribeTags'),
  },
  { step: 'east-west', on: 'anything', actions: named('elasticloadbalancing', 'DeleteLoadBalancer') },
  { step: 'ecs', on: 'task roles', actions: named('iam', 'PassRole') },
  { step: 'ecs', on: 'anything', actions: named('iam', 'CreateServiceLinkedRole') },
  {
    step: 'ecs',
    on: 'ECS cluster',
    actions: named('ecs', 'DescribeClusters', 'CreateCluster', 'DeleteCluster', 'TagResource'),
  },
  {
    step: 'ecs',
    on: 'anything',
    actions: named(
      'ecs',
      ...['ListClusters', 'ListServices', 'DescribeServices', 'CreateService', 'UpdateService', 'DeleteService'],
      ...['UntagResource'],
      ...['ListTaskDefinitionFamilies', 'ListTaskDefinitions', 'DescribeTaskDefinition', 'RegisterTaskDefinition'],
      ...['DeregisterTaskDefinition', 'DeleteTaskDefinitions', 'ListTasks', 'DescribeTasks', 'StopTask'],
    ),
  },
  {
    step: 'ecs',
    on: 'anything',
    actions: named(
      'ec2',
      ...['DescribeSubnets', 'DescribeSecurityGroups', 'DescribeSecurityGroupRules', 'DescribeNetworkInterfaces'],
      ...['DescribeVpcs', 'CreateSecurityGroup', 'DeleteSecurityGroup', 'AuthorizeSecurityGroupIngress'],
      ...[
        'RevokeSecurityGroupIngress',
        'RevokeSecurityGroupEgress',
        'DeleteNetworkInterface',
        'CreateTags',
        'DeleteTags',
      ],
    ),
  },
  { step: 'ecs', on: 'anything', actions: named('logs', 'DescribeLogGroups') },
  {
    step: 'ecs',
    on: 'log group',
    actions: named(
      'logs',
      ...['CreateLogGroup', 'DeleteLogGroup', 'ListTagsForResource', 'TagResource'],
      ...['DescribeLogStreams', 'GetLogEvents', 'FilterLogEvents'],
    ),
  },
]

/** What eksctl asks for a cluster of its own, by CloudFormation and itself. */
export const EKSCTL_NEEDS: readonly Need[] = [
  {
    step: 'cluster',
    on: 'anything',
    actions: [
      ...named('cloudformation', 'CreateStack', 'DescribeStackResources', 'ListStacks', 'UpdateStack'),
      ...named('eks', 'CreateCluster', 'CreateNodegroup', 'DeleteNodegroup', 'DeleteCluster', 'UpdateClusterConfig'),
      ...named(
        'ec2',
        'CreateVpc',
        'CreateSubnet',
        'CreateInternetGateway',
        'AttachInternetGateway',
        'CreateRouteTable',
      ),
      ...named('ec2', 'CreateRoute', 'AllocateAddress', 'CreateNatGateway', 'CreateLaunchTemplate', 'RunInstances'),
      ...named(
        'ec2',
        'ModifySubnetAttribute',
        'ModifyVpcAttribute',
        'AssociateRouteTable',
        'DescribeAvailabilityZones',
      ),
      ...named('iam', 'CreateOpenIDConnectProvider', 'TagOpenIDConnectProvider', 'CreateInstanceProfile'),
    ],
  },
]

const READS = /:(Get|List|Describe|Filter)/

/** The needs with only the calls that read, or only those that write. */
export function needsTo(which: 'read' | 'write', needs: readonly Need[] = NEEDS): readonly Need[] {
  return needs.flatMap(need => {
    const actions = need.actions.filter(action => READS.test(action) === (which === 'read'))
    return actions.length === 0 ? [] : [{ ...need, actions }]
  })
}
