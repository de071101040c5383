import { CloudFormation } from '@aws-sdk/client-cloudformation'
import { expect } from 'chai'
import { createStack } from '../../../src/sandbox/aws/services/cloudformation/lifecycle.ts'
import type { ResourcePlan } from '../../../src/sandbox/aws/services/cloudformation/state.ts'
import { AwsError } from '../../../src/sandbox/aws/wire/error.ts'
import { refusal, startAws, type TestAws } from '../../support/aws.ts'

const MINUTE = 60_000

describe('CloudFormation in the sandbox', () => {
  let aws: TestAws
  let cloudformation: CloudFormation
  const done: string[] = []

  beforeEach(async () => {
    aws = await startAws()
    cloudformation = new CloudFormation(aws.client)
    done.length = 0
  })

  afterEach(() => aws.close())

  const resource = (logicalId: string, more: Partial<ResourcePlan> = {}): ResourcePlan => ({
    logicalId,
    type: 'AWS::Test::Thing',
    create: () => {
      done.push(`+${logicalId}`)
      return `id-${logicalId}`
    },
    remove: id => void done.push(`-${id}`),
    ...more,
  })
  const create = (...resources: ResourcePlan[]) =>
    createStack(aws.cloud.region(), { name: 's', tags: new Map([['a', 'b']]), resources })
  const failing = (): never => {
    throw new AwsError('DependencyViolation', 'it has dependencies')
  }

  it('makes resources in their order and takes them away in reverse', async () => {
    create(resource('A'), resource('B'))
    await aws.clock.advance(MINUTE)
    const { Stacks } = await cloudformation.describeStacks({ StackName: 's' })
    expect(Stacks?.[0]).to.deep.include({ StackStatus: 'CREATE_COMPLETE', Tags: [{ Key: 'a', Value: 'b' }] })
    const { StackResources } = await cloudformation.describeStackResources({ StackName: 's' })
    expect(
      StackResources?.map(({ LogicalResourceId, PhysicalResourceId }) => [LogicalResourceId, PhysicalResourceId]),
    ).to.deep.equal([
      ['A', 'id-A'],
      ['B', 'id-B'],
    ])
    await cloudformation.deleteStack({ StackName: 's' })
    await aws.clock.advance(MINUTE)
    expect(done).to.deep.equal(['+A', '+B', '-id-B', '-id-A'])
  })

  it('forgets the name of a deleted stack but not its id', async () => {
    const { id } = create(resource('A'))
    await aws.clock.advance(MINUTE)
    await cloudformation.deleteStack({ StackName: 's' })
    await aws.clock.advance(MINUTE)
    expect(await refusal(cloudformation.describeStacks({ StackName: 's' }))).to.include({
      name: 'ValidationError',
      message: 'Stack with id s does not exist',
    })
    expect((await cloudformation.describeStacks({ StackName: id })).Stacks?.[0]?.StackStatus).to.equal(
      'DELETE_COMPLETE',
    )
    const list = async (status: 'DELETE_COMPLETE' | 'CREATE_COMPLETE') =>
      (await cloudformation.listStacks({ StackStatusFilter: [status] })).StackSummaries?.length
    expect([await list('DELETE_COMPLETE'), await list('CREATE_COMPLETE')]).to.deep.equal([1, 0])
    await cloudformation.deleteStack({ StackName: 's' })
  })

  it('stops at a resource that cannot be made, with its reason', async () => {
    create(resource('A'), resource('B', { create: failing }), resource('C'))
    await aws.clock.advance(MINUTE)
    const { Stacks } = await cloudformation.describeStacks({ StackName: 's' })
    expect(Stacks?.[0]).to.include({
      StackStatus: 'CREATE_FAILED',
      StackStatusReason: 'The following resource(s) failed to create: [B].',
    })
    const { StackEvents = [] } = await cloudformation.describeStackEvents({ StackName: 's' })
    expect(
      StackEvents.map(({ LogicalResourceId, ResourceStatus }) => `${LogicalResourceId} ${ResourceStatus}`),
    ).to.deep.equal([
      's CREATE_FAILED',
      'B CREATE_FAILED',
      'B CREATE_IN_PROGRESS',
      'A CREATE_COMPLETE',
      'A CREATE_IN_PROGRESS',
      's CREATE_IN_PROGRESS',
    ])
    expect(StackEvents[1]?.ResourceStatusReason).to.include('it has dependencies')
    expect(() => create(resource('A'))).to.throw('Stack [s] already exists')
  })

  it('tries for a while to take away what something depends on, then fails and can go on later', async () => {
    let busy = true
    const remove = (id: string) => (busy ? failing() : void done.push(`-${id}`))
    create(resource('A', { remove }), resource('B'))
    await aws.clock.advance(MINUTE)
    await cloudformation.deleteStack({ StackName: 's' })
    await aws.clock.advance(2 * MINUTE)
    const status = async () => (await cloudformation.describeStacks({})).Stacks?.map(({ StackStatus }) => StackStatus)
    expect(await status()).to.deep.equal(['DELETE_IN_PROGRESS'])
    await aws.clock.advance(5 * MINUTE)
    expect(await status()).to.deep.equal(['DELETE_FAILED'])
    busy = false
    await cloudformation.deleteStack({ StackName: 's' })
    await aws.clock.advance(MINUTE)
    expect(await status()).to.deep.equal([])
    expect(done).to.deep.equal(['+A', '+B', '-id-B', '-id-A'])
  })
})
