import type { SecurityGroupRule } from '@aws-sdk/client-ec2'
import type { ContainerDefinition, Service, TaskDefinition } from '@aws-sdk/client-ecs'
import type { TaskDefinitionWithTags } from '../../../../src/lib/aws/ecs.ts'
import type { EcsSeen, SeenEcsCluster, SeenService } from '../../../../src/lib/steps/ecs/observe.ts'

/** What AWS answers once `ecs deploy` is done, with the defaults that ECS fills in, for `settings()`. */

export const ECS = 'ecs-ambient-ecs'
export const OURS = { 'ecs-ambient/cluster': 'ambient-ecs' }
export const OURS_LOWER = [{ key: 'ecs-ambient/cluster', value: 'ambient-ecs' }]
const ARN = 'arn:aws:ecs:us-east-1:111122223333'
export const ROLES = {
  task: 'arn:aws:iam::111122223333:role/ecs/ambient/eks-ecs-task-role',
  execution: 'arn:aws:iam::111122223333:role/ecs/ambient/ecs-task-execution-role',
}

const container = (name: string, prefix: string, more: Partial<ContainerDefinition>): ContainerDefinition => ({
  name,
  cpu: 0,
  essential: true,
  environment: [],
  mountPoints: [],
  volumesFrom: [],
  portMappings: [],
  systemControls: [],
  linuxParameters: { initProcessEnabled: true },
  logConfiguration: {
    logDriver: 'awslogs',
    options: {
      'awslogs-group': '/ecs/ecs-ambient-ecs',
      'awslogs-stream-prefix': prefix,
      'awslogs-region': 'us-east-1',
    },
  },
  ...more,
})

const CONTAINERS: Readonly<Record<string, ContainerDefinition>> = {
  'shell-task': container('shell-task', 'demo-shell-task', {
    image: 'curlimages/curl:8.11.1',
    entryPoint: ['sh', '-c'],
    command: ['while true; do sleep 3600; done'],
    environment: [{ name: 'ALL_PROXY', value: 'socks5h://127.0.0.1:15080' }],
  }),
  'echo-service': container('echo-service', 'echo-service-task', {
    image: 'gcr.io/istio-testing/app:1.24.1',
    portMappings: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' }],
  }),
}

export const revisionArn = (service: string, revision: number) => `${ARN}:task-definition/${ECS}-${service}:${revision}`

export function revision(
  service: string,
  number = 1,
  { container: more = {}, ...definition }: Partial<TaskDefinition> & { container?: Partial<ContainerDefinition> } = {},
  tags: Readonly<Record<string, string>> = OURS,
): TaskDefinitionWithTags {
  return {
    taskDefinition: {
      taskDefinitionArn: revisionArn(service, number),
      family: `${ECS}-${service}`,
      revision: number,
      status: 'ACTIVE',
      cpu: '256',
      memory: '512',
      networkMode: 'awsvpc',
      compatibilities: ['EC2', 'FARGATE'],
      requiresCompatibilities: ['FARGATE'],
      taskRoleArn: ROLES.task,
      executionRoleArn: ROLES.execution,
      volumes: [],
      placementConstraints: [],
      containerDefinitions: [{ ...CONTAINERS[service], ...more }],
      ...definition,
    },
    tags: { 'ecs.solo.io/service-account': 'demo', environment: 'ecs-demo', ...tags },
  }
}

/** What `istioctl ecs add-service` makes of it: the proxy, a dependency on it, its own tags. */
export function enrolled(service: string, number = 2, more: Partial<ContainerDefinition> = {}): TaskDefinitionWithTags {
  const { taskDefinition } = revision(service, number)
  const own = {
    ...CONTAINERS[service],
    dependsOn: [{ containerName: 'ztunnel', condition: 'HEALTHY' as const }],
    ...more,
  }
  const ztunnel = { name: 'ztunnel', image: 'registry.example/istio/ztunnel:1.24.1', essential: true }
  return {
    taskDefinition: { ...taskDefinition, cpu: '512', memory: '1024', containerDefinitions: [own, ztunnel] },
    tags: { 'ecs.solo.io/service-account': 'default' },
  }
}

export function service(name: string, definition = revision(name), more: Partial<Service> = {}): SeenService {
  const { taskDefinitionArn } = definition.taskDefinition
  return {
    service: {
      serviceName: name,
      serviceArn: `${ARN}:service/${ECS}/${name}`,
      status: 'ACTIVE',
      desiredCount: 1,
      runningCount: 1,
      enableExecuteCommand: true,
      launchType: 'FARGATE',
      taskDefinition: taskDefinitionArn,
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: ['subnet-b', 'subnet-a'],
          securityGroups: ['sg-tasks'],
          assignPublicIp: 'DISABLED',
        },
      },
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
      deployments: [
        { id: 'ecs-svc/1', status: 'PRIMARY', rolloutState: 'COMPLETED', taskDefinition: taskDefinitionArn },
      ],
      tags: OURS_LOWER,
      ...more,
    },
    definition,
  }
}

export const ecsCluster = (more: Partial<SeenEcsCluster> = {}): SeenEcsCluster => ({
  cluster: { clusterName: ECS, clusterArn: `${ARN}:cluster/${ECS}`, status: 'ACTIVE', tags: OURS_LOWER },
  services: { 'shell-task': service('shell-task'), 'echo-service': service('echo-service') },
  families: {
    'ecs-ambient-ecs-shell-task': family('shell-task'),
    'ecs-ambient-ecs-echo-service': family('echo-service'),
  },
  logGroup: { arn: 'arn:aws:logs:us-east-1:111122223333:log-group:/ecs/ecs-ambient-ecs', tags: OURS },
  ...more,
})

export const family = (name: string, described = [revision(name)]) => ({
  active: described.flatMap(({ taskDefinition }) => taskDefinition.taskDefinitionArn ?? []),
  inactive: [],
  described,
})

let rules = 0
export const rule = (into: string, more: Partial<SecurityGroupRule>, ours = true): SecurityGroupRule => ({
  SecurityGroupRuleId: `sgr-${++rules}`,
  GroupId: into,
  IsEgress: false,
  IpProtocol: 'tcp',
  FromPort: 15008,
  ToPort: 15008,
  Tags: ours ? [{ Key: 'ecs-ambient/cluster', Value: 'ambient-ecs' }] : [],
  ...more,
})
export const from = (GroupId: string) => ({ ReferencedGroupInfo: { GroupId } })
export const everything = { IpProtocol: '-1', FromPort: -1, ToPort: -1, CidrIpv4: '0.0.0.0/0' }

export const MESH_RULES = [
  rule('sg-tasks', from('sg-eks')),
  rule('sg-tasks', from('sg-tasks')),
  rule('sg-eks', from('sg-tasks')),
]

export const GROUP = { id: 'sg-tasks', name: 'ecs-ambient-ecs-tasks', vpcId: 'vpc-1', tags: OURS }

export const deployed = (more: Partial<EcsSeen> = {}): EcsSeen => ({
  network: { vpcId: 'vpc-1', groupId: 'sg-eks', privateSubnets: ['subnet-a', 'subnet-b'] },
  roles: ROLES,
  groups: [GROUP],
  rules: [...MESH_RULES, rule('sg-tasks', { ...everything, IsEgress: true }, false)],
  ecsClusters: { [ECS]: ecsCluster() },
  unnamed: [],
  istioVersion: '1.24.1',
  ...more,
})

export const nothing = (more: Partial<EcsSeen> = {}): EcsSeen => ({
  network: { vpcId: 'vpc-1', groupId: 'sg-eks', privateSubnets: ['subnet-a'] },
  roles: ROLES,
  groups: [],
  rules: [],
  ecsClusters: { [ECS]: { services: {}, families: {} } },
  unnamed: [],
  istioVersion: '1.24.1',
  ...more,
})
