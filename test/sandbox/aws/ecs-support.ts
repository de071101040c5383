import { ECS, type RegisterTaskDefinitionCommandInput, type Service, type Task } from '@aws-sdk/client-ecs'
import { addRole } from '../../../src/sandbox/aws/services/iam/roles.ts'
import { trustOf } from '../../../src/sandbox/aws/services/iam/service-linked.ts'
import { startAws, type TestAws } from '../../support/aws.ts'

export const CLUSTER = 'c'
export const IMAGE = 'example.test/app:1'

/** An account in which everything is there that a service needs: a cluster, roles, a log group, subnets with internet. */
export interface Ecs extends TestAws {
  readonly ecs: ECS
  /** Subnets of the default VPC, and its default group. */
  readonly subnets: string[]
  readonly group: string
  register(family: string, more?: Partial<RegisterTaskDefinitionCommandInput>): Promise<string>
  createService(name: string, taskDefinition: string, desiredCount?: number): Promise<void>
  service(name: string): Promise<Service>
  tasks(name: string, desiredStatus?: 'RUNNING' | 'STOPPED'): Promise<Task[]>
  /** Lets the time pass in which any rollout ends. */
  settle(): Promise<void>
}

const MINUTE = 60_000

/** What a task role needs for ECS Exec. */
const EXEC_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['ssmmessages:*'], Resource: '*' }],
})

export async function startEcs(): Promise<Ecs> {
  const aws = await startAws()
  const { cloud, clock, client } = aws
  const region = cloud.region()
  const ecs = new ECS(client)
  for (const name of ['task', 'execution'])
    addRole(region, { name, path: '/', trust: trustOf('ecs-tasks.amazonaws.com') })
  cloud.iam.roles.get('task')?.inline.set('exec', EXEC_POLICY)
  await cloud.call('iam', 'CreateServiceLinkedRole', { AWSServiceName: 'ecs.amazonaws.com' })
  await cloud.call('logs', 'CreateLogGroup', { logGroupName: '/ecs/c' })
  await clock.advance(MINUTE)
  await ecs.createCluster({ clusterName: CLUSTER })
  const subnets = [...region.ec2.subnets.keys()]
  const [group = ''] = [...region.ec2.groups.keys()]
  const started: Ecs = {
    ...aws,
    ecs,
    subnets,
    group,
    register: async (family, more = {}) => {
      const { taskDefinition } = await ecs.registerTaskDefinition({ ...definition(family), ...more })
      return taskDefinition?.taskDefinitionArn ?? ''
    },
    createService: async (serviceName, taskDefinition, desiredCount = 1) => {
      await ecs.createService({
        cluster: CLUSTER,
        serviceName,
        taskDefinition,
        desiredCount,
        launchType: 'FARGATE',
        enableExecuteCommand: true,
        deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
        networkConfiguration: {
          awsvpcConfiguration: { subnets, securityGroups: [group], assignPublicIp: 'ENABLED' },
        },
      })
    },
    service: async name => {
      const { services } = await ecs.describeServices({ cluster: CLUSTER, services: [name] })
      return services?.[0] ?? {}
    },
    tasks: async (serviceName, desiredStatus = 'RUNNING') => {
      const { taskArns = [] } = await ecs.listTasks({ cluster: CLUSTER, serviceName, desiredStatus })
      if (taskArns.length === 0) return []
      return (await ecs.describeTasks({ cluster: CLUSTER, tasks: taskArns })).tasks ?? []
    },
    settle: () => clock.advance(3 * MINUTE),
  }
  return started
}

export const definition = (family: string): RegisterTaskDefinitionCommandInput => ({
  family,
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  taskRoleArn: 'arn:aws:iam::111122223333:role/task',
  executionRoleArn: 'arn:aws:iam::111122223333:role/execution',
  containerDefinitions: [
    {
      name: 'app',
      image: IMAGE,
      portMappings: [{ containerPort: 8080 }],
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': '/ecs/c', 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'demo' },
      },
    },
  ],
})
