import type { EcsClusterSettings, Settings } from '../config/settings.ts'

/** Where curl can run, and whose identity a target has. */
export type Workload =
  | { readonly kind: 'pod'; readonly namespace: string; readonly selector: string; readonly container: string }
  | { readonly kind: 'task'; readonly cluster: string; readonly service: string; readonly container: string }

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Identity {
  readonly namespace: string
  readonly serviceAccount: string
}

/** What a check may name: a source has a workload, a target has an address. */
export interface Place {
  readonly name: string
  readonly workload?: Workload
  readonly address?: Address
  /** Undefined outside the mesh. */
  readonly identity?: Identity
}

export type Places = ReadonlyMap<string, Place>

/** What depends on the Istio version. */
export interface MeshNames {
  /** The name under which the mesh knows an ECS service. */
  ecsHost(cluster: EcsClusterSettings, service: string): string
  /** The service account that enrolment gives to the tasks of a cluster. */
  ecsServiceAccount(cluster: EcsClusterSettings): string
}

const ECHO_PORT = 8080
const TRUST_DOMAIN = 'cluster.local'

/** The demo's services by the role that they play; any other goes by its own name. */
const ROLES: Readonly<Record<string, string>> = { 'shell-task': 'shell', 'echo-service': 'echo' }

/**
 * The places of the walkthrough. The first ECS cluster's are `ecs/shell` and `ecs/echo`, as in the guide; those of
 * another go by its name: `ecs-orders/shell`.
 */
export function placesOf(settings: Settings, names: MeshNames): Places {
  const places = [
    ...eksPlaces(),
    ...settings.ecsClusters.flatMap((cluster, index) => ecsPlaces(cluster, index === 0 ? 'ecs' : cluster.name, names)),
    internet(settings.internetTarget),
  ]
  return new Map(places.map(place => [place.name, place]))
}

function eksPlaces(): readonly Place[] {
  const place = (app: string, container: string): Omit<Place, 'name'> => ({
    workload: { kind: 'pod', namespace: 'default', selector: `app=${app}`, container },
    identity: { namespace: 'default', serviceAccount: 'default' },
  })
  return [
    { name: 'eks/shell', ...place('eks-shell', 'eks-shell') },
    { name: 'eks/echo', ...place('eks-echo', 'eks-echo'), address: { host: 'eks-echo.default', port: ECHO_PORT } },
  ]
}

function ecsPlaces(cluster: EcsClusterSettings, prefix: string, names: MeshNames): readonly Place[] {
  const identity = { namespace: cluster.namespace, serviceAccount: names.ecsServiceAccount(cluster) }
  return cluster.services.map(({ name, taskDefinition }) => ({
    name: `${prefix}/${ROLES[name] ?? name}`,
    workload: { kind: 'task', cluster: cluster.name, service: name, container: taskDefinition },
    identity,
    ...(taskDefinition === 'echo-service' ? { address: { host: names.ecsHost(cluster, name), port: ECHO_PORT } } : {}),
  }))
}

function internet(target: string): Place {
  const [host = target, port = '80'] = target.split(':')
  return { name: 'internet', address: { host, port: Number(port) } }
}

/** As curl takes it: the port only where it is not HTTP's own. */
export const hostAndPort = ({ host, port }: Address): string => (port === 80 ? host : `${host}:${port}`)

export const spiffeId = ({ namespace, serviceAccount }: Identity): string =>
  `spiffe://${TRUST_DOMAIN}/ns/${namespace}/sa/${serviceAccount}`

/** The waypoint's identity, by the name that istioctl gives to the one of a namespace. */
export const waypointId = ({ namespace }: Identity): string => spiffeId({ namespace, serviceAccount: 'waypoint' })

/** The walkthrough's waypoint is that of the ECS namespace. */
export const isBehindWaypoint = ({ workload, identity }: Place): boolean =>
  identity !== undefined && workload?.kind === 'task'
