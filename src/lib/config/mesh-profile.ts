/** What depends on the version of Solo's Istio, all in one place. Pure data: steps and suites are rendered from it. */
export interface MeshProfile {
  readonly name: 'guide' | '1.26' | '1.28'
  /** The oldest Istio version, as major and minor, that it fits. */
  readonly since: readonly [number, number]
  /** Release of the Gateway API CRDs that its demos use. */
  readonly gatewayApiVersion: string
  /** Name of the EKS network: `values.global.network`, and the label of istio-system. */
  readonly network?: string
  /** Whether the licence goes into `values.license.value`. */
  readonly licence: boolean
  /** Listeners of the east-west Gateway. */
  readonly listeners: readonly Listener[]
  /** Tag that an ECS cluster needs to be discovered. */
  readonly discoveryTag?: { readonly key: string; readonly value: string }
  /** Flags that `istioctl ecs add-service` takes beyond --cluster and --namespace. */
  readonly addService: { readonly external: boolean; readonly serviceAccount: boolean; readonly profile: boolean }
  /** Whether `ecs.solo.io/role-arn` is the whole ARN of the task role, or the ARN with the role's path taken out. */
  readonly roleAnnotation: 'whole' | 'without-path'
  /** `values.platforms.ecs` of the IstioOperator. */
  ecsValues(ecsClusters: readonly string[]): Readonly<Record<string, unknown>>
  /** By which name the mesh knows a service, where no ServiceEntry says otherwise. */
  hostName(service: string, ecsCluster: string): string
  /** The Kubernetes namespace of an ECS cluster's workloads, unless another is configured. */
  namespace(ecsCluster: string): string
}

export interface Listener {
  readonly name: string
  readonly port: number
  readonly protocol: 'HBONE' | 'TLS'
}

const HBONE: Listener = { name: 'cross-network', port: 15008, protocol: 'HBONE' }
const XDS: Listener = { name: 'xds-tls', port: 15012, protocol: 'TLS' }
const DOMAIN = 'ecs.local'

const GUIDE: MeshProfile = {
  name: 'guide',
  since: [1, 24],
  gatewayApiVersion: 'v1.2.1',
  licence: false,
  listeners: [HBONE],
  addService: { external: false, serviceAccount: false, profile: false },
  roleAnnotation: 'without-path',
  ecsValues: ecsClusters =>
    ecsClusters.length === 1 ? { cluster: ecsClusters[0] } : { clusters: ecsClusters.join(',') },
  hostName: service => `${service}.${DOMAIN}`,
  namespace: () => 'ecs',
}

const V1_26: MeshProfile = {
  ...GUIDE,
  name: '1.26',
  since: [1, 26],
  gatewayApiVersion: 'v1.4.0',
  network: 'eks',
  licence: true,
  listeners: [HBONE, XDS],
  addService: { external: true, serviceAccount: false, profile: false },
}

const V1_28: MeshProfile = {
  ...V1_26,
  name: '1.28',
  since: [1, 28],
  discoveryTag: { key: 'ecs.solo.io/discovery-enabled', value: 'true' },
  addService: { external: true, serviceAccount: true, profile: true },
  roleAnnotation: 'whole',
  // Clusters are found by their tag. An account without a role is istiod's own.
  ecsValues: () => ({ accounts: [{ domain: DOMAIN }] }),
  hostName: (service, ecsCluster) => `${service}.${ecsCluster}.${DOMAIN}`,
  namespace: ecsCluster => ecsCluster,
}

/** Oldest first. */
const PROFILES = [GUIDE, V1_26, V1_28] as const
/** The newest minor version that the newest profile was written for. */
const NEWEST_KNOWN = [1, 29] as const

/** The profile of a version such as `1.26.3` or `1.26.3-solo`; the guide's where the version is not known yet. */
export function meshProfile(istioVersion: string | undefined): MeshProfile {
  const version = minorOf(istioVersion)
  return PROFILES.findLast(({ since }) => version !== undefined && !isOlder(version, since)) ?? GUIDE
}

/** What to warn of: a version that no profile was written for. */
export function meshProfileWarning(istioVersion: string | undefined): string | undefined {
  const version = minorOf(istioVersion)
  if (version === undefined) return undefined
  if (isOlder(version, GUIDE.since)) {
    return `Istio ${istioVersion} is older than any that is known to work with ECS; the guide's profile is used.`
  }
  if (!isOlder(NEWEST_KNOWN, version)) return undefined
  return `Istio ${istioVersion} is newer than this program knows; the profile of ${V1_28.name} is used.`
}

function minorOf(version: string | undefined): readonly [number, number] | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? []
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)]
}

const isOlder = (a: readonly [number, number], b: readonly [number, number]): boolean =>
  a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])
