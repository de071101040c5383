import type { AccessLogEntry, Peer } from './access-log.ts'
import type { Setting } from './exchange.ts'
import type { HttpRequest, HttpResponse } from './http.ts'
import type { MeshService, Workload } from './workload.ts'

/** What a ztunnel has to say of a connection, at whose door it stands. */
export interface Witness {
  readonly workload: Workload
  readonly entry: AccessLogEntry
}

/** Where a connection goes, as far as the ztunnel knows it. */
type Door = AccessLogEntry['destination']

interface Measured {
  readonly bytesSent?: number
  readonly bytesReceived?: number
  readonly duration?: number
  readonly error?: string
}

type Size = Required<Pick<Measured, 'bytesSent' | 'bytesReceived'>>

/** Of an exchange, as the end that answers counts it. */
export const sizeOf = (request: HttpRequest, response: HttpResponse): Size => ({
  bytesSent: lengthOf(response.headers) + Buffer.byteLength(response.body),
  bytesReceived: lengthOf(request.headers) + Buffer.byteLength(request.body ?? ''),
})

/** The same as the end that asks counts it. */
export const opposite = ({ bytesSent, bytesReceived }: Size): Size => ({
  bytesSent: bytesReceived,
  bytesReceived: bytesSent,
})

const lengthOf = (headers: HttpRequest['headers']): number =>
  headers.reduce((total, [name, value]) => total + name.length + value.length + 4, 17)

export function doorOf({ name, identity, address }: Workload, port: number): Peer {
  return { address: `${address}:${port}`, workload: name, namespace: identity.namespace, identity }
}

/** What the ztunnel of the end that asks writes. */
export function outbound(
  { from, sourcePort }: Pick<Setting, 'from' | 'sourcePort'>,
  door: Door,
  service: MeshService | undefined,
  measured: Measured,
  client = from,
): Witness {
  return { workload: client, entry: entryOf('outbound', doorOf(client, sourcePort), door, service, measured) }
}

/** What the ztunnel of the end that answers writes; `anonymous` where plain text came, without a certificate. */
export function inbound(
  { sourcePort }: Pick<Setting, 'sourcePort'>,
  from: Workload,
  to: Workload,
  door: Door,
  service: MeshService | undefined,
  measured: Measured,
  anonymous = false,
): Witness {
  const source = anonymous ? { address: `${from.address}:${sourcePort}` } : doorOf(from, sourcePort)
  return { workload: to, entry: entryOf('inbound', source, door, service, measured) }
}

const entryOf = (
  direction: AccessLogEntry['direction'],
  source: Peer,
  door: Door,
  service: MeshService | undefined,
  measured: Measured,
): AccessLogEntry => ({
  direction,
  source,
  destination: { ...door, ...(service && { service: service.hosts[0] ?? service.name }) },
  bytesSent: 0,
  bytesReceived: 0,
  duration: 1,
  ...measured,
})
