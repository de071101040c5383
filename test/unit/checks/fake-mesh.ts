import type { PolicyObject } from '../../../src/lib/checks/blame.ts'
import type { Check, MeshState, Suite } from '../../../src/lib/checks/check.ts'
import type {
  ConnectionLogs,
  Logged,
  Membership,
  RunContext,
  Standing,
  Workloads,
} from '../../../src/lib/checks/context.ts'
import type { CheckEvent } from '../../../src/lib/checks/events.ts'
import { hostAndPort, type Place, placesOf, spiffeId } from '../../../src/lib/checks/places.ts'
import type { ProbeOutput, Prober } from '../../../src/lib/checks/probe.ts'
import type { PolicyControl } from '../../../src/lib/checks/state.ts'
import { connectionOf } from '../../../src/lib/checks/ztunnel-log.ts'
import { interrupted } from '../../../src/lib/engine/failure.ts'
import { JumpingClock } from '../../support/clock.ts'
import { settings } from '../../support/settings.ts'

export const places = placesOf(settings(), {
  ecsHost: (_, service) => `${service}.ecs.local`,
  ecsServiceAccount: () => 'default',
})

const place = (name: string): Place => {
  const found = places.get(name)
  if (!found) throw new Error(`no place ${name}`)
  return found
}

/** What curl comes to when it runs to its end. */
export interface Curl {
  readonly exitCode: number
  readonly status?: number
  readonly body?: string
  readonly stderr?: string
}

export const OK: Curl = { exitCode: 0, status: 200, body: 'Hostname=echo\n' }
export const RESET: Curl = { exitCode: 56, stderr: 'curl: (56) Recv failure: Connection reset by peer\n' }
const REFUSED: Curl = { exitCode: 0, status: 403, body: 'RBAC: access denied' }

/** What a test may do to a call: undefined leaves it as the mesh would have it. */
export type Meddle = (call: {
  readonly from: string
  readonly to: string
  readonly policies: ReadonlySet<string>
}) => Curl | Extract<ProbeOutput, { kind: 'broken' }> | undefined

const POLICIES: Readonly<Record<string, (to: string, method: string) => Curl | undefined>> = {
  'eks-deny': to => (to === 'eks/echo' ? RESET : undefined),
  'ecs-deny': to => (to === 'ecs/echo' ? RESET : undefined),
  'post-only': (to, method) => (to === 'ecs/echo' && method !== 'POST' ? REFUSED : undefined),
}

/** A mesh in memory, in which every false pass can be brought about. Time passes only by waiting. */
export class FakeMesh implements Prober, PolicyControl, Workloads, ConnectionLogs, Membership {
  readonly clock = new JumpingClock()
  readonly events: CheckEvent[] = []
  readonly probes: { readonly from: string; readonly requests: number }[] = []
  readonly changes: string[] = []
  /** What is asked for, and since when. */
  readonly #asked = new Map<string, number>()
  #waypoint = false
  readonly log: string[] = []

  /** Milliseconds until a policy that was applied or removed takes effect. */
  propagation = 0
  meddle: Meddle = () => undefined
  /** Uids of the targets. */
  readonly uids = new Map([
    ['eks/echo', 'pod-1'],
    ['ecs/echo', 'task-1'],
  ])
  /** AuthorizationPolicies as Kubernetes has them. */
  objects: readonly PolicyObject[] = []
  logsReadable = true
  /** Addresses that the mesh does not know by HBONE. */
  readonly unknown = new Set<string>()
  /** How a call that is allowed is logged. */
  protocol: 'HBONE' | 'TCP' | 'unlogged' = 'HBONE'
  /** Whether the destination's ztunnel logs refusals. */
  logsRefusals = false
  onProbe: () => void = () => {}
  onChange: (change: string) => void = () => {}

  context(more: Partial<RunContext> = {}): RunContext {
    return {
      places,
      prober: this,
      policies: this,
      workloads: this,
      logs: this,
      membership: this,
      policyObjects: async () => this.objects,
      evidence: 'warn',
      asIs: false,
      limits: {
        propagation: 60_000,
        unchanged: 20_000,
        evidence: 10_000,
        holds: 2,
        curl: { connect: 5, total: 10 },
      },
      clock: this.clock,
      signal: new AbortController().signal,
      stopNow: new AbortController().signal,
      emit: event => this.events.push(event),
      ...more,
    }
  }

  of<C extends CheckEvent['code']>(code: C): Extract<CheckEvent, { code: C }>[] {
    return this.events.filter((event): event is Extract<CheckEvent, { code: C }> => event.code === code)
  }

  stands(policy: string): void {
    this.#asked.set(policy, Number.NEGATIVE_INFINITY)
  }

  standsWaypoint(): void {
    this.#waypoint = true
  }

  async current(): Promise<MeshState> {
    return { policies: [...this.#asked.keys()], waypoint: this.#waypoint }
  }

  async apply(policy: string, signal: AbortSignal): Promise<void> {
    await this.#change(`apply ${policy}`, signal)
    this.#asked.set(policy, this.clock.now())
  }

  async remove(policy: string, signal: AbortSignal): Promise<void> {
    await this.#change(`remove ${policy}`, signal)
    this.#asked.delete(policy)
  }

  async waypoint(on: boolean, signal: AbortSignal): Promise<void> {
    await this.#change(`waypoint ${on ? 'on' : 'off'}`, signal)
    this.#waypoint = on
  }

  async #change(change: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.onChange(change)
    this.changes.push(change)
  }

  async probe(
    source: Place,
    requests: readonly (readonly string[])[],
    signal: AbortSignal,
  ): Promise<readonly ProbeOutput[]> {
    this.onProbe()
    if (signal.aborted) throw interrupted()
    this.probes.push({ from: source.name, requests: requests.length })
    return requests.map(args => this.#call(source.name, args))
  }

  #call(from: string, args: readonly string[]): ProbeOutput {
    const url = args.at(-1) ?? ''
    const to = [...places.values()].find(({ address }) => address && url.startsWith(hostAndPort(address)))?.name ?? url
    const method = args[args.indexOf('-X') + 1] ?? 'GET'
    const inForce = new Set(
      [...this.#asked].filter(([, since]) => this.clock.now() - since >= this.propagation).map(([policy]) => policy),
    )
    const seen =
      this.meddle({ from, to, policies: inForce }) ??
      [...inForce].map(policy => POLICIES[policy]?.(to, method)).find(refusal => refusal) ??
      OK
    if ('kind' in seen) return seen
    this.#record(from, to, seen, [...inForce])
    const frame = args[args.indexOf('-w') + 1] ?? ''
    return {
      kind: 'ran',
      at: `${from}-1`,
      exitCode: seen.exitCode,
      stdout: (seen.body ?? '') + frame.replaceAll('\\n', '\n').replace('%{http_code}', `${seen.status ?? '000'}`),
      stderr: seen.stderr ?? '',
    }
  }

  #record(from: string, to: string, seen: Curl, policies: readonly string[]): void {
    const [source, target] = [place(from).identity, places.get(to)?.identity]
    if (!source || !target || this.protocol === 'unlogged') return
    const waypoint = this.#waypoint && to === 'ecs/echo'
    const via = waypoint ? spiffeId({ ...target, serviceAccount: 'waypoint' }) : spiffeId(target)
    const ends = `src.addr=10.0.0.1:40000 ${this.protocol === 'HBONE' ? `src.identity="${spiffeId(source)}"` : ''} dst.addr=10.0.0.2:15008`
    const tunnel =
      this.protocol === 'HBONE' ? `dst.hbone_addr=10.0.0.2:8080 dst.identity="${via}"` : 'dst.addr=10.0.0.2:8080'
    const service = `dst.service="${place(to).address?.host}"`
    if (seen.status !== undefined) {
      this.log.push(`t info access connection complete ${ends} ${tunnel} ${service} direction="outbound"`)
    } else if (this.logsRefusals) {
      const error = `connection closed due to policy rejection: explicitly denied by: default/${policies[0]}`
      this.log.push(
        `t error access connection complete ${ends} ${tunnel} ${service} direction="inbound" error="${error}"`,
      )
    }
  }

  async standing({ name }: Place): Promise<Standing | undefined> {
    const addresses = name.endsWith('shell') ? ['10.0.0.1'] : ['10.0.0.2']
    return { fingerprint: this.uids.get(name) ?? name, addresses }
  }

  async outside(addresses: readonly string[]): Promise<ReadonlyMap<string, string> | undefined> {
    return new Map(
      addresses.filter(address => this.unknown.has(address)).map(address => [address, `${address} is TCP`]),
    )
  }

  async follow(): Promise<() => Promise<Logged>> {
    const from = this.log.length
    return async () => {
      if (!this.logsReadable) return { connections: [], problems: ['the logs may not be read'] }
      return { connections: this.log.slice(from).flatMap(line => connectionOf(line) ?? []), problems: [] }
    }
  }
}

/** The checks of a suite, by their own ids. */
export const checkIn = (suite: Suite, id: string): Check => {
  const found = suite.checks.find(check => check.id === `${suite.name}/${id}`)
  if (!found) throw new Error(`no check ${id}`)
  return found
}
