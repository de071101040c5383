import { setTimeout } from 'node:timers/promises'
import { provision } from '../../../src/sandbox/aws/services/eks/eksctl/provision.ts'
import type { ObjectInput } from '../../../src/sandbox/kubernetes/objects.ts'
import { objectsOf } from './inventory.ts'
import type { World } from './world.ts'

const CLUSTER = 'ambient-ecs'
const ACCOUNT = 'arn:aws:iam::111122223333'

/** An EKS cluster of the wanted name that somebody else has made with eksctl. */
export async function strangersCluster({ sandbox: { aws, kubernetes } }: World): Promise<void> {
  const nodes = { name: 'theirs', instanceType: 't3.large', desired: 1, privateNetworking: true }
  await provision(
    aws.region(),
    {
      name: CLUSTER,
      version: '1.33',
      tags: new Map([['owner', 'somebody-else']]),
      withOidc: true,
      addons: [{ name: 'vpc-cni' }, { name: 'coredns' }],
      podIdentities: [],
      nodeGroups: [nodes],
      creatorArn: `${ACCOUNT}:user/sandbox`,
    },
    { tell: () => undefined, signal: new AbortController().signal },
  )
  while (kubernetes.get(CLUSTER) === undefined) await setTimeout(5)
}

/** Things that look like ours and are not, in every service. Answers how many. */
export async function plantStrangers(world: World): Promise<number> {
  const { aws } = world.sandbox
  const eks = aws.region().eks.clusters.get(CLUSTER)
  if (eks === undefined) throw new Error('there is no cluster')
  const { vpcId, securityGroupId } = eks
  const [elsewhere] = [...aws.region().ec2.vpcs.values()].filter(({ isDefault }) => isDefault)
  const open = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'the guide' }] }]
  const group = async (name: string, VpcId: string | undefined, tags: Record<string, string> = {}) => {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
    const TagSpecifications = Tags.length > 0 ? [{ ResourceType: 'security-group' as const, Tags }] : []
    const input = { GroupName: name, Description: 'not ours', VpcId, TagSpecifications }
    const { GroupId } = await aws.call('ec2', 'CreateSecurityGroup', input)
    await aws.call('ec2', 'AuthorizeSecurityGroupIngress', { GroupId, IpPermissions: open })
    return GroupId
  }
  // The same name in another VPC; the guide's own; the same tag with another value; one that names the EKS group.
  await group('ecs-ambient-ecs-tasks', elsewhere?.id)
  const demo = await group('ecs-demo-sg', vpcId)
  await group('ecs-other-tasks', vpcId, { 'ecs-ambient/cluster': 'other' })
  await group('tagged-like-ours', vpcId, { 'ecs-ambient': CLUSTER, 'ecs-ambient/Cluster': CLUSTER })
  // What the guide opens and never shuts, and a rule on the same port from elsewhere.
  await aws.call('ec2', 'AuthorizeSecurityGroupIngress', { GroupId: securityGroupId, IpPermissions: open })
  const hbone = [{ IpProtocol: 'tcp', FromPort: 15008, ToPort: 15008, UserIdGroupPairs: [{ GroupId: demo }] }]
  await aws.call('ec2', 'AuthorizeSecurityGroupIngress', { GroupId: securityGroupId, IpPermissions: hbone })

  const trust = {
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  }
  for (const [name, tags] of [
    ['ecsTaskExecutionRole', []],
    ['eks-ecs-task-role-2', [{ Key: 'ecs-ambient/user', Value: 'us-east-1.ambient-ecs' }]],
    ['istiod-eks-ecs-ambient', []],
  ] as const) {
    const input = { RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust), Tags: [...tags] }
    await aws.call('iam', 'CreateRole', input)
  }
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'logs:*', Resource: '*' }] }
  const policy = { PolicyName: 'eks-ecs-task-policy-2', PolicyDocument: JSON.stringify(document) }
  await aws.call('iam', 'CreatePolicy', policy)

  for (const logGroupName of ['/ecs/ecs-demo', '/ecs/ecs-ambient-ecs-2', '/ecs/ecs-ambient-ecs']) {
    await aws.call('logs', 'CreateLogGroup', { logGroupName })
  }
  await aws.call('iam', 'CreateServiceLinkedRole', { AWSServiceName: 'ecs.amazonaws.com' })
  await world.sandbox.clock.sleep(10_000)
  await aws.call('ecs', 'CreateCluster', { clusterName: 'ecs-demo' })
  await aws.call('ecs', 'CreateCluster', {
    clusterName: 'ecs-ambient-ecs-2',
    tags: [{ key: 'ecs-ambient/cluster', value: 'ambient-ecs-2' }],
  })
  const container = { name: 'app', image: 'public.ecr.aws/docker/library/nginx:1.27', essential: true }
  for (const family of ['shell-task-definition', 'ecs-ambient-ecs-shell-task', 'ecs-ambient-ecs-2-shell-task']) {
    await aws.call('ecs', 'RegisterTaskDefinition', { family, containerDefinitions: [container] })
  }
  return 6 + 2 + 4 + 3 + 2 + 3 + plantObjects(world)
}

const inNamespace = (apiVersion: string, kind: string, namespace: string, name: string, rest: object = {}) =>
  ({ apiVersion, kind, metadata: { namespace, name, labels: { app: name } }, ...rest }) as ObjectInput

function plantObjects(world: World): number {
  const { store } = world.sandbox.kubernetes.get(CLUSTER) ?? {}
  const pod = { metadata: { labels: { app: 'eks-echo' } }, spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } }
  const deployment = { spec: { replicas: 1, selector: { matchLabels: { app: 'eks-echo' } }, template: pod } }
  const objects: ObjectInput[] = [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'team', labels: { 'istio.io/dataplane-mode': 'ambient' } },
    },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ecs-team' } },
    inNamespace('v1', 'ConfigMap', 'team', 'ecs-ambient-istio', { data: { version: '1.0.0', fingerprint: 'x' } }),
    inNamespace('v1', 'ServiceAccount', 'team', 'demo'),
    inNamespace('v1', 'ServiceAccount', 'default', 'demo'),
    inNamespace('apps/v1', 'Deployment', 'team', 'eks-echo', deployment),
    inNamespace('v1', 'Service', 'team', 'eks-echo', {
      spec: { selector: { app: 'eks-echo' }, ports: [{ port: 8080 }] },
    }),
    inNamespace('v1', 'Service', 'default', 'public', { spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } }),
  ]
  for (const object of objects) store?.create(object, { manager: 'kubectl' })
  return objects.length
}

/** What somebody who followed the guide by hand has left: its names, and no mark of ours. Answers how many. */
export async function plantGuide(world: World): Promise<number> {
  const { aws, kubernetes, clock } = world.sandbox
  const { store } = kubernetes.get(CLUSTER) ?? {}
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  }
  const Path = '/ecs/ambient/'
  for (const RoleName of ['eks-ecs-task-role', 'ecs-task-execution-role'])
    await aws.call('iam', 'CreateRole', { RoleName, Path, AssumeRolePolicyDocument: JSON.stringify(trust) })
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'logs:*', Resource: '*' }] }
  const policy = { PolicyName: 'eks-ecs-task-policy', Path, PolicyDocument: JSON.stringify(document) }
  const { Policy } = await aws.call('iam', 'CreatePolicy', policy)
  for (const [RoleName, PolicyArn] of [
    ['eks-ecs-task-role', Policy?.Arn],
    ['ecs-task-execution-role', 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy'],
  ] as const)
    await aws.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn })
  await clock.sleep(20_000)
  const eks = aws.region().eks.clusters.get(CLUSTER)
  const subnets = [...aws.region().ec2.subnets.values()].filter(
    ({ vpcId, mapPublicIp }) => vpcId === eks?.vpcId && !mapPublicIp,
  )
  const group = [...aws.region().ec2.groups.values()].find(({ name }) => name === 'ecs-demo-sg')
  for (const family of ['shell-task', 'echo-service']) {
    await aws.call('ecs', 'RegisterTaskDefinition', {
      family: `${family}-definition`,
      containerDefinitions: [{ name: family, image: 'public.ecr.aws/docker/library/nginx:1.27', essential: true }],
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      taskRoleArn: `${ACCOUNT}:role/ecs/ambient/eks-ecs-task-role`,
      executionRoleArn: `${ACCOUNT}:role/ecs/ambient/ecs-task-execution-role`,
    })
    await aws.call('ecs', 'CreateService', {
      cluster: 'ecs-demo',
      serviceName: family,
      taskDefinition: `${family}-definition`,
      desiredCount: 1,
      launchType: 'FARGATE',
      networkConfiguration: {
        awsvpcConfiguration: { subnets: subnets.map(({ id }) => id), securityGroups: [group?.id ?? ''] },
      },
    })
  }
  const labels = { 'istio.io/dataplane-mode': 'ambient' }
  const annotations = { 'ecs.solo.io/role-arn': `${ACCOUNT}:role/ecs/ambient/eks-ecs-task-role` }
  const objects: ObjectInput[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ecs', labels } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'ecs', name: 'demo', annotations } },
    inNamespace('v1', 'ServiceAccount', 'default', 'eks-echo'),
    inNamespace('v1', 'Service', 'default', 'eks-echo', {
      spec: { selector: { app: 'eks-echo' }, ports: [{ port: 8080 }] },
    }),
  ]
  for (const object of objects) store?.create(object, { manager: 'kubectl' })
  return 3 + 4 + objects.length
}

/** What other teams put on top of the mesh once it stands: their policies, gateways and routes. */
export function plantOnMesh(world: World): number {
  const { store } = world.sandbox.kubernetes.get(CLUSTER) ?? {}
  const gateway = { spec: { gatewayClassName: 'istio', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] } }
  const objects = [
    inNamespace('security.istio.io/v1', 'AuthorizationPolicy', 'team', 'eks-echo-deny', { spec: { action: 'DENY' } }),
    inNamespace('security.istio.io/v1', 'AuthorizationPolicy', 'team', 'ecs-deny-all', { spec: {} }),
    inNamespace('security.istio.io/v1', 'AuthorizationPolicy', 'default', 'team-policy', { spec: {} }),
    inNamespace('gateway.networking.k8s.io/v1', 'Gateway', 'team', 'eastwest', gateway),
  ]
  for (const object of objects) store?.create(object, { manager: 'kubectl' })
  return objects.length
}

/** Those objects as they are, to the last field that nobody but their owner sets. */
export function strangersObjects(world: World): readonly string[] {
  const { store } = world.sandbox.kubernetes.get(CLUSTER) ?? {}
  if (store === undefined) return []
  return objectsOf(store)
    .filter(({ metadata }) => metadata.managedFields?.some(({ manager }) => manager === 'kubectl'))
    .map(({ kind, metadata: { uid, namespace, name, labels, annotations, managedFields }, ...rest }) => {
      const own = managedFields?.filter(({ manager }) => manager === 'kubectl')
      const { status: _, ...spec } = rest as Record<string, unknown>
      return `${kind} ${namespace}/${name} ${JSON.stringify({ uid, labels, annotations, own, spec })}`
    })
    .sort()
}
