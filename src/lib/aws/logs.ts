import type { CloudWatchLogs, LogGroup, LogStream } from '@aws-sdk/client-cloudwatch-logs'
import { AwsService, allPages, ifFound } from './service.ts'
import type { Tags } from './tags.ts'

export interface LogLine {
  readonly stream: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly message: string
}

const paged = (token: string | undefined) => (token ? { nextToken: token } : {})

export class LogsReader extends AwsService<CloudWatchLogs> {
  /** The groups whose names begin with `prefix`. */
  async groups(prefix: string): Promise<readonly LogGroup[]> {
    const logs = await this.sdk()
    return allPages(
      token => logs.describeLogGroups({ logGroupNamePrefix: prefix, ...paged(token) }),
      page => page.logGroups,
      page => page.nextToken,
    )
  }

  async group(name: string): Promise<LogGroup | undefined> {
    return (await this.groups(name)).find(group => group.logGroupName === name)
  }

  /** The tags of a group, by its ARN (`logGroupArn`, without `:*`); undefined where there is none. */
  async groupTags(arn: string): Promise<Tags | undefined> {
    const answer = await ifFound(
      (await this.sdk()).listTagsForResource({ resourceArn: arn }),
      'ResourceNotFoundException',
    )
    return answer && (answer.tags ?? {})
  }

  async streams(group: string, prefix: string): Promise<readonly LogStream[]> {
    const logs = await this.sdk()
    const streams = await ifFound(
      allPages(
        token => logs.describeLogStreams({ logGroupName: group, logStreamNamePrefix: prefix, ...paged(token) }),
        page => page.logStreams,
        page => page.nextToken,
      ),
      'ResourceNotFoundException',
    )
    return streams ?? []
  }

  /** The newest lines of one stream, oldest first; none where there is no such group or stream. */
  async lastLines(group: string, stream: string, limit: number): Promise<readonly LogLine[]> {
    const logs = await this.sdk()
    const answer = await ifFound(
      logs.getLogEvents({ logGroupName: group, logStreamName: stream, limit, startFromHead: false }),
      'ResourceNotFoundException',
    )
    return (answer?.events ?? []).map(event => ({ stream, at: event.timestamp ?? 0, message: event.message ?? '' }))
  }

  /** All lines since a time (milliseconds), of the streams with a prefix where one is given, that match a filter pattern. */
  async filter(
    group: string,
    {
      since,
      streamPrefix,
      pattern,
    }: { readonly since: number; readonly streamPrefix?: string; readonly pattern?: string },
  ): Promise<readonly LogLine[]> {
    const logs = await this.sdk()
    const events = await ifFound(
      allPages(
        token =>
          logs.filterLogEvents({
            logGroupName: group,
            startTime: since,
            ...(streamPrefix === undefined ? {} : { logStreamNamePrefix: streamPrefix }),
            ...(pattern === undefined ? {} : { filterPattern: pattern }),
            ...paged(token),
          }),
        page => page.events,
        page => page.nextToken,
      ),
      'ResourceNotFoundException',
    )
    return (events ?? []).map(event => ({
      stream: event.logStreamName ?? '',
      at: event.timestamp ?? 0,
      message: event.message ?? '',
    }))
  }
}

export class LogsWriter extends LogsReader {
  async createGroup(name: string, tags: Tags): Promise<void> {
    await (await this.sdk()).createLogGroup({ logGroupName: name, tags: { ...tags } })
  }

  async tagGroup(arn: string, tags: Tags): Promise<void> {
    await (await this.sdk()).tagResource({ resourceArn: arn, tags: { ...tags } })
  }

  async deleteGroup(name: string): Promise<void> {
    await (await this.sdk()).deleteLogGroup({ logGroupName: name })
  }
}
