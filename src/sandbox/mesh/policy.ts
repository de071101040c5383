/**
 * Istio's AuthorizationPolicy: who may talk to whom, as its reference documents it. Pure.
 *
 * A refusal is decided in this order: a matching DENY refuses; without any ALLOW everything else may pass; with some,
 * only what one of them matches. A rule matches when one of its `from`, one of its `to` and all of its `when` do; a
 * policy without rules matches nothing.
 */

export interface AuthorizationPolicy {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec?: PolicySpec
}

export interface PolicySpec {
  /** Istio's default is ALLOW. CUSTOM and AUDIT refuse nothing by themselves. */
  readonly action?: 'ALLOW' | 'DENY' | 'CUSTOM' | 'AUDIT'
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
  readonly targetRef?: TargetRef
  readonly targetRefs?: readonly TargetRef[]
  readonly rules?: readonly Rule[]
}

export interface TargetRef {
  readonly group?: string
  readonly kind: string
  readonly name: string
}

export interface Rule {
  readonly from?: readonly { readonly source?: Source }[]
  readonly to?: readonly { readonly operation?: Operation }[]
  readonly when?: readonly Condition[]
}

type Values = readonly string[]

export interface Source {
  readonly principals?: Values
  readonly notPrincipals?: Values
  readonly requestPrincipals?: Values
  readonly notRequestPrincipals?: Values
  readonly namespaces?: Values
  readonly notNamespaces?: Values
  readonly serviceAccounts?: Values
  readonly notServiceAccounts?: Values
  readonly ipBlocks?: Values
  readonly notIpBlocks?: Values
  readonly remoteIpBlocks?: Values
  readonly notRemoteIpBlocks?: Values
}

export interface Operation {
  readonly hosts?: Values
  readonly notHosts?: Values
  readonly ports?: Values
  readonly notPorts?: Values
  readonly methods?: Values
  readonly notMethods?: Values
  readonly paths?: Values
  readonly notPaths?: Values
}

export interface Condition {
  readonly key: string
  readonly values?: Values
  readonly notValues?: Values
}

/** Who a workload is in the mesh. */
export interface Identity {
  readonly namespace: string
  readonly serviceAccount: string
}

export const TRUST_DOMAIN = 'cluster.local'
/** As policies write it. */
export const principal = ({ namespace, serviceAccount }: Identity): string =>
  `${TRUST_DOMAIN}/ns/${namespace}/sa/${serviceAccount}`
/** As certificates and access logs carry it. */
export const spiffeId = (identity: Identity): string => `spiffe://${principal(identity)}`

/** What the enforcing proxy knows of one connection. */
export interface Attributes {
  readonly source: {
    readonly address: string
    /** Undefined for plain text: no certificate, nobody. */
    readonly identity?: Identity
  }
  readonly destination: { readonly address: string; readonly port: number }
  /** Only a waypoint reads it. */
  readonly http?: HttpAttributes
}

export interface HttpAttributes {
  readonly method: string
  readonly path: string
  readonly host: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
}

export type Decision =
  | { readonly allowed: true }
  /** `policy` is `namespace/name` of the DENY; without it, there are ALLOWs and none matched. */
  | { readonly allowed: false; readonly policy?: string }

const ROOT_NAMESPACE = 'istio-system'

const targetsOf = (spec: PolicySpec | undefined): readonly TargetRef[] =>
  spec?.targetRefs ?? (spec?.targetRef ? [spec.targetRef] : [])

/** Which policies the ztunnel in front of a workload enforces: those without a target, by namespace and labels. */
export function policiesOfWorkload<P extends AuthorizationPolicy>(
  policies: readonly P[],
  workload: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> },
): readonly P[] {
  return policies.filter(({ metadata, spec }) => {
    if (targetsOf(spec).length > 0) return false
    if (metadata.namespace !== workload.namespace && metadata.namespace !== ROOT_NAMESPACE) return false
    return Object.entries(spec?.selector?.matchLabels ?? {}).every(([key, value]) => workload.labels[key] === value)
  })
}

/** Which policies a waypoint enforces for a service: those that target one of the two, or all waypoints. */
export function policiesOfWaypoint<P extends AuthorizationPolicy>(
  policies: readonly P[],
  waypoint: { readonly namespace: string; readonly name: string },
  service: { readonly kind: 'Service' | 'ServiceEntry'; readonly namespace: string; readonly name: string },
): readonly P[] {
  const targeted: Record<string, (ref: TargetRef, namespace: string) => boolean> = {
    Gateway: (ref, namespace) => ref.name === waypoint.name && namespace === waypoint.namespace,
    GatewayClass: (ref, namespace) => ref.name === 'istio-waypoint' && namespace === ROOT_NAMESPACE,
    [service.kind]: (ref, namespace) => ref.name === service.name && namespace === service.namespace,
  }
  return policies.filter(({ metadata, spec }) =>
    targetsOf(spec).some(ref => targeted[ref.kind]?.(ref, metadata.namespace) ?? false),
  )
}

/** The decision of a proxy that enforces these policies; `layer` says how much of a request it can see. */
export function decide(policies: readonly AuthorizationPolicy[], attributes: Attributes, layer: 4 | 7): Decision {
  const of = (action: string) => policies.filter(({ spec }) => (spec?.action ?? 'ALLOW') === action)
  const matches = (policy: AuthorizationPolicy, action: 'ALLOW' | 'DENY') =>
    (policy.spec?.rules ?? []).some(rule =>
      ruleMatches(layer === 4 ? asLayer4(rule, action) : rule, attributes, policy.metadata.namespace),
    )
  const denied = of('DENY').find(policy => matches(policy, 'DENY'))
  if (denied) return { allowed: false, policy: `${denied.metadata.namespace}/${denied.metadata.name}` }
  const allowing = of('ALLOW')
  if (allowing.length === 0 || allowing.some(policy => matches(policy, 'ALLOW'))) return { allowed: true }
  return { allowed: false }
}

const LAYER_7_SOURCE = ['requestPrincipals', 'notRequestPrincipals', 'remoteIpBlocks', 'notRemoteIpBlocks'] as const
const LAYER_7_OPERATION = ['hosts', 'notHosts', 'methods', 'notMethods', 'paths', 'notPaths'] as const
const LAYER_4_KEYS: readonly string[] = [
  'source.ip',
  'source.namespace',
  'source.principal',
  'destination.ip',
  'destination.port',
]

/**
 * A ztunnel can't read a request, so it errs on the side of refusing: an ALLOW rule that asks for something of layer 7
 * matches nothing, and of a DENY rule that part is left out, which denies more.
 */
function asLayer4(rule: Rule, action: 'ALLOW' | 'DENY'): Rule | undefined {
  const asksForMore =
    (rule.from ?? []).some(({ source }) => LAYER_7_SOURCE.some(key => source?.[key]?.length)) ||
    (rule.to ?? []).some(({ operation }) => LAYER_7_OPERATION.some(key => operation?.[key]?.length)) ||
    (rule.when ?? []).some(({ key }) => !LAYER_4_KEYS.includes(key))
  if (!asksForMore) return rule
  if (action === 'ALLOW') return undefined
  const without = <T extends object>(value: T | undefined, keys: readonly (keyof T)[]): T | undefined =>
    value && (Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key as keyof T))) as T)
  return {
    ...(rule.from && { from: rule.from.map(({ source }) => defined({ source: without(source, LAYER_7_SOURCE) })) }),
    ...(rule.to && {
      to: rule.to.map(({ operation }) => defined({ operation: without(operation, LAYER_7_OPERATION) })),
    }),
    when: (rule.when ?? []).filter(({ key }) => LAYER_4_KEYS.includes(key)),
  }
}

const defined = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as { [K in keyof T]: NonNullable<T[K]> }

function ruleMatches(rule: Rule | undefined, attributes: Attributes, policyNamespace: string): boolean {
  if (!rule) return false
  const { from = [], to = [], when = [] } = rule
  return (
    (from.length === 0 || from.some(({ source }) => sourceMatches(source ?? {}, attributes, policyNamespace))) &&
    (to.length === 0 || to.some(({ operation }) => operationMatches(operation ?? {}, attributes))) &&
    when.every(condition => conditionMatches(condition, attributes))
  )
}

/** What is listed must hold, what is listed under `not` must not; an absent list asks nothing. */
function holds(listed: Values | undefined, excluded: Values | undefined, test: (pattern: string) => boolean): boolean {
  return (!listed?.length || listed.some(test)) && !excluded?.some(test)
}

function sourceMatches(source: Source, { source: peer, http }: Attributes, policyNamespace: string): boolean {
  const { address, identity } = peer
  const remote = remoteAddress(http) ?? address
  const account = (pattern: string) => {
    const [namespace, name] = pattern.includes('/') ? pattern.split('/') : [policyNamespace, pattern]
    return identity?.namespace === namespace && identity?.serviceAccount === name
  }
  return (
    holds(source.principals, source.notPrincipals, text(identity && principal(identity))) &&
    holds(source.namespaces, source.notNamespaces, text(identity?.namespace)) &&
    holds(source.serviceAccounts, source.notServiceAccounts, account) &&
    holds(source.requestPrincipals, source.notRequestPrincipals, text(undefined)) &&
    holds(source.ipBlocks, source.notIpBlocks, block => inBlock(address, block)) &&
    holds(source.remoteIpBlocks, source.notRemoteIpBlocks, block => inBlock(remote, block))
  )
}

function operationMatches(operation: Operation, { destination, http }: Attributes): boolean {
  const host = text(http?.host.toLowerCase())
  return (
    holds(operation.ports, operation.notPorts, port => Number(port) === destination.port) &&
    holds(operation.hosts, operation.notHosts, pattern => host(pattern.toLowerCase())) &&
    holds(operation.methods, operation.notMethods, text(http?.method)) &&
    holds(operation.paths, operation.notPaths, pathMatcher(http?.path))
  )
}

function conditionMatches({ key, values, notValues }: Condition, attributes: Attributes): boolean {
  const { source, destination, http } = attributes
  const header = /^request\.headers\[(.+)\]$/.exec(key)?.[1]
  if (header !== undefined) return holds(values, notValues, text(http?.headers[header.toLowerCase()]))
  const tests: Record<string, (pattern: string) => boolean> = {
    'source.ip': block => inBlock(source.address, block),
    'remote.ip': block => inBlock(remoteAddress(http) ?? source.address, block),
    'source.namespace': text(source.identity?.namespace),
    'source.principal': text(source.identity && principal(source.identity)),
    'destination.ip': block => inBlock(destination.address, block),
    'destination.port': port => Number(port) === destination.port,
  }
  return holds(values, notValues, tests[key] ?? text(undefined))
}

const remoteAddress = (http: HttpAttributes | undefined): string | undefined =>
  http?.headers['x-forwarded-for']?.split(',')[0]?.trim()

/** Exact, `prefix*`, `*suffix`, or `*` for whatever is there at all. */
const text =
  (value: string | undefined) =>
  (pattern: string): boolean => {
    if (value === undefined) return false
    if (pattern === '*') return value !== ''
    if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1))
    if (pattern.startsWith('*')) return value.endsWith(pattern.slice(1))
    return value === pattern
  }

/** As `text`, and the path templates: `{*}` is one segment, `{**}` any number of them. */
function pathMatcher(path: string | undefined): (pattern: string) => boolean {
  const pathname = path?.split('?')[0]
  return pattern => {
    if (pathname === undefined || !/\{\*\*?\}/.test(pattern)) return text(pathname)(pattern)
    const source = pattern
      .split(/(\{\*\*?\})/)
      .map(part => ({ '{*}': '[^/]+', '{**}': '.*' })[part] ?? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('')
    return new RegExp(`^${source}$`).test(pathname)
  }
}

/** IPv4 address in an address or CIDR block. */
export function inBlock(address: string, block: string): boolean {
  const [base = '', length = '32'] = block.split('/')
  const [bits, baseBits] = [toBits(address), toBits(base)]
  if (bits === undefined || baseBits === undefined) return false
  const size = 2 ** (32 - Number(length))
  return Math.floor(bits / size) === Math.floor(baseBits / size)
}

function toBits(address: string): number | undefined {
  const parts = address.split('.').map(Number)
  if (parts.length !== 4 || parts.some(part => !(part >= 0 && part <= 255))) return undefined
  return parts.reduce((bits, part) => bits * 256 + part, 0)
}
