import type { Tags } from '../../tags.ts'

export interface LogEvent {
  /** Milliseconds. */
  readonly timestamp: number
  readonly ingested: number
  readonly message: string
  /** Orders all events of a group. */
  readonly id: string
}

export interface LogStream {
  readonly name: string
  readonly created: number
  readonly events: LogEvent[]
}

export interface LogGroup {
  readonly name: string
  readonly created: number
  retentionDays: number | undefined
  readonly tags: Tags
  readonly streams: Map<string, LogStream>
  eventCount: number
}

/** CloudWatch Logs of one region. */
export interface LogsState {
  readonly groups: Map<string, LogGroup>
}

export const createLogsState = (): LogsState => ({ groups: new Map() })

export function addLogGroup(logs: LogsState, name: string, now: number, tags: Tags = new Map()): LogGroup {
  const group = { name, created: now, retentionDays: undefined, tags, streams: new Map(), eventCount: 0 }
  logs.groups.set(name, group)
  return group
}

/** Opens a stream, and its group where that doesn't exist; what exists stays. */
export function openStream(logs: LogsState, groupName: string, name: string, now: number): LogStream {
  const group = logs.groups.get(groupName) ?? addLogGroup(logs, groupName, now)
  const known = group.streams.get(name)
  if (known !== undefined) return known
  const stream: LogStream = { name, created: now, events: [] }
  group.streams.set(name, stream)
  return stream
}

/** Appends lines to a stream; a stream or group that isn't there any more swallows them. */
export function appendEvents(logs: LogsState, groupName: string, name: string, lines: string[], now: number): void {
  const group = logs.groups.get(groupName)
  const stream = group?.streams.get(name)
  if (group === undefined || stream === undefined) return
  for (const message of lines) addEvent(group, stream, message, now, now)
}

export function addEvent(group: LogGroup, stream: LogStream, message: string, timestamp: number, now: number): void {
  const id = `${String(Math.floor(timestamp)).padStart(15, '0')}${String(group.eventCount++).padStart(12, '0')}`
  stream.events.push({ id, message, timestamp: Math.floor(timestamp), ingested: Math.floor(now) })
}
