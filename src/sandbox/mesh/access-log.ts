import { type Identity, spiffeId } from './policy.ts'

/** One connection as a ztunnel saw it, from one of its two ends. */
export interface AccessLogEntry {
  readonly direction: 'inbound' | 'outbound'
  readonly source: Peer
  readonly destination: Peer & {
    /** Where inside the tunnel it goes; undefined for plain text. */
    readonly hbone?: string
    readonly service?: string
  }
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Milliseconds. */
  readonly duration: number
  readonly error?: string
}

export interface Peer {
  /** `address:port`. */
  readonly address: string
  readonly workload?: string
  readonly namespace?: string
  readonly identity?: Identity
}

/** The line that ztunnel writes of it, without an end of line. */
export function accessLogLine(entry: AccessLogEntry, now: number): string {
  const { source, destination } = entry
  const fields: readonly (readonly [key: string, value: string | number | undefined, quoted?: boolean])[] = [
    ['src.addr', source.address],
    ['src.workload', source.workload, true],
    ['src.namespace', source.namespace, true],
    ['src.identity', source.identity && spiffeId(source.identity), true],
    ['dst.addr', destination.address],
    ['dst.hbone_addr', destination.hbone],
    ['dst.service', destination.service, true],
    ['dst.workload', destination.workload, true],
    ['dst.namespace', destination.namespace, true],
    ['dst.identity', destination.identity && spiffeId(destination.identity), true],
    ['direction', entry.direction, true],
    ['bytes_sent', entry.bytesSent],
    ['bytes_recv', entry.bytesReceived],
    ['duration', `${entry.duration}ms`, true],
    ['error', entry.error, true],
  ]
  const text = fields.flatMap(([key, value, quoted]) =>
    value === undefined ? [] : [`${key}=${quoted ? JSON.stringify(value) : value}`],
  )
  const time = new Date(now).toISOString().replace('Z', '000Z')
  return `${time}\t${entry.error === undefined ? 'info' : 'error'}\taccess\tconnection complete\t${text.join(' ')}`
}
