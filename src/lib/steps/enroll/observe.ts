import type { Service } from '@aws-sdk/client-ecs'
import { nameInArn } from '../../aws/arn.ts'
import type { EcsReader } from '../../aws/ecs.ts'
import { isOurs } from '../../aws/ownership.ts'
import { type Tags, tagsOf } from '../../aws/tags.ts'
import { meshProfile } from '../../config/mesh-profile.ts'
import { ENROLLED_TAG, enrolledValue, GATEWAY_NAME, ISTIO_NAMESPACE, ZTUNNEL_CONTAINER } from '../../config/names.ts'
import type { EcsClusterSettings, Settings } from '../../config/settings.ts'
import type { StepContext } from '../../engine/step.ts'
import type { KubernetesReader } from '../../kubernetes/client.ts'
import { type ConfigMap, type DaemonSet, type Gateway, ref } from '../../kubernetes/objects.ts'
import type { ReadClients } from '../clients.ts'
import { primaryOf } from '../ecs/steadiness.ts'
import { unnamed } from '../ecs/unnamed.ts'
import { meshVersion } from '../mesh-version.ts'

/** What enrolment bakes into a task definition, beside the service's own. */
export interface MeshInputs {
  readonly gatewayAddress?: string
  readonly rootCertificate?: string
  readonly ztunnelImage?: string
  readonly network?: string
  /** Those of the ECS clusters' namespaces that exist. */
  readonly namespaces: readonly string[]
}

export interface SeenService {
  readonly cluster: EcsClusterSettings
  readonly name: string
  /** Undefined where there is no such service. */
  readonly arn?: string
  readonly ours: boolean
  /** The revision that it runs has a ztunnel. */
  readonly hasZtunnel: boolean
  /** That revision was deregistered: no other service, and no later deployment, could be given it. */
  readonly deregistered?: true
  /** Fingerprint of what was baked in, where we enrolled it for this mesh. */
  readonly fingerprint?: string
  /** Found by its tag: no ECS cluster of the configuration names it. */
  readonly outside?: true
  /** Its newest deployment has failed: nothing starts another by itself. */
  readonly rolloutFailed?: boolean
}

export interface EnrollSeen {
  readonly cluster: boolean
  readonly version?: string
  readonly inputs: MeshInputs
  readonly services: readonly SeenService[]
}

export interface Target {
  readonly cluster: EcsClusterSettings
  readonly name: string
}

/** The named services, in those ECS clusters that are said to have them, else in all; without names, all that are said. */
export function targetsOf(
  { ecsClusters }: Pick<Settings, 'ecsClusters'>,
  names: readonly string[] | undefined,
): readonly Target[] {
  const said = ecsClusters.flatMap(cluster => cluster.services.map(({ name }) => ({ cluster, name })))
  if (names === undefined) return said
  return names.flatMap(name => {
    const known = said.filter(target => target.name === name)
    return known.length > 0 ? known : ecsClusters.map(cluster => ({ cluster, name }))
  })
}

/** `everywhere`: and the services of all ECS clusters of the region that were enrolled for this mesh. */
export async function observeEnrolment(
  { clients, desired }: Pick<StepContext<Settings, ReadClients>, 'clients' | 'desired'>,
  targets: readonly Target[],
  everywhere = false,
): Promise<EnrollSeen> {
  const { ecs } = clients.aws
  const [kubernetes, version, services, others] = await Promise.all([
    clients.kubernetes(),
    meshVersion(desired, clients),
    Promise.all(targets.map(target => observeService(ecs, target, desired))),
    everywhere ? enrolledOutside(ecs, targets, desired) : [],
  ])
  const seen = { services: [...services, ...others], ...(version === undefined ? {} : { version }) }
  if (kubernetes === undefined) return { ...seen, cluster: false, inputs: { namespaces: [] } }
  return { ...seen, cluster: true, inputs: await meshInputs(kubernetes, desired, version) }
}

async function enrolledOutside(
  ecs: EcsReader,
  targets: readonly Target[],
  settings: Pick<Settings, 'clusterName'>,
): Promise<readonly SeenService[]> {
  const found = await Promise.all(
    (await ecs.clusterArns()).map(async arn => {
      const cluster = unnamed(nameInArn(arn))
      const isTarget = ({ serviceName }: Service) =>
        targets.some(target => target.cluster.name === cluster.name && target.name === serviceName)
      const services = await ecs.services(arn, await ecs.serviceArns(arn))
      const enrolled = services.filter(
        service => !isTarget(service) && fingerprintFor(settings, tagsOf(service.tags)) !== undefined,
      )
      return Promise.all(
        enrolled.map(async service => {
          const seen = await seenService(ecs, { cluster, name: service.serviceName ?? '' }, service, settings)
          return { ...seen, outside: true as const }
        }),
      )
    }),
  )
  return found.flat()
}

async function observeService(
  ecs: EcsReader,
  target: Target,
  settings: Pick<Settings, 'clusterName'>,
): Promise<SeenService> {
  return seenService(ecs, target, await ecs.service(target.cluster.name, target.name), settings)
}

async function seenService(
  ecs: EcsReader,
  { cluster, name }: Target,
  service: Service | undefined,
  settings: Pick<Settings, 'clusterName'>,
): Promise<SeenService> {
  // One that is being deleted can't be enrolled, and need not be un-enrolled.
  if (service?.serviceArn === undefined || service.status !== 'ACTIVE') {
    return { cluster, name, ours: false, hasZtunnel: false }
  }
  const tags = tagsOf(service.tags)
  const fingerprint = fingerprintFor(settings, tags)
  return {
    cluster,
    name,
    arn: service.serviceArn,
    ours: isOurs(tags, settings),
    ...(await revisionOf(ecs, service.taskDefinition)),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(primaryOf(service)?.rolloutState === 'FAILED' ? { rolloutFailed: true } : {}),
  }
}

/** What was baked in, where the tags say that it was for this mesh. */
function fingerprintFor({ clusterName }: Pick<Settings, 'clusterName'>, tags: Tags): string | undefined {
  const value = tags[ENROLLED_TAG] ?? ''
  const before = enrolledValue(clusterName, '')
  return value.startsWith(before) ? value.slice(before.length) : undefined
}

export const hasZtunnel = async (ecs: EcsReader, revision: string | undefined): Promise<boolean> =>
  (await revisionOf(ecs, revision)).hasZtunnel

async function revisionOf(
  ecs: EcsReader,
  revision: string | undefined,
): Promise<Pick<SeenService, 'hasZtunnel' | 'deregistered'>> {
  const found = revision === undefined ? undefined : await ecs.taskDefinition(revision)
  const { status, containerDefinitions = [] } = found?.taskDefinition ?? {}
  return {
    hasZtunnel: containerDefinitions.some(({ name }) => name === ZTUNNEL_CONTAINER),
    ...(status === 'INACTIVE' ? { deregistered: true as const } : {}),
  }
}

async function meshInputs(
  kubernetes: KubernetesReader,
  { ecsClusters }: Settings,
  version: string | undefined,
): Promise<MeshInputs> {
  const names = [...new Set(ecsClusters.map(({ namespace }) => namespace))]
  const [gateway, rootCert, ztunnel, namespaces] = await Promise.all([
    kubernetes.get<Gateway>(ref('Gateway', GATEWAY_NAME, ISTIO_NAMESPACE)),
    kubernetes.get<ConfigMap>(ref('ConfigMap', 'istio-ca-root-cert', ISTIO_NAMESPACE)),
    kubernetes.get<DaemonSet>(ref('DaemonSet', 'ztunnel', ISTIO_NAMESPACE)),
    Promise.all(names.map(name => kubernetes.get(ref('Namespace', name)))),
  ])
  const gatewayAddress = gateway?.status?.addresses?.[0]?.value
  const rootCertificate = rootCert?.data?.['root-cert.pem']
  const ztunnelImage = ztunnel?.spec?.template?.spec?.containers?.[0]?.image
  const { network } = meshProfile(version)
  return {
    namespaces: namespaces.flatMap(namespace => (namespace ? [namespace.metadata.name] : [])),
    ...(gatewayAddress === undefined ? {} : { gatewayAddress }),
    ...(rootCertificate === undefined ? {} : { rootCertificate }),
    ...(ztunnelImage === undefined ? {} : { ztunnelImage }),
    ...(network === undefined ? {} : { network }),
  }
}
