import type * as sdk from '@aws-sdk/client-cloudwatch-logs'
import { page } from '../../paging.ts'
import type { Handlers } from '../../wire/service.ts'
import { groupOf, invalid, streamOf } from './groups.ts'
import { addEvent, type LogEvent } from './state.ts'

const MAX_EVENTS = 10_000

interface Window {
  readonly startTime?: number | undefined
  readonly endTime?: number | undefined
}

const isIn = ({ startTime = 0, endTime = Number.POSITIVE_INFINITY }: Window, { timestamp }: LogEvent): boolean =>
  timestamp >= startTime && timestamp < endTime

const byId = (a: LogEvent, b: LogEvent): number => (a.id < b.id ? -1 : 1)

/** Terms that must all occur; in quotes they may hold spaces, with `-` in front they must not occur, with `?` one of them must. */
function matcher(pattern = ''): (message: string) => boolean {
  const terms = (pattern.match(/[-?]?"[^"]*"|\S+/g) ?? []).map(term => ({
    sign: /^[-?]/.exec(term)?.[0] ?? '',
    text: term.replace(/^[-?]/, '').replace(/^"|"$/g, ''),
  }))
  const any = terms.filter(({ sign }) => sign === '?')
  return message =>
    terms.every(({ sign, text }) => sign === '?' || (sign === '-') !== message.includes(text)) &&
    (any.length === 0 || any.some(({ text }) => message.includes(text)))
}

/** A position between events: `f/` before or `b/` after the event with this id. */
const token = (side: 'f' | 'b', id: string): string => `${side}/${id}`

function readToken(text: string | undefined): { side: string; id: string } | undefined {
  if (text === undefined) return undefined
  const [, side, id] = /^([fb])\/(\d*)$/.exec(text) ?? []
  if (side === undefined || id === undefined) throw invalid('The specified nextToken is invalid.')
  return { side, id }
}

/** The part of a stream that a request asks for: forwards after a token, backwards before one, or one of its ends. */
function slice(events: LogEvent[], from: string | undefined, limit: number, fromHead: boolean): LogEvent[] {
  const position = readToken(from)
  if (position === undefined) return fromHead ? events.slice(0, limit) : events.slice(-limit)
  if (position.side === 'f') return events.filter(({ id }) => id > position.id).slice(0, limit)
  return events.filter(({ id }) => id < position.id).slice(-limit)
}

export const eventOperations = {
  PutLogEvents({ logGroupName, logStreamName, logEvents = [] }, { region }) {
    const group = groupOf(region, logGroupName)
    const stream = streamOf(group, logStreamName)
    for (const { message = '', timestamp = 0 } of logEvents)
      addEvent(group, stream, message, timestamp, region.clock.now())
    stream.events.sort(byId)
    return { nextSequenceToken: '1' }
  },

  GetLogEvents({ limit = MAX_EVENTS, startFromHead = false, nextToken, ...input }, { region }) {
    const group = groupOf(region, input.logGroupName ?? input.logGroupIdentifier)
    const all = streamOf(group, input.logStreamName).events.filter(event => isIn(input, event))
    const events = slice(all, nextToken, limit, startFromHead)
    const given = readToken(nextToken)
    const [first, last] = [events[0]?.id ?? given?.id ?? '', events.at(-1)?.id ?? given?.id ?? '']
    return {
      events: events.map(({ timestamp, message, ingested }) => ({ timestamp, message, ingestionTime: ingested })),
      nextForwardToken: token('f', last),
      nextBackwardToken: token('b', first),
    }
  },

  FilterLogEvents({ filterPattern, limit = MAX_EVENTS, nextToken, ...input }, { region }) {
    const group = groupOf(region, input.logGroupName ?? input.logGroupIdentifier)
    const { logStreamNames, logStreamNamePrefix = '' } = input
    const streams = logStreamNames
      ? logStreamNames.map(name => streamOf(group, name))
      : [...group.streams.values()].filter(({ name }) => name.startsWith(logStreamNamePrefix))
    const matches = matcher(filterPattern)
    const found = streams.flatMap(stream =>
      stream.events
        .filter(event => isIn(input, event) && matches(event.message))
        .map(event => ({ stream: stream.name, event })),
    )
    const { items, next } = page(found, {
      key: ({ event }) => event.id,
      token: nextToken,
      size: limit,
      invalidToken: () => invalid('The specified nextToken is invalid.'),
    })
    return {
      events: items.map(({ stream, event }) => ({
        logStreamName: stream,
        timestamp: event.timestamp,
        message: event.message,
        ingestionTime: event.ingested,
        eventId: event.id,
      })),
      searchedLogStreams: [],
      ...(next === undefined ? {} : { nextToken: next }),
    }
  },
} satisfies Handlers<typeof sdk>
