import type * as sdk from '@aws-sdk/client-cloudwatch-logs'
import { page } from '../../paging.ts'
import type { Region } from '../../region.ts'
import { addTags, recordTags, type Tags, tagFault } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import { addLogGroup, type LogGroup, type LogStream } from './state.ts'

const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]

export const invalid = (message: string): AwsError => new AwsError('InvalidParameterException', message)
const notFound = (what: string): AwsError =>
  new AwsError('ResourceNotFoundException', `The specified log ${what} does not exist.`)

const invalidToken = (): AwsError => invalid('The specified nextToken is invalid.')

const arnOf = ({ partition, name, account }: Region, group: string): string =>
  `arn:${partition}:logs:${name}:${account}:log-group:${group}`

/** @param identifier the group's name or its ARN @throws AwsError `ResourceNotFoundException` */
export function groupOf({ logs }: Region, identifier: string | undefined): LogGroup {
  const name = (identifier ?? '').replace(/^arn:[^:]+:logs:[^:]*:\d*:log-group:/, '').replace(/:\*$/, '')
  const group = logs.groups.get(name)
  if (group === undefined) throw notFound('group')
  return group
}

/** @throws AwsError `ResourceNotFoundException` */
export function streamOf(group: LogGroup, name: string | undefined): LogStream {
  const stream = group.streams.get(name ?? '')
  if (stream === undefined) throw notFound('stream')
  return stream
}

const shownGroup = (region: Region, group: LogGroup): sdk.LogGroup => ({
  logGroupName: group.name,
  arn: `${arnOf(region, group.name)}:*`,
  logGroupArn: arnOf(region, group.name),
  creationTime: Math.floor(group.created),
  metricFilterCount: 0,
  storedBytes: 0,
  logGroupClass: 'STANDARD',
  ...(group.retentionDays === undefined ? {} : { retentionInDays: group.retentionDays }),
})

const shownStream = (region: Region, group: LogGroup, stream: LogStream): sdk.LogStream => {
  const [first, last] = [stream.events[0], stream.events.at(-1)]
  return {
    logStreamName: stream.name,
    arn: `${arnOf(region, group.name)}:log-stream:${stream.name}`,
    creationTime: Math.floor(stream.created),
    storedBytes: 0,
    uploadSequenceToken: '1',
    ...(first && last
      ? {
          firstEventTimestamp: first.timestamp,
          lastEventTimestamp: last.timestamp,
          lastIngestionTime: last.ingested,
        }
      : {}),
  }
}

function setTags(tags: Tags, more: Tags): void {
  const fault = tagFault(more)
  if (fault !== undefined) throw invalid(fault)
  addTags(tags, more)
}

export const groupOperations = {
  CreateLogGroup({ logGroupName: name = '', tags }, { region }) {
    if (!GROUP_NAME.test(name))
      throw invalid(
        `1 validation error detected: Value '${name}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`,
      )
    if (region.logs.groups.has(name))
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists')
    const checked: Tags = new Map()
    setTags(checked, recordTags.read(tags))
    addLogGroup(region.logs, name, region.clock.now(), checked)
    return {}
  },

  DeleteLogGroup({ logGroupName }, { region }) {
    region.logs.groups.delete(groupOf(region, logGroupName).name)
    return {}
  },

  DescribeLogGroups({ logGroupNamePrefix = '', logGroupNamePattern = '', limit = 50, nextToken }, { region }) {
    const found = [...region.logs.groups.values()].filter(
      ({ name }) => name.startsWith(logGroupNamePrefix) && name.includes(logGroupNamePattern),
    )
    const { items, next } = page(found, { key: ({ name }) => name, token: nextToken, size: limit, invalidToken })
    return {
      logGroups: items.map(group => shownGroup(region, group)),
      ...(next === undefined ? {} : { nextToken: next }),
    }
  },

  PutRetentionPolicy({ logGroupName, retentionInDays = 0 }, { region }) {
    if (!RETENTIONS.includes(retentionInDays)) throw invalid(`Invalid retention value: ${retentionInDays}`)
    groupOf(region, logGroupName).retentionDays = retentionInDays
    return {}
  },

  DeleteRetentionPolicy({ logGroupName }, { region }) {
    groupOf(region, logGroupName).retentionDays = undefined
    return {}
  },

  CreateLogStream({ logGroupName, logStreamName: name = '' }, { region }) {
    const group = groupOf(region, logGroupName)
    if (group.streams.has(name))
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists')
    group.streams.set(name, { name, created: region.clock.now(), events: [] })
    return {}
  },

  DeleteLogStream({ logGroupName, logStreamName }, { region }) {
    const group = groupOf(region, logGroupName)
    group.streams.delete(streamOf(group, logStreamName).name)
    return {}
  },

  DescribeLogStreams(input, { region }) {
    const { logStreamNamePrefix = '', orderBy = 'LogStreamName', descending = false, limit = 50, nextToken } = input
    const group = groupOf(region, input.logGroupName ?? input.logGroupIdentifier)
    const found = [...group.streams.values()].filter(({ name }) => name.startsWith(logStreamNamePrefix))
    const rank = (stream: LogStream): string =>
      orderBy === 'LogStreamName' ? stream.name : String(stream.events.at(-1)?.timestamp ?? 0).padStart(15, '0')
    const ordered = found.sort((a, b) => (rank(a) < rank(b) === descending ? 1 : -1))
    const { items, next } = page(ordered, { token: nextToken, size: limit, invalidToken })
    return {
      logStreams: items.map(stream => shownStream(region, group, stream)),
      ...(next === undefined ? {} : { nextToken: next }),
    }
  },

  TagResource({ resourceArn, tags }, { region }) {
    setTags(groupOf(region, resourceArn).tags, recordTags.read(tags))
    return {}
  },

  UntagResource({ resourceArn, tagKeys }, { region }) {
    const { tags } = groupOf(region, resourceArn)
    for (const key of tagKeys ?? []) tags.delete(key)
    return {}
  },

  ListTagsForResource: ({ resourceArn }, { region }) => ({ tags: recordTags.write(groupOf(region, resourceArn).tags) }),

  ListTagsLogGroup: ({ logGroupName }, { region }) => ({ tags: recordTags.write(groupOf(region, logGroupName).tags) }),
} satisfies Handlers<typeof sdk>
