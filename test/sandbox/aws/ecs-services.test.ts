import { expect } from 'chai'
import { refusal } from '../../support/aws.ts'
import { CLUSTER, definition, type Ecs, IMAGE, startEcs } from './ecs-support.ts'

const SECOND = 1000

describe('ECS services in the sandbox', () => {
  let aws: Ecs

  beforeEach(async () => {
    aws = await startEcs()
  })

  afterEach(() => aws.close())

  const messages = async (name: string) => (await aws.service(name)).events?.map(({ message }) => message) ?? []
  const rollouts = async (name: string) =>
    (await aws.service(name)).deployments?.map(({ status, rolloutState }) => `${status} ${rolloutState}`)
  const update = (service: string, more: object) => aws.ecs.updateService({ cluster: CLUSTER, service, ...more })

  it('go from their making to a steady state', async () => {
    const first = await aws.register('echo')
    await aws.createService('echo', first)
    expect(await rollouts('echo')).to.deep.equal(['PRIMARY IN_PROGRESS'])
    expect(await aws.service('echo')).to.include({ runningCount: 0, pendingCount: 1, desiredCount: 1 })
    await aws.clock.advance(22 * SECOND)
    expect(await aws.service('echo')).to.include({ runningCount: 1, pendingCount: 0 })
    expect(await rollouts('echo')).to.deep.equal(['PRIMARY IN_PROGRESS'])
    await aws.clock.advance(12 * SECOND)
    expect(await rollouts('echo')).to.deep.equal(['PRIMARY COMPLETED'])
    expect(await messages('echo')).to.include('(service echo) has reached a steady state.')
  })

  it('replace their tasks one deployment after the other', async () => {
    await aws.createService('echo', await aws.register('echo'))
    await aws.settle()
    const [before] = await aws.tasks('echo')
    const second = await aws.register('echo')
    await update('echo', { taskDefinition: 'echo' })
    expect(await rollouts('echo')).to.deep.equal(['PRIMARY IN_PROGRESS', 'ACTIVE COMPLETED'])
    await aws.clock.advance(15 * SECOND)
    const running = (await aws.tasks('echo')).filter(({ lastStatus }) => lastStatus === 'RUNNING')
    expect(running.map(({ taskArn }) => taskArn)).to.deep.equal([before?.taskArn])
    await aws.settle()
    expect(await rollouts('echo')).to.deep.equal(['PRIMARY COMPLETED'])
    const [after, ...others] = await aws.tasks('echo')
    expect(others).to.deep.equal([])
    expect(after?.taskDefinitionArn).to.equal(second)
    expect(after?.startedBy).to.match(/^ecs-svc\/\d{19}$/)
  })

  it('begin a deployment for another revision, another network or by force, and for nothing else', async () => {
    const first = await aws.register('echo')
    await aws.createService('echo', first)
    await aws.settle()
    await update('echo', { taskDefinition: first, desiredCount: 2, enableExecuteCommand: false })
    expect((await aws.service('echo')).deployments).to.have.length(1)
    await aws.settle()
    expect(await aws.tasks('echo')).to.have.length(2)
    await update('echo', { forceNewDeployment: true })
    expect((await aws.service('echo')).deployments).to.have.length(2)
  })

  it('run on the platform that they are given, and on the newest where none is', async () => {
    await aws.createService('echo', await aws.register('echo'))
    await aws.settle()
    await update('echo', { platformVersion: '1.3.0' })
    await aws.settle()
    expect((await aws.tasks('echo')).map(({ platformVersion }) => platformVersion)).to.deep.equal(['1.3.0'])
    await update('echo', { platformVersion: 'LATEST' })
    await aws.settle()
    expect((await aws.tasks('echo')).map(({ platformVersion }) => platformVersion)).to.deep.equal(['1.4.0'])
    expect(await refusal(update('echo', { platformVersion: '9' }))).to.include({ name: 'PlatformUnknownException' })
  })

  it('stop what is too much', async () => {
    await aws.createService('echo', await aws.register('echo'), 3)
    await aws.settle()
    await update('echo', { desiredCount: 1 })
    await aws.settle()
    expect(await aws.tasks('echo')).to.have.length(1)
    expect(await aws.tasks('echo', 'STOPPED')).to.have.length(2)
    expect((await aws.tasks('echo', 'STOPPED'))[0]?.stoppedReason).to.match(/^Scaling activity initiated by/)
  })

  it('start another task where one is stopped', async () => {
    await aws.createService('echo', await aws.register('echo'))
    await aws.settle()
    const [task] = await aws.tasks('echo')
    await aws.ecs.stopTask({ cluster: CLUSTER, task: task?.taskArn, reason: 'test' })
    await aws.settle()
    const [another] = await aws.tasks('echo')
    expect(another?.taskArn).to.not.equal(task?.taskArn)
    expect(await rollouts('echo')).to.deep.equal(['PRIMARY COMPLETED'])
  })

  it('wait until a role can be assumed, and say so', async () => {
    const { iam } = aws.cloud
    const role = iam.roles.get('task')
    iam.roles.set('task', { ...role, assumableFrom: aws.clock.now() + 10 * SECOND } as NonNullable<typeof role>)
    await aws.createService('echo', await aws.register('echo'))
    expect(await messages('echo')).to.deep.equal([
      "(service echo) failed to launch a task with (error ECS was unable to assume the role 'arn:aws:iam::111122223333:role/task' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.).",
    ])
    await aws.settle()
    expect(await rollouts('echo')).to.deep.equal(['PRIMARY COMPLETED'])
  })

  it('are given up by the circuit breaker when their tasks do not start', async () => {
    aws.cloud.region().ecs.badImages.add(IMAGE)
    await aws.createService('echo', await aws.register('echo'))
    await aws.clock.advance(300 * SECOND)
    expect(await rollouts('echo')).to.deep.equal(['PRIMARY FAILED'])
    expect((await aws.service('echo')).deployments?.[0]).to.include({
      failedTasks: 3,
      rolloutStateReason: 'ECS deployment circuit breaker: tasks failed to start.',
    })
    const [stopped] = await aws.tasks('echo', 'STOPPED')
    expect(stopped?.stopCode).to.equal('TaskFailedToStart')
    expect(stopped?.stoppedReason).to.match(/^CannotPullContainerError: /)
    await aws.clock.advance(600 * SECOND)
    expect((await aws.tasks('echo', 'STOPPED')).length).to.equal(3)
  })

  it('keep the old tasks when a new deployment fails, and go back where they are told to', async () => {
    const good = await aws.register('echo')
    await aws.createService('echo', good)
    await aws.settle()
    aws.cloud.region().ecs.badImages.add('bad:1')
    const bad = await aws.register('echo', {
      containerDefinitions: [{ name: 'app', image: 'bad:1' }],
    })
    await update('echo', { taskDefinition: bad })
    await aws.clock.advance(300 * SECOND)
    expect(await rollouts('echo')).to.deep.equal(['PRIMARY FAILED', 'ACTIVE COMPLETED'])
    expect((await aws.tasks('echo'))[0]?.taskDefinitionArn).to.equal(good)
    await update('echo', {
      forceNewDeployment: true,
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    })
    await aws.clock.advance(600 * SECOND)
    const service = await aws.service('echo')
    expect(service.taskDefinition).to.equal(good)
    expect(service.deployments?.[0]?.rolloutState).to.equal('COMPLETED')
  })

  it('say where the quota leaves no room for their tasks', async () => {
    const quota = aws.cloud.region().quotas.quotas.get('L-3032A538')
    if (quota) quota.value = 0.25
    const taskDefinition = await aws.register('echo')
    await aws.createService('echo', taskDefinition, 2)
    expect(await messages('echo')).to.include(
      '(service echo) was unable to place a task. Reason: You’ve reached the limit on the number of vCPUs you can run concurrently.',
    )
    expect(await aws.tasks('echo')).to.have.length(1)
  })

  it('count a container that ends at once as a failure', async () => {
    aws.cloud.region().ecs.exitCodes.set(IMAGE, 1)
    await aws.createService('echo', await aws.register('echo'))
    await aws.clock.advance(300 * SECOND)
    const [task] = await aws.tasks('echo', 'STOPPED')
    expect(task).to.include({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
    })
    expect(task?.containers?.[0]?.exitCode).to.equal(1)
  })

  it('drain, become INACTIVE and are shown for an hour', async () => {
    const first = await aws.register('echo')
    await aws.createService('echo', first)
    await aws.settle()
    const remove = (force: boolean) => aws.ecs.deleteService({ cluster: CLUSTER, service: 'echo', force })
    expect(await refusal(remove(false))).to.include({
      name: 'InvalidParameterException',
      message: 'The service cannot be stopped while it is scaled above 0.',
    })
    expect((await remove(true)).service?.status).to.equal('DRAINING')
    expect(await refusal(aws.createService('echo', first))).to.include({
      message: 'Unable to Start a service that is still Draining.',
    })
    expect(await refusal(update('echo', { desiredCount: 1 }))).to.include({ name: 'ServiceNotActiveException' })
    await aws.clock.advance(60 * SECOND)
    expect(await aws.service('echo')).to.include({ status: 'INACTIVE', desiredCount: 0, runningCount: 0 })
    expect((await aws.ecs.listServices({ cluster: CLUSTER })).serviceArns).to.deep.equal([])
    await aws.clock.advance(3700 * SECOND)
    expect(
      (await aws.ecs.describeServices({ cluster: CLUSTER, services: ['echo'] })).failures?.map(({ reason }) => reason),
    ).to.deep.equal(['MISSING'])
  })

  it('can be made again once they are INACTIVE, but not twice', async () => {
    const first = await aws.register('echo')
    await aws.createService('echo', first, 0)
    expect(await refusal(aws.createService('echo', first, 0))).to.include({
      message: 'Creation of service was not idempotent.',
    })
    await aws.ecs.deleteService({ cluster: CLUSTER, service: 'echo' })
    await aws.createService('echo', first)
    expect((await aws.service('echo')).status).to.equal('ACTIVE')
  })

  it('are the same service for the same client token', async () => {
    const taskDefinition = await aws.register('echo')
    const input = {
      cluster: CLUSTER,
      serviceName: 'once',
      taskDefinition,
      clientToken: 'token',
      networkConfiguration: { awsvpcConfiguration: { subnets: aws.subnets } },
    }
    const first = await aws.ecs.createService(input)
    const second = await aws.ecs.createService(input)
    expect(second.service?.serviceArn).to.equal(first.service?.serviceArn)
    expect(second.service?.deployments).to.have.length(1)
  })

  it('need a cluster, a task definition, subnets, groups and a task role that are there', async () => {
    const taskDefinition = await aws.register('echo')
    const { taskRoleArn, ...noRole } = definition('no-role')
    await aws.ecs.registerTaskDefinition(noRole)
    const network = (subnets: string[], securityGroups: string[] = []) => ({
      networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups } },
    })
    const cases: [object, string, RegExp][] = [
      [{ cluster: 'none' }, 'ClusterNotFoundException', /Cluster not found/],
      [{ taskDefinition: 'none' }, 'ClientException', /TaskDefinition not found/],
      [network(['subnet-1']), 'InvalidParameterException', /InvalidSubnetID.NotFound/],
      [network(aws.subnets, ['sg-1']), 'InvalidParameterException', /InvalidGroup.NotFound/],
      [network([]), 'InvalidParameterException', /Network Configuration must be provided/],
      [{ taskDefinition: 'no-role', enableExecuteCommand: true }, 'InvalidParameterException', /valid taskRoleArn/],
    ]
    for (const [more, name, message] of cases) {
      const input = { cluster: CLUSTER, serviceName: 's', taskDefinition, ...network(aws.subnets), ...more }
      const error = await refusal(aws.ecs.createService(input))
      expect(error.name).to.equal(name)
      expect(error.message).to.match(message)
    }
  })

  it('are listed by page, ten at a time unless told', async () => {
    const taskDefinition = await aws.register('echo')
    for (let count = 0; count < 12; count += 1) await aws.createService(`s${count}`, taskDefinition, 0)
    const first = await aws.ecs.listServices({ cluster: CLUSTER })
    expect(first.serviceArns).to.have.length(10)
    const second = await aws.ecs.listServices({ cluster: CLUSTER, nextToken: first.nextToken })
    expect(second.serviceArns).to.have.length(2)
    expect(second.nextToken).to.equal(undefined)
  })
})
