import type { Layer } from './check.ts'
import type { DenialProof } from './proof.ts'
import { type Connection, ipOf, type Peer, portOf, refusalOf } from './ztunnel-log.ts'

/** A way through the mesh, in the words of ztunnel's log. */
export interface Route {
  /** SPIFFE ids. */
  readonly source: string
  readonly target: string
  /** The waypoint's, where calls to the target go through one. */
  readonly via?: string
  /** IP addresses of the pods or tasks that call. */
  readonly sourceAddresses: readonly string[]
  readonly targetAddresses: readonly string[]
  /** Names under which the target is called, Kubernetes' long one included. */
  readonly hosts: readonly string[]
  readonly port: number
}

/** What the second witness, ztunnel's access log, says of a call. */
export type Witness =
  | { readonly kind: 'hbone'; readonly source: string; readonly destination: string; readonly line: string }
  /** It went through, but not inside the mesh. */
  | { readonly kind: 'plain-text'; readonly line: string }
  /** HBONE, but between others than the two that were meant. */
  | { readonly kind: 'other-identity'; readonly why: string; readonly line: string }
  /** The logs were read and hold no line of this call. */
  | { readonly kind: 'unseen' }
  | { readonly kind: 'unread'; readonly why: string }

/** Pure: the witness to a call that was answered. Plain text seen at either end outweighs any other line. */
export function witnessOf(route: Route, connections: readonly Connection[]): Witness {
  const calls = connections.filter(connection => connection.error === undefined && isOf(route, connection))
  const plain = calls.find(({ destination }) => destination.hboneAddress === undefined)
  if (plain) return { kind: 'plain-text', line: plain.line }
  const expected = calls.find(call => wrongIdentity(route, call) === undefined)
  if (expected) {
    const { source, destination, line } = expected
    return { kind: 'hbone', source: source.identity ?? '', destination: destination.identity ?? '', line }
  }
  const [other] = calls
  if (!other) return { kind: 'unseen' }
  return { kind: 'other-identity', why: wrongIdentity(route, other) ?? '', line: other.line }
}

/** With a waypoint there are two legs: source to waypoint, and waypoint to target. */
function wrongIdentity({ source, target, via }: Route, call: Connection): string | undefined {
  const legs =
    via === undefined
      ? [[source, target]]
      : [
          [source, via],
          [via, target],
        ]
  const [from, to] = [call.source.identity, call.destination.identity]
  if (legs.some(([a, b]) => from === a && to === b)) return undefined
  return `from ${from ?? 'nobody'} to ${to ?? 'nobody'}, expected ${legs.map(leg => leg.join(' to ')).join(' or ')}`
}

/**
 * Pure: the refusals of this call in the log of the destination's ztunnel, if there are `atLeast` so many. One for each
 * try: a target that is refused once and then dies is reset ever after, but logs no more.
 */
export function denialOf(route: Route, connections: readonly Connection[], atLeast = 1): DenialProof | undefined {
  const refused = connections.flatMap(connection => {
    const refusal = connection.direction === 'inbound' ? refusalOf(connection) : undefined
    return refusal && isOf(route, connection) ? [{ ...refusal, line: connection.line }] : []
  })
  const last = refused.at(-1)
  return last && refused.length >= atLeast ? { kind: 'log', ...last } : undefined
}

/** What ztunnel's own words for a failed connection mean. */
const CAUSES: readonly { readonly pattern: RegExp; readonly layer: Layer; readonly why: string }[] = [
  { pattern: /timed out|deadline has elapsed/i, layer: 'security-group', why: 'ztunnel could not reach port 15008' },
  {
    pattern: /no healthy|no valid|unknown (destination|waypoint)|no service endpoints/i,
    layer: 'endpoint',
    why: 'the mesh knows no healthy target',
  },
  { pattern: /refused/i, layer: 'endpoint', why: 'the target refused the connection' },
  { pattern: /dns|resol/i, layer: 'dns', why: 'ztunnel could not resolve the name' },
  { pattern: /tls|certificate|handshake/i, layer: 'not-enrolled', why: 'the two ztunnels do not trust each other' },
]

/** Pure: why this call failed, in ztunnel's words, if its log says so. */
export function causeOf(
  route: Route,
  connections: readonly Connection[],
): { readonly layer: Layer; readonly why: string } | undefined {
  const failed = connections.findLast(
    connection => connection.error !== undefined && !refusalOf(connection) && isOf(route, connection),
  )
  const cause = CAUSES.find(({ pattern }) => pattern.test(failed?.error ?? ''))
  return cause && { layer: cause.layer, why: `${cause.why}: ${failed?.error}` }
}

/** Whether a connection is one of this route's, on either leg. */
function isOf(route: Route, { source, destination }: Connection): boolean {
  const toTarget =
    route.hosts.includes(destination.service ?? '') ||
    destination.identity === route.target ||
    route.targetAddresses.includes(ipOf(destination.hboneAddress ?? destination.address) ?? '')
  const port = portOf(destination.hboneAddress ?? destination.address)
  return toTarget && isFrom(route, source) && port === route.port
}

/** Plain text carries no identity: then only the address tells, which is loopback for who calls through SOCKS. */
function isFrom({ source, via, sourceAddresses }: Route, caller: Peer): boolean {
  if (caller.identity !== undefined) return caller.identity === source || caller.identity === via
  return ['127.0.0.1', ...sourceAddresses].includes(ipOf(caller.address) ?? '')
}
