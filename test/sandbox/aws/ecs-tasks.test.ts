import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { EC2 } from '@aws-sdk/client-ec2'
import { expect } from 'chai'
import type { SessionTarget } from '../../../src/sandbox/aws/hooks.ts'
import { refusal } from '../../support/aws.ts'
import { CLUSTER, type Ecs, IMAGE, startEcs } from './ecs-support.ts'

const SECOND = 1000

describe('ECS tasks in the sandbox', () => {
  let aws: Ecs

  beforeEach(async () => {
    aws = await startEcs()
    await aws.createService('echo', await aws.register('echo'))
  })

  afterEach(() => aws.close())

  const task = async () => (await aws.tasks('echo'))[0]
  const statusOf = async (taskArn: string | undefined) =>
    (await aws.ecs.describeTasks({ cluster: CLUSTER, tasks: [taskArn ?? ''] })).tasks?.[0]?.lastStatus

  it('go through their states in order, each in its time', async () => {
    const taskArn = (await task())?.taskArn
    const seen: (string | undefined)[] = []
    const look = async () => {
      const status = await statusOf(taskArn)
      if (seen.at(-1) !== status) seen.push(status)
    }
    for (let second = 0; second < 30; second += 1) {
      await look()
      await aws.clock.advance(SECOND)
    }
    await aws.ecs.stopTask({ cluster: CLUSTER, task: taskArn })
    for (let second = 0; second < 30; second += 1) {
      await look()
      await aws.clock.advance(SECOND)
    }
    expect(seen).to.deep.equal(['PROVISIONING', 'PENDING', 'RUNNING', 'DEACTIVATING', 'DEPROVISIONING', 'STOPPED'])
  })

  it('tell the other parts of the sandbox when they run and when they have stopped', async () => {
    const heard: string[] = []
    aws.cloud.events.on('task-running', ({ id }, region) => heard.push(`running ${id} ${region}`))
    aws.cloud.events.on('task-stopped', ({ id }, region) => heard.push(`stopped ${id} ${region}`))
    const id = (await task())?.taskArn?.split('/').at(-1)
    await aws.clock.advance(25 * SECOND)
    await aws.ecs.stopTask({ cluster: CLUSTER, task: id })
    await aws.clock.advance(16 * SECOND)
    expect(heard).to.deep.equal([`running ${id} us-east-1`, `stopped ${id} us-east-1`])
  })

  it('have a network interface with the security groups asked for, which outlives them', async () => {
    await aws.clock.advance(25 * SECOND)
    const running = await task()
    const details = Object.fromEntries(
      running?.attachments?.[0]?.details?.map(({ name, value }) => [name, value]) ?? [],
    )
    const ec2 = new EC2(aws.client)
    const find = async () => {
      const Filters = [{ Name: 'network-interface-id', Values: [details.networkInterfaceId ?? ''] }]
      return (await ec2.describeNetworkInterfaces({ Filters })).NetworkInterfaces?.[0]
    }
    const card = await find()
    expect(card?.PrivateIpAddress).to.equal(details.privateIPv4Address)
    expect(card?.PrivateIpAddress).to.equal(running?.containers?.[0]?.networkInterfaces?.[0]?.privateIpv4Address)
    expect(card?.Groups?.map(({ GroupId }) => GroupId)).to.deep.equal([aws.group])
    expect(card?.Description).to.include(`attachment/${running?.attachments?.[0]?.id}`)
    await aws.ecs.stopTask({ cluster: CLUSTER, task: running?.taskArn })
    await aws.clock.advance(20 * SECOND)
    expect(await statusOf(running?.taskArn)).to.equal('STOPPED')
    expect((await find())?.Status).to.equal('detaching')
    await aws.clock.advance(20 * SECOND)
    expect(await find()).to.equal(undefined)
  })

  it('have an agent for ECS Exec a little after they run', async () => {
    await aws.clock.advance(21 * SECOND)
    const agents = async () => (await task())?.containers?.[0]?.managedAgents
    expect(await agents()).to.deep.equal([{ name: 'ExecuteCommandAgent', lastStatus: 'PENDING' }])
    await aws.clock.advance(5 * SECOND)
    expect((await agents())?.[0]).to.include({ name: 'ExecuteCommandAgent', lastStatus: 'RUNNING' })
  })

  it('become healthy only where a container has a health check', async () => {
    const checked = await aws.register('checked', {
      containerDefinitions: [
        { name: 'app', image: IMAGE, healthCheck: { command: ['CMD', 'true'] } },
        { name: 'side', image: IMAGE },
      ],
    })
    await aws.createService('checked', checked)
    await aws.clock.advance(21 * SECOND)
    expect((await aws.tasks('checked'))[0]?.healthStatus).to.equal('UNKNOWN')
    await aws.settle()
    const [healthy] = await aws.tasks('checked')
    expect(healthy?.healthStatus).to.equal('HEALTHY')
    expect(healthy?.containers?.map(({ healthStatus }) => healthStatus)).to.deep.equal(['HEALTHY', 'UNKNOWN'])
    expect((await task())?.healthStatus).to.equal('UNKNOWN')
  })

  it('open a log stream for each container, and cannot start without the log group', async () => {
    const logs = new CloudWatchLogs(aws.client)
    await aws.settle()
    const id = (await task())?.taskArn?.split('/').at(-1)
    const { logStreams } = await logs.describeLogStreams({ logGroupName: '/ecs/c' })
    expect(logStreams?.map(({ logStreamName }) => logStreamName)).to.deep.equal([`demo/app/${id}`])
    await logs.deleteLogGroup({ logGroupName: '/ecs/c' })
    await aws.ecs.stopTask({ cluster: CLUSTER, task: id })
    await aws.settle()
    const stopped = (await aws.tasks('echo', 'STOPPED')).find(({ stopCode }) => stopCode === 'TaskFailedToStart')
    expect(stopped?.stoppedReason).to.match(/^ResourceInitializationError: .*log group does not exist/)
  })

  it('cannot pull their images where no route leads to the internet', async () => {
    const { routeTables } = aws.cloud.region().ec2
    for (const { routes } of routeTables.values()) routes.delete('0.0.0.0/0')
    await aws.settle()
    const [stopped] = await aws.tasks('echo', 'STOPPED')
    expect(stopped?.stoppedReason).to.match(/^CannotPullContainerError: .*i\/o timeout/)
  })

  it('pull images of ECR through an endpoint in their VPC too', async () => {
    const { routeTables, vpcs } = aws.cloud.region().ec2
    for (const { routes } of routeTables.values()) routes.delete('0.0.0.0/0')
    const image = '111122223333.dkr.ecr.us-east-1.amazonaws.com/app:1'
    await aws.createService('ecr', await aws.register('ecr', { containerDefinitions: [{ name: 'app', image }] }))
    await aws.settle()
    expect((await aws.tasks('ecr', 'STOPPED'))[0]?.stopCode).to.equal('TaskFailedToStart')
    await new EC2(aws.client).createVpcEndpoint({
      VpcId: [...vpcs.keys()][0],
      VpcEndpointType: 'Interface',
      ServiceName: 'com.amazonaws.us-east-1.ecr.dkr',
    })
    await aws.ecs.updateService({ cluster: CLUSTER, service: 'ecr', forceNewDeployment: true })
    await aws.settle()
    expect((await aws.tasks('ecr'))[0]?.lastStatus).to.equal('RUNNING')
  })

  it('are gone an hour after they stopped', async () => {
    await aws.settle()
    const running = await task()
    await aws.ecs.stopTask({ cluster: CLUSTER, task: running?.taskArn })
    await aws.clock.advance(3700 * SECOND)
    const { failures } = await aws.ecs.describeTasks({ cluster: CLUSTER, tasks: [running?.taskArn ?? ''] })
    expect(failures).to.deep.equal([{ arn: running?.taskArn, reason: 'MISSING' }])
  })

  it('are run once for the same client token', async () => {
    const input = {
      cluster: CLUSTER,
      taskDefinition: 'echo',
      clientToken: 'token',
      networkConfiguration: { awsvpcConfiguration: { subnets: aws.subnets } },
    }
    const [first, second] = [await aws.ecs.runTask(input), await aws.ecs.runTask(input)]
    expect(second.tasks?.[0]?.taskArn).to.equal(first.tasks?.[0]?.taskArn)
    const other = await aws.ecs.runTask({ ...input, clientToken: 'another' })
    expect(other.tasks?.[0]?.taskArn).to.not.equal(first.tasks?.[0]?.taskArn)
  })

  it('can be run without a service', async () => {
    const { tasks } = await aws.ecs.runTask({
      cluster: CLUSTER,
      taskDefinition: 'echo',
      count: 2,
      tags: [{ key: 'a', value: 'b' }],
      networkConfiguration: { awsvpcConfiguration: { subnets: aws.subnets, assignPublicIp: 'ENABLED' } },
    })
    expect(tasks?.map(({ group }) => group)).to.deep.equal(['family:echo', 'family:echo'])
    await aws.settle()
    const { taskArns } = await aws.ecs.listTasks({ cluster: CLUSTER, family: 'echo' })
    expect(taskArns).to.have.length(3)
  })

  describe('execute commands', () => {
    const opened: SessionTarget[] = []
    const session = { sessionId: 'ecs-execute-command-1', streamUrl: 'ws://loopback/1', tokenValue: 'token' }

    beforeEach(() => {
      opened.length = 0
      aws.cloud.hooks.channel = {
        open: target => {
          opened.push(target)
          return session
        },
        resume: () => undefined,
        terminate: () => undefined,
      }
    })

    const execute = async (more: object = {}) =>
      aws.ecs.executeCommand({
        cluster: CLUSTER,
        task: (await task())?.taskArn,
        command: "sh -c 'true'",
        interactive: true,
        ...more,
      })

    it('through a session, once their agent runs', async () => {
      await aws.clock.advance(21 * SECOND)
      expect(await refusal(execute())).to.include({ name: 'TargetNotConnectedException' })
      await aws.clock.advance(5 * SECOND)
      const answer = await execute({ container: 'app' })
      expect(answer.session).to.deep.equal(session)
      const running = await task()
      expect(opened).to.deep.equal([
        {
          region: 'us-east-1',
          cluster: CLUSTER,
          taskArn: running?.taskArn,
          taskId: running?.taskArn?.split('/').at(-1),
          container: 'app',
          runtimeId: running?.containers?.[0]?.runtimeId,
          command: "sh -c 'true'",
          interactive: true,
          kmsKeyId: undefined,
        },
      ])
    })

    it('with the key of the cluster', async () => {
      await aws.ecs.updateCluster({
        cluster: CLUSTER,
        configuration: { executeCommandConfiguration: { kmsKeyId: 'key-1', logging: 'DEFAULT' } },
      })
      await aws.settle()
      await execute()
      expect(opened[0]?.kmsKeyId).to.equal('key-1')
    })

    it('not where the task role or the network keeps the agent from its service', async () => {
      await aws.settle()
      const { ec2, iam } = aws.cloud.region()
      const role = iam.roles.get('task')
      const policy = role?.inline.get('exec') ?? ''
      role?.inline.set('exec', policy.replace('ssmmessages:*', 'ssmmessages:Create*'))
      expect(await refusal(execute())).to.include({ name: 'TargetNotConnectedException' })
      role?.inline.set('exec', policy)
      await execute()
      const open = [...ec2.rules.values()].filter(({ egress, groupId }) => egress && groupId === aws.group)
      for (const { id } of open) ec2.rules.delete(id)
      expect(await refusal(execute())).to.include({ name: 'TargetNotConnectedException' })
    })

    it('not where that is not enabled, not without a terminal, not in an unknown container', async () => {
      await aws.settle()
      expect(await refusal(execute({ interactive: false }))).to.include({ name: 'InvalidParameterException' })
      expect(await refusal(execute({ container: 'other' }))).to.include({ name: 'InvalidParameterException' })
      await aws.ecs.updateService({
        cluster: CLUSTER,
        service: 'echo',
        enableExecuteCommand: false,
        forceNewDeployment: true,
      })
      await aws.settle()
      expect((await refusal(execute())).message).to.match(/execute command was not enabled/)
    })
  })
})
