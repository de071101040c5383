import { iamId } from '../../ids.ts'
import type { Policy } from './state.ts'

type Managed = readonly [path: string, name: string, actions: readonly string[]]

/** The policies of AWS's own that the program, eksctl and the guide name; documents abridged to what they are about. */
const MANAGED: readonly Managed[] = [
  ['/', 'AdministratorAccess', ['*']],
  ['/', 'ReadOnlyAccess', ['ec2:Describe*', 'ecs:Describe*', 'ecs:List*', 'eks:Describe*', 'eks:List*', 'iam:Get*']],
  ['/', 'AmazonECS_FullAccess', ['ecs:*', 'ec2:Describe*', 'elasticloadbalancing:Describe*', 'logs:FilterLogEvents']],
  ['/', 'AmazonEKSClusterPolicy', ['ec2:*', 'elasticloadbalancing:*']],
  ['/', 'AmazonEKSVPCResourceController', ['ec2:CreateNetworkInterfacePermission']],
  ['/', 'AmazonEKSWorkerNodePolicy', ['ec2:Describe*', 'eks:DescribeCluster']],
  ['/', 'AmazonEKS_CNI_Policy', ['ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface']],
  ['/', 'AmazonEC2ContainerRegistryPullOnly', ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']],
  [
    '/',
    'AmazonEC2ContainerRegistryReadOnly',
    ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:DescribeImages'],
  ],
  ['/', 'AmazonSSMManagedInstanceCore', ['ssm:UpdateInstanceInformation', 'ssmmessages:*']],
  [
    '/service-role/',
    'AmazonECSTaskExecutionRolePolicy',
    [
      'ecr:GetAuthorizationToken',
      'ecr:BatchCheckLayerAvailability',
      'ecr:GetDownloadUrlForLayer',
      'ecr:BatchGetImage',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ],
  ],
  ['/aws-service-role/', 'AmazonECSServiceRolePolicy', ['ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface']],
]

export function managedPolicies(partition: string, created: Date): Policy[] {
  return MANAGED.map(([path, name, actions]) => ({
    arn: `arn:${partition}:iam::aws:policy${path}${name}`,
    name,
    path,
    id: iamId('ANPA'),
    description: undefined,
    created,
    updated: created,
    versions: [{ id: 'v1', document: document(actions), created }],
    defaultVersion: 'v1',
    versionCount: 1,
    tags: new Map(),
    visibleFrom: 0,
  }))
}

const document = (actions: readonly string[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] })
