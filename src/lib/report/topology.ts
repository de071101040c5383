import type { Service, Task } from '@aws-sdk/client-ecs'
import { spiffeId } from '../checks/places.ts'
import { GATEWAY_NAME, ISTIO_NAMESPACE, ZTUNNEL_CONTAINER } from '../config/names.ts'
import type { EcsClusterSettings, Settings } from '../config/settings.ts'
import { conditionOf, type Gateway, type KubernetesObject } from '../kubernetes/objects.ts'
import { addressesOf } from '../steps/enroll/hbone.ts'
import { WAYPOINT } from '../steps/waypoint.ts'
import { type AccountedPod, type EcsFacts, type Facts, type KubernetesFacts, type Read, valueIn } from './facts.ts'

/** What stands, as the picture, the page and the terminal show it. All of it is data; nothing here is a guess. */
export interface Topology {
  readonly region: string
  /** Undefined where it could not be read. */
  readonly account?: string
  readonly eks: EksPart
  readonly ecs: readonly EcsPart[]
}

/** unknown: it could not be read, and `why` says so. */
export type Presence = 'present' | 'absent' | 'unknown'

interface Part {
  readonly name: string
  readonly presence: Presence
  /** Why it is unknown. */
  readonly why?: string
}

export interface EksPart extends Part {
  /** EKS's own word: ACTIVE, CREATING, … */
  readonly status?: string
  readonly kubernetesVersion?: string
  readonly vpcId?: string
  readonly nodes?: number
  readonly istioVersion?: string
  /** How many NAT gateways the VPC has; undefined where unknown. */
  readonly natGateways?: number
  /** Why what runs on it could not be read. */
  readonly unread?: string
  /** Istio's own, and those that have to do with the mesh. */
  readonly namespaces: readonly NamespacePart[]
}

export interface NamespacePart {
  readonly name: string
  readonly presence: 'present' | 'absent'
  /** Its pods are taken into the mesh. */
  readonly ambient: boolean
  readonly workloads: readonly Workload[]
  readonly gateways: readonly GatewayPart[]
  readonly policies: readonly PolicyPart[]
}

export interface GatewayPart {
  readonly id: string
  readonly name: string
  readonly role: 'waypoint' | 'east-west' | 'gateway'
  readonly presence: 'present' | 'absent'
  readonly programmed: boolean
  readonly address?: string
  /** Of a waypoint: the namespace sends its traffic through it. */
  readonly used: boolean
}

export interface PolicyPart {
  readonly name: string
  readonly action: string
}

export interface EcsPart extends Part {
  /** Kubernetes namespace of its workloads' configuration. */
  readonly namespace: string
  readonly services: readonly Workload[]
}

/** in: it is in the mesh · out: it is not · unknown: nothing says so either way */
export type Membership = 'in' | 'out' | 'unknown'

export const MEMBERSHIP: Readonly<Record<Membership, string>> = {
  in: 'in the mesh',
  out: 'not in the mesh',
  unknown: 'not known',
}

/** Pods of one owner, or tasks of one service. */
export interface Workload {
  /** Unique in the topology. */
  readonly id: string
  readonly name: string
  readonly kind: 'pod' | 'task'
  readonly presence: 'present' | 'absent'
  readonly running: number
  readonly wanted: number
  readonly addresses: readonly string[]
  readonly membership: Membership
  /** Of the tasks: a ztunnel runs in each. */
  readonly ztunnel: boolean
  /** SPIFFE id, where it is in the mesh. */
  readonly identity?: string
  /** Name by which the mesh calls it. */
  readonly host?: string
  /** Labels of the pods; a check chooses by them. */
  readonly labels: Readonly<Record<string, string>>
}

type Scope = Pick<Settings, 'region' | 'clusterName' | 'ecsClusters'>

/** Pure. */
export function topologyOf(facts: Facts, settings: Scope): Topology {
  const account = valueIn(facts.account)
  return {
    region: settings.region,
    ...(account ? { account } : {}),
    eks: eksPart(facts, settings),
    ecs: facts.ecs.map(found => ecsPart(found, facts)),
  }
}

/** All workloads on either side. */
export const workloadsOf = ({ eks, ecs }: Topology): readonly Workload[] => [
  ...eks.namespaces.flatMap(({ workloads }) => workloads),
  ...ecs.flatMap(({ services }) => services),
]

export const isNothing = ({ eks, ecs }: Topology): boolean =>
  eks.presence === 'absent' && ecs.every(({ presence }) => presence === 'absent')

function presenceOf(read: Read<unknown>): Pick<Part, 'presence' | 'why'> {
  if ('error' in read) return { presence: 'unknown', why: read.error }
  return { presence: read.value === undefined ? 'absent' : 'present' }
}

function eksPart(facts: Facts, settings: Scope): EksPart {
  const cluster = valueIn(facts.eks)
  const kubernetes = valueIn(facts.kubernetes)
  const natGateways = valueIn(facts.natGateways)
  const unread = 'error' in facts.kubernetes ? facts.kubernetes.error : undefined
  return {
    name: settings.clusterName,
    ...presenceOf(facts.eks),
    ...given({
      status: cluster?.status,
      kubernetesVersion: cluster?.version,
      vpcId: cluster?.resourcesVpcConfig?.vpcId,
      nodes: kubernetes?.nodes,
      istioVersion: kubernetes?.istioVersion,
      natGateways,
      unread: cluster ? unread : undefined,
    }),
    namespaces: kubernetes ? namespacesOf(kubernetes, facts, settings) : [],
  }
}

function namespacesOf(kubernetes: KubernetesFacts, facts: Facts, { ecsClusters }: Scope): readonly NamespacePart[] {
  const { namespaces, pods, policies } = kubernetes
  const configured = ecsClusters.map(({ namespace }) => namespace)
  const governed = policies.flatMap(({ metadata: { namespace = 'default' } }) => namespace)
  const ambient = namespaces.filter(isAmbient).map(({ metadata }) => metadata.name)
  const applications = pods.some(({ metadata }) => metadata.namespace === 'default') ? ['default'] : []
  const names = new Set([ISTIO_NAMESPACE, ...[...ambient, ...governed, ...applications].toSorted(), ...configured])
  return [...names].map(name => namespacePart(name, kubernetes, facts))
}

const isAmbient = ({ metadata: { labels = {} } }: KubernetesObject): boolean =>
  labels['istio.io/dataplane-mode'] === 'ambient'

function namespacePart(name: string, kubernetes: KubernetesFacts, facts: Facts): NamespacePart {
  const object = kubernetes.namespaces.find(({ metadata }) => metadata.name === name)
  const within = ({ metadata: { namespace } }: KubernetesObject) => namespace === name
  const gateways = kubernetes.gateways.filter(within).map(gateway => gatewayPart(gateway, object))
  const served = new Set(gateways.map(gateway => gateway.name))
  const ambient = object !== undefined && isAmbient(object)
  const pods = kubernetes.pods.filter(pod => within(pod) && !served.has(gatewayOf(pod)) && !isOver(pod))
  return {
    name,
    presence: object === undefined ? 'absent' : 'present',
    ambient,
    workloads: [...Map.groupBy(pods, ownerOf)].map(([owner, all]) => podWorkload(owner, all, { ambient, facts })),
    gateways: name === ISTIO_NAMESPACE && !served.has(GATEWAY_NAME) ? [...gateways, NO_EAST_WEST] : gateways,
    policies: kubernetes.policies.filter(within).map(({ metadata, spec }) => ({
      name: metadata.name,
      action: (spec as { action?: string } | undefined)?.action ?? 'ALLOW',
    })),
  }
}

const gatewayOf = ({ metadata }: AccountedPod): string =>
  metadata.labels?.['gateway.networking.k8s.io/gateway-name'] ?? ''

const isOver = ({ metadata, status }: AccountedPod): boolean =>
  metadata.deletionTimestamp !== undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed'

/** A Deployment's pods belong to a ReplicaSet, whose name is the Deployment's with a hash. */
function ownerOf({ metadata: { name, ownerReferences = [] } }: AccountedPod): string {
  const [owner] = ownerReferences
  if (owner === undefined) return name
  return owner.kind === 'ReplicaSet' ? owner.name.replace(/-[^-]+$/, '') : owner.name
}

function podWorkload(
  owner: string,
  pods: readonly AccountedPod[],
  { ambient, facts }: { readonly ambient: boolean; readonly facts: Facts },
): Workload {
  const [first] = pods
  const namespace = first?.metadata.namespace ?? ''
  const addresses = pods.flatMap(({ status }) => status?.podIP ?? [])
  const membership = knownBy(facts, addresses) ?? (ambient ? 'in' : 'out')
  const serviceAccount = first?.spec?.serviceAccountName ?? 'default'
  return {
    id: `pod ${namespace}/${owner}`,
    name: owner,
    kind: 'pod',
    presence: 'present',
    running: pods.filter(pod => conditionOf(pod, 'Ready')?.status === 'True').length,
    wanted: pods.length,
    addresses,
    membership,
    ztunnel: false,
    ...(membership === 'in' ? { identity: spiffeId({ namespace, serviceAccount }) } : {}),
    labels: first?.metadata.labels ?? {},
  }
}

/** What the ztunnels say of addresses; undefined where they were not asked, or where there is none to ask about. */
function knownBy(facts: Facts, addresses: readonly string[]): Membership | undefined {
  const workloads = valueIn(facts.workloads)
  if (workloads === undefined || addresses.length === 0) return undefined
  const known = new Set(workloads.filter(({ protocol }) => protocol === 'HBONE').flatMap(({ addresses }) => addresses))
  return addresses.every(address => known.has(address)) ? 'in' : 'out'
}

const NO_EAST_WEST: GatewayPart = {
  id: `gateway ${ISTIO_NAMESPACE}/${GATEWAY_NAME}`,
  name: GATEWAY_NAME,
  role: 'east-west',
  presence: 'absent',
  programmed: false,
  used: false,
}

function gatewayPart(gateway: Gateway, namespace: KubernetesObject | undefined): GatewayPart {
  const { name, namespace: within = '' } = gateway.metadata
  const { gatewayClassName = '' } = gateway.spec ?? {}
  return {
    id: `gateway ${within}/${name}`,
    name,
    role: gatewayClassName.includes('waypoint')
      ? 'waypoint'
      : gatewayClassName.includes('eastwest')
        ? 'east-west'
        : 'gateway',
    presence: 'present',
    programmed: conditionOf(gateway, 'Programmed')?.status === 'True',
    ...given({ address: gateway.status?.addresses?.[0]?.value }),
    used: namespace?.metadata.labels?.['istio.io/use-waypoint'] === name && name === WAYPOINT,
  }
}

function ecsPart({ settings, found }: EcsFacts, facts: Facts): EcsPart {
  const cluster = valueIn(found)
  const names = cluster?.services.flatMap(({ serviceName = [] }) => serviceName) ?? []
  const missing = cluster ? settings.services.filter(({ name }) => !names.includes(name)) : []
  return {
    name: settings.name,
    ...presenceOf(found),
    namespace: settings.namespace,
    services: [
      ...(cluster?.services ?? []).map(service => taskWorkload(service, cluster?.tasks ?? [], settings, facts)),
      ...missing.map(({ name }) => noService(settings.name, name)),
    ].toSorted((a, b) => a.name.localeCompare(b.name)),
  }
}

const taskId = (cluster: string, service: string): string => `task ${cluster}/${service}`

const noService = (cluster: string, name: string): Workload => ({
  id: taskId(cluster, name),
  name,
  kind: 'task',
  presence: 'absent',
  running: 0,
  wanted: 0,
  addresses: [],
  membership: 'unknown',
  ztunnel: false,
  labels: {},
})

function taskWorkload(
  { serviceName = '', desiredCount = 0, runningCount = 0 }: Service,
  all: readonly Task[],
  settings: EcsClusterSettings,
  facts: Facts,
): Workload {
  const tasks = all.filter(({ group }) => group === `service:${serviceName}`)
  const addresses = addressesOf(tasks)
  const ztunnel = tasks.length > 0 && tasks.every(hasZtunnel)
  const membership = ztunnel ? (knownBy(facts, addresses) ?? 'in') : tasks.length > 0 ? 'out' : 'unknown'
  const names = valueIn(facts.names)
  const entry = valueIn(facts.workloads)?.find(workload => workload.addresses.some(a => addresses.includes(a)))
  const serviceAccount = entry?.serviceAccount ?? names?.ecsServiceAccount(settings)
  const namespace = entry?.namespace ?? settings.namespace
  return {
    id: taskId(settings.name, serviceName),
    name: serviceName,
    kind: 'task',
    presence: 'present',
    running: runningCount,
    wanted: desiredCount,
    addresses,
    membership,
    ztunnel,
    ...(membership === 'in' && serviceAccount ? { identity: spiffeId({ namespace, serviceAccount }) } : {}),
    ...(membership === 'in' && names ? { host: names.ecsHost(settings, serviceName) } : {}),
    labels: {},
  }
}

const hasZtunnel = ({ containers = [] }: Task): boolean => containers.some(({ name }) => name === ZTUNNEL_CONTAINER)

/** Without the entries that are undefined. */
function given<T extends object>(entries: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as never
}
