import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { expect } from 'chai'
import { refusal, startAws, type TestAws } from '../../support/aws.ts'

const GROUP = '/ecs/demo'

describe('CloudWatch Logs in the sandbox', () => {
  let aws: TestAws
  let logs: CloudWatchLogs

  beforeEach(async () => {
    aws = await startAws()
    logs = new CloudWatchLogs(aws.client)
    await logs.createLogGroup({ logGroupName: GROUP })
  })

  afterEach(() => aws.close())

  async function write(logStreamName: string, ...messages: string[]): Promise<void> {
    const { streams } = aws.cloud.region().logs.groups.get(GROUP) ?? { streams: new Map() }
    if (!streams.has(logStreamName)) await logs.createLogStream({ logGroupName: GROUP, logStreamName })
    const logEvents = []
    for (const message of messages) {
      logEvents.push({ message, timestamp: Math.floor(aws.clock.now()) })
      await aws.clock.advance(10)
    }
    await logs.putLogEvents({ logGroupName: GROUP, logStreamName, logEvents })
  }
  const texts = (events: { message?: string | undefined }[] = []) => events.map(({ message }) => message)

  it('keeps groups by name, with tags and retention', async () => {
    expect(await refusal(logs.createLogGroup({ logGroupName: GROUP }))).to.include({
      name: 'ResourceAlreadyExistsException',
    })
    await logs.putRetentionPolicy({ logGroupName: GROUP, retentionInDays: 7 })
    expect(await refusal(logs.putRetentionPolicy({ logGroupName: GROUP, retentionInDays: 8 }))).to.include({
      name: 'InvalidParameterException',
    })
    await logs.createLogGroup({ logGroupName: '/other' })
    const { logGroups } = await logs.describeLogGroups({ logGroupNamePrefix: '/ecs' })
    expect(logGroups?.map(({ logGroupName, retentionInDays }) => [logGroupName, retentionInDays])).to.deep.equal([
      [GROUP, 7],
    ])
    const resourceArn = logGroups?.[0]?.logGroupArn
    await logs.tagResource({ resourceArn, tags: { a: 'b', c: 'd' } })
    await logs.untagResource({ resourceArn, tagKeys: ['c'] })
    expect((await logs.listTagsForResource({ resourceArn })).tags).to.deep.equal({ a: 'b' })
    await logs.deleteLogGroup({ logGroupName: GROUP })
    expect(await refusal(logs.deleteLogGroup({ logGroupName: GROUP }))).to.include({
      name: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
    })
  })

  it('lists groups and streams by page', async () => {
    for (const name of ['/ecs/a', '/ecs/b']) await logs.createLogGroup({ logGroupName: name })
    const first = await logs.describeLogGroups({ limit: 2 })
    const second = await logs.describeLogGroups({ limit: 2, nextToken: first.nextToken })
    expect(
      [...(first.logGroups ?? []), ...(second.logGroups ?? [])].map(({ logGroupName }) => logGroupName),
    ).to.deep.equal(['/ecs/a', '/ecs/b', GROUP])
    expect(second.nextToken).to.equal(undefined)
  })

  it('lists streams by name or by their last event', async () => {
    await write('a', '1')
    await write('b', '2')
    await write('a', '3')
    const list = async (more: object) =>
      (await logs.describeLogStreams({ logGroupName: GROUP, ...more })).logStreams?.map(
        ({ logStreamName }) => logStreamName,
      )
    expect(await list({})).to.deep.equal(['a', 'b'])
    expect(await list({ orderBy: 'LastEventTime', descending: true })).to.deep.equal(['a', 'b'])
    expect(await list({ orderBy: 'LastEventTime' })).to.deep.equal(['b', 'a'])
    expect(await list({ logStreamNamePrefix: 'b' })).to.deep.equal(['b'])
  })

  it('reads a stream from its end, from its head, and on from a token until nothing is new', async () => {
    await write('s', '1', '2', '3', '4', '5')
    const get = (more: object) => logs.getLogEvents({ logGroupName: GROUP, logStreamName: 's', limit: 2, ...more })
    const end = await get({})
    expect(texts(end.events)).to.deep.equal(['4', '5'])
    expect(texts((await get({ nextToken: end.nextBackwardToken })).events)).to.deep.equal(['2', '3'])
    const head = await get({ startFromHead: true })
    expect(texts(head.events)).to.deep.equal(['1', '2'])
    const on = await get({ nextToken: head.nextForwardToken })
    expect(texts(on.events)).to.deep.equal(['3', '4'])
    const last = await get({ nextToken: on.nextForwardToken })
    const none = await get({ nextToken: last.nextForwardToken })
    expect([texts(last.events), texts(none.events)]).to.deep.equal([['5'], []])
    expect(none.nextForwardToken).to.equal(last.nextForwardToken)
    expect(await refusal(get({ nextToken: 'made up' }))).to.include({ name: 'InvalidParameterException' })
  })

  it('filters the events of all streams by their text, in the order of time', async () => {
    await write('a', 'access connection complete error', 'info')
    await write('b', 'error: policy rejection')
    await write('a', 'error again')
    const filter = async (filterPattern: string, more: object = {}) =>
      texts((await logs.filterLogEvents({ logGroupName: GROUP, filterPattern, ...more })).events)
    expect(await filter('error')).to.deep.equal([
      'access connection complete error',
      'error: policy rejection',
      'error again',
    ])
    expect(await filter('"policy rejection"')).to.deep.equal(['error: policy rejection'])
    expect(await filter('error -again')).to.have.length(2)
    expect(await filter('?info ?again')).to.deep.equal(['info', 'error again'])
    expect(await filter('error', { logStreamNames: ['a'] })).to.have.length(2)
    expect(await filter('', { startTime: Math.floor(aws.clock.now()) })).to.deep.equal([])
    const first = await logs.filterLogEvents({ logGroupName: GROUP, limit: 3 })
    const second = await logs.filterLogEvents({ logGroupName: GROUP, limit: 3, nextToken: first.nextToken })
    expect(texts(second.events)).to.deep.equal(['error again'])
  })
})
