import { internet, listenerOf } from './apps.ts'
import type { MeshFaults } from './faults.ts'
import { type HttpRequest, type HttpResponse, headerMap, httpDate } from './http.ts'
import { resolve } from './names.ts'
import { type Attributes, decide, policiesOfWaypoint, policiesOfWorkload } from './policy.ts'
import { mayConnect, mayLeave } from './security-groups.ts'
import { doorOf, inbound, opposite, outbound, sizeOf, type Witness } from './witness.ts'
import type { MeshService, Waypoint, Workload, World } from './workload.ts'

/**
 * What becomes of one HTTP request between two workloads, decided from what stands at this moment. It fails as the real
 * one fails: a captured client's own ztunnel takes its connection before anything upstream is tried, so whatever goes
 * wrong behind it, be it a policy, a shut port or a dead target, looks the same to the client: a reset.
 */
export interface Exchange {
  readonly outcome: Outcome
  /** What the ztunnels on the way have to say of it, each at whose door. */
  readonly log: readonly Witness[]
}

export type Outcome =
  | { readonly kind: 'response'; readonly response: HttpResponse; readonly remote: Remote }
  /** No such name. */
  | { readonly kind: 'unresolved' }
  /** The TCP connection was refused. */
  | { readonly kind: 'refused'; readonly remote: Remote }
  /** Packets vanish: no answer to the connection, ever. */
  | { readonly kind: 'dropped'; readonly remote: Remote }
  /** Connected, then reset, `after` milliseconds of trying upstream. */
  | { readonly kind: 'reset'; readonly after: number; readonly remote: Remote }

export interface Remote {
  readonly address: string
  readonly port: number
}

export const HBONE_PORT = 15008
/** Milliseconds after which a ztunnel gives up connecting. */
const CONNECT_DEADLINE = 10_000

export interface Setting {
  readonly world: World
  readonly faults: MeshFaults
  readonly from: Workload
  readonly request: HttpRequest
  readonly now: number
  /** The client's own port. */
  readonly sourcePort: number
}

export function exchange(setting: Setting): Exchange {
  const { world, faults, from, request } = setting
  const target = faults.unresolvable.has(request.host.toLowerCase()) ? undefined : resolve(world, from, request.host)
  if (!target) return { outcome: { kind: 'unresolved' }, log: [] }
  if (target.kind === 'internet') return toInternet(setting, target.address)
  if (target.kind === 'workload') return toWorkload(setting, target.workload, request.port, undefined)
  return toService(setting, target.service)
}

function toInternet(setting: Setting, address: string): Exchange {
  const { world, from, request, now } = setting
  const remote = { address, port: request.port }
  const door = { address: `${address}:${request.port}` }
  const served = [80, 443].includes(request.port)
  if (!served || !mayLeave(from, address, request.port, world.rulesOf)) {
    return unreached(setting, remote, door, undefined)
  }
  const response = internet({ request, peer: from.address, port: request.port, now })
  const size = opposite(sizeOf(request, response))
  const log = from.captured ? [outbound(setting, door, undefined, size)] : []
  return { outcome: { kind: 'response', response, remote }, log }
}

/** Packets vanish on the way: whoever is captured is connected already, to its own ztunnel, which gives up some time. */
function unreached(
  setting: Setting,
  remote: Remote,
  door: Parameters<typeof outbound>[1],
  service: MeshService | undefined,
): Exchange {
  if (!setting.from.captured) return { outcome: { kind: 'dropped', remote }, log: [] }
  const measured = { error: 'connection timed out: deadline has elapsed', duration: CONNECT_DEADLINE }
  const log = [outbound(setting, door, service, measured)]
  return { outcome: { kind: 'reset', after: CONNECT_DEADLINE, remote }, log }
}

function toService(setting: Setting, service: MeshService): Exchange {
  const { world, from, request } = setting
  const port = service.ports.find(candidate => candidate.port === request.port)
  const endpoint = port && endpointOf(world, service.endpoints)
  if (!endpoint || !port) {
    const remote = { address: request.host, port: request.port }
    if (!from.captured) return { outcome: { kind: 'refused', remote }, log: [] }
    const error = `no healthy upstream: ${request.host}:${request.port}`
    const entry = outbound(setting, { address: `${request.host}:${request.port}` }, service, { error })
    return { outcome: { kind: 'reset', after: 0, remote }, log: [entry] }
  }
  if (from.captured && service.waypoint)
    return throughWaypoint(setting, service, service.waypoint, endpoint, port.targetPort)
  return toWorkload(setting, endpoint, port.targetPort, service)
}

/** Whichever is ready; more than one take turns by the client's port. */
function endpointOf(world: World, names: readonly string[]): Workload | undefined {
  return world.workloads.find(({ name, ready }) => ready && names.includes(name))
}

function toWorkload(setting: Setting, to: Workload, port: number, service: MeshService | undefined): Exchange {
  const { from, faults } = setting
  const tunnelled = from.captured && to.captured && from.mesh === to.mesh && !faults.plainText.has(to.app)
  return tunnelled ? throughTunnel(setting, to, port, service) : inPlainText(setting, to, port, service)
}

function throughTunnel(setting: Setting, to: Workload, port: number, service: MeshService | undefined): Exchange {
  const remote = { address: to.address, port: HBONE_PORT }
  const hop = deliver(setting, setting.from, to, port, service)
  if ('response' in hop) return { outcome: { kind: 'response', response: hop.response, remote }, log: hop.log }
  return { outcome: { kind: 'reset', after: hop.after, remote }, log: hop.log }
}

type Hop = { readonly log: readonly Witness[] } & ({ readonly response: HttpResponse } | { readonly after: number })

/** From one ztunnel, or waypoint, to the ztunnel in front of the target and through it to the application. */
function deliver(
  setting: Setting,
  from: Workload,
  to: Workload,
  port: number,
  service: MeshService | undefined,
  request = setting.request,
): Hop {
  const { world, now } = setting
  const at = { ...doorOf(to, HBONE_PORT), hbone: `${to.address}:${port}` }
  const fail = (error: string, inboundError: string | undefined, after = 0): Hop => ({
    after,
    log: [
      ...(inboundError === undefined ? [] : [inbound(setting, from, to, at, service, { error: inboundError })]),
      outbound(setting, at, service, { error, duration: after }, from),
    ],
  })
  if (!reaches(setting, from, to, HBONE_PORT)) {
    const error = `connection timed out, maybe a NetworkPolicy is blocking HBONE port ${HBONE_PORT}: deadline has elapsed`
    return fail(error, undefined, CONNECT_DEADLINE)
  }
  const attributes: Attributes = {
    source: { address: from.address, identity: from.identity },
    destination: { address: to.address, port },
  }
  const decision = decide(policiesAtDoor(world, to), attributes, 4)
  if (!decision.allowed) return fail('http status: 401 Unauthorized', rejection(decision.policy))
  const listener = listening(setting, to, port)
  if (!listener)
    return fail('http status: 503 Service Unavailable', 'connection failed: Connection refused (os error 111)')
  // A task's ztunnel delivers from the task's own address; a node's keeps the client's.
  const peer = to.platform === 'ecs' ? to.address : from.address
  const response = listener({ request, peer, port, now })
  const size = sizeOf(request, response)
  return {
    response,
    log: [inbound(setting, from, to, at, service, size), outbound(setting, at, service, opposite(size), from)],
  }
}

function throughWaypoint(
  setting: Setting,
  service: MeshService,
  waypoint: Waypoint,
  to: Workload,
  port: number,
): Exchange {
  const { world, from, request, now } = setting
  const proxy = endpointOf(world, waypoint.endpoints)
  const remote = { address: proxy?.address ?? waypoint.name, port: HBONE_PORT }
  const door = {
    ...(proxy ? doorOf(proxy, HBONE_PORT) : { address: remote.address }),
    hbone: `${request.host}:${request.port}`,
  }
  const failed = (error: string, after: number): Exchange => ({
    outcome: { kind: 'reset', after, remote },
    log: [outbound(setting, door, service, { error, duration: after })],
  })
  if (!proxy) return failed(`no healthy upstream: waypoint ${waypoint.namespace}/${waypoint.name}`, 0)
  if (!reaches(setting, from, proxy, HBONE_PORT)) return failed('deadline has elapsed', CONNECT_DEADLINE)

  const attributes: Attributes = {
    source: { address: from.address, identity: from.identity },
    destination: { address: to.address, port: request.port },
    http: { method: request.method, path: request.path, host: request.host, headers: headerMap(request.headers) },
  }
  const policies = world.plane(from.mesh ?? '')?.policiesAt(proxy.name) ?? []
  const decision = decide(policiesOfWaypoint(policies, waypoint, service), attributes, 7)
  const hop = decision.allowed ? deliver(setting, proxy, to, port, service, forwarded(request, now)) : undefined
  const response =
    hop === undefined
      ? ofEnvoy(403, 'RBAC: access denied', now)
      : 'response' in hop
        ? throughEnvoy(hop.response)
        : ofEnvoy(503, UPSTREAM_FAILED, now)
  const size = opposite(sizeOf(request, response))
  return {
    outcome: { kind: 'response', response, remote },
    // A waypoint writes no log of ztunnel's form: of its own hop only the target's ztunnel tells.
    log: [
      ...(hop?.log.filter(({ entry }) => entry.direction === 'inbound') ?? []),
      outbound(setting, door, service, size),
    ],
  }
}

const UPSTREAM_FAILED =
  'upstream connect error or disconnect/reset before headers. reset reason: connection termination'

const ofEnvoy = (status: number, body: string, now: number): HttpResponse => ({
  status,
  headers: [
    ['content-length', String(Buffer.byteLength(body))],
    ['content-type', 'text/plain'],
    ['date', httpDate(now)],
    ['server', 'istio-envoy'],
  ],
  body,
})

const throughEnvoy = (response: HttpResponse): HttpResponse => ({
  ...response,
  headers: [
    ...response.headers.map(([name, value]) => [name.toLowerCase(), value] as const),
    ['x-envoy-upstream-service-time', '2'],
    ['server', 'istio-envoy'],
  ],
})

const forwarded = (request: HttpRequest, now: number): HttpRequest => ({
  ...request,
  headers: [...request.headers, ['X-Forwarded-Proto', 'http'], ['X-Request-Id', requestId(now)]],
})

/** In the form of a UUID, and different for each moment. */
const requestId = (now: number): string => {
  const digits = Math.round(now * 1000)
    .toString(16)
    .padStart(32, '9')
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-a$4-$5')
}

function inPlainText(setting: Setting, to: Workload, port: number, service: MeshService | undefined): Exchange {
  const { world, from, request, now } = setting
  const remote = { address: to.address, port }
  const door = doorOf(to, port)
  if (!reaches(setting, from, to, port)) return unreached(setting, remote, door, service)
  // On a node plain text is captured too, and has no identity; a task's ztunnel sees only what it tunnels.
  const guarded = to.captured && to.platform === 'eks'
  const attributes: Attributes = {
    source: { address: from.address },
    destination: { address: to.address, port },
  }
  const decision = guarded ? decide(policiesAtDoor(world, to), attributes, 4) : { allowed: true as const }
  if (!decision.allowed) {
    const entry = inbound(setting, from, to, door, service, { error: rejection(decision.policy) }, true)
    return { outcome: { kind: 'reset', after: 0, remote }, log: [entry] }
  }
  const listener = listening(setting, to, port)
  if (!listener && !from.captured) return { outcome: { kind: 'refused', remote }, log: [] }
  if (!listener) {
    const log = [outbound(setting, door, service, { error: 'connection failed: Connection refused (os error 111)' })]
    return { outcome: { kind: 'reset', after: 0, remote }, log }
  }
  const response = listener({ request, peer: from.address, port, now })
  const size = sizeOf(request, response)
  return {
    outcome: { kind: 'response', response, remote },
    log: [
      ...(guarded ? [inbound(setting, from, to, door, service, size, true)] : []),
      ...(from.captured ? [outbound(setting, door, service, opposite(size))] : []),
    ],
  }
}

const policiesAtDoor = (world: World, to: Workload) =>
  policiesOfWorkload(world.plane(to.mesh ?? '')?.policiesAt(to.name) ?? [], {
    namespace: to.identity.namespace,
    labels: to.labels,
  })

const rejection = (policy: string | undefined): string =>
  `connection closed due to policy rejection: ${policy === undefined ? 'allow policies exist, but none allowed' : `explicitly denied by: ${policy}`}`

function reaches({ world, faults }: Setting, from: Workload, to: Workload, port: number): boolean {
  if (faults.shut.has(`${to.app}:${port}`)) return false
  const same = from.platform === 'eks' && to.platform === 'eks' && from.mesh === to.mesh
  // Pods of one cluster share its security group, which lets its own members in; nodes do not even ask.
  return same || mayConnect(from, to, port, world.rulesOf)
}

const listening = ({ faults }: Setting, to: Workload, port: number) =>
  faults.dead.has(to.app) ? undefined : listenerOf(to, port)
