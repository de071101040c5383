import type { EcsReader } from '../../aws/ecs.ts'
import { isOurs } from '../../aws/ownership.ts'
import { tagsOf } from '../../aws/tags.ts'
import { meshProfile } from '../../config/mesh-profile.ts'
import { ENROLLED_TAG, GATEWAY_NAME, ISTIO_NAMESPACE, ZTUNNEL_CONTAINER } from '../../config/names.ts'
import type { EcsClusterSettings, Settings } from '../../config/settings.ts'
import type { StepContext } from '../../engine/step.ts'
import type { KubernetesReader } from '../../kubernetes/client.ts'
import { type ConfigMap, type DaemonSet, type Gateway, ref } from '../../kubernetes/objects.ts'
import type { ReadClients } from '../clients.ts'
import { primaryOf } from '../ecs/steadiness.ts'
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
  /** Fingerprint of what was baked in, where we enrolled it. */
  readonly fingerprint?: string
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

export async function observeEnrolment(
  { clients, desired }: Pick<StepContext<Settings, ReadClients>, 'clients' | 'desired'>,
  targets: readonly Target[],
): Promise<EnrollSeen> {
  const [kubernetes, version, services] = await Promise.all([
    clients.kubernetes(),
    meshVersion(desired, clients),
    Promise.all(targets.map(target => observeService(clients.aws.ecs, target, desired))),
  ])
  const seen = { services, ...(version === undefined ? {} : { version }) }
  if (kubernetes === undefined) return { ...seen, cluster: false, inputs: { namespaces: [] } }
  return { ...seen, cluster: true, inputs: await meshInputs(kubernetes, desired, version) }
}

async function observeService(
  ecs: EcsReader,
  { cluster, name }: Target,
  settings: Pick<Settings, 'clusterName'>,
): Promise<SeenService> {
  const service = await ecs.service(cluster.name, name)
  // One that is being deleted can't be enrolled, and need not be un-enrolled.
  if (service?.serviceArn === undefined || service.status !== 'ACTIVE') {
    return { cluster, name, ours: false, hasZtunnel: false }
  }
  const tags = tagsOf(service.tags)
  const fingerprint = tags[ENROLLED_TAG]
  return {
    cluster,
    name,
    arn: service.serviceArn,
    ours: isOurs(tags, settings),
    hasZtunnel: await hasZtunnel(ecs, service.taskDefinition),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(primaryOf(service)?.rolloutState === 'FAILED' ? { rolloutFailed: true } : {}),
  }
}

export async function hasZtunnel(ecs: EcsReader, revision: string | undefined): Promise<boolean> {
  const found = revision === undefined ? undefined : await ecs.taskDefinition(revision)
  return found?.taskDefinition.containerDefinitions?.some(({ name }) => name === ZTUNNEL_CONTAINER) ?? false
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
