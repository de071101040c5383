import { createHash } from 'node:crypto'
import { meshProfile, meshProfileWarning } from '../../config/mesh-profile.ts'
import { GATEWAY_NAME, ISTIO_NAMESPACE } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import { Exit, Failure } from '../../engine/failure.ts'
import type { Change, Plan, Resource } from '../../engine/plan.ts'
import { NO_ISTIO, noCluster } from '../pending.ts'
import type { EnrollSeen, MeshInputs, SeenService } from './observe.ts'

export const ENROLMENT = 'enrolment'

/** Which service a change is about, and the fingerprint that its tag will hold. */
export interface EnrolDetail {
  readonly ecsCluster: string
  readonly service: string
  readonly fingerprint?: string
}

/** Which service a removal takes back, and what it knows of it. */
export interface UnenrolDetail {
  readonly ecsCluster: string
  readonly service: string
  /** We enrolled it: the revisions that this made are ours. */
  readonly ours: boolean
  /** Of its configuration objects; left out where it is not known. */
  readonly namespace?: string
}

/** `named`: the services were asked for by name, so one that is missing is a wrong name, not an input to come. */
export function decideEnrolment(seen: EnrollSeen, desired: Settings, named: boolean): Plan {
  const missing = seen.services.filter(({ arn }) => arn === undefined)
  const pending = missingInputs(seen, desired)
  if (named && missing.length > 0 && pending.length === 0) throw unknownServices(missing)
  const present = presentOf(seen.services)
  const absent = missing.map(service => `ECS service ${nameOf(service)} does not exist`)
  if (pending.length + absent.length > 0) return { changes: [], present, pending: [...pending, ...absent] }
  const warning = meshProfileWarning(seen.version)
  return {
    changes: seen.services.flatMap(service => planService(service, seen)),
    present,
    warnings: warning === undefined ? [] : [warning],
  }
}

function missingInputs({ cluster, inputs, services }: EnrollSeen, desired: Settings): readonly string[] {
  if (!cluster) return [noCluster(desired)]
  const namespaces = new Set(services.map(service => service.cluster.namespace))
  return [
    ...(inputs.rootCertificate === undefined || inputs.ztunnelImage === undefined ? [NO_ISTIO] : []),
    ...(inputs.gatewayAddress === undefined ? [`Gateway ${ISTIO_NAMESPACE}/${GATEWAY_NAME} has no address`] : []),
    ...[...namespaces]
      .filter(namespace => !inputs.namespaces.includes(namespace))
      .map(namespace => `Namespace ${namespace} does not exist`),
  ]
}

function planService(service: SeenService, { inputs, version }: EnrollSeen): readonly Change[] {
  const fingerprint = fingerprintOf(service, inputs, version)
  const change = (action: Change['action'], reason: string): Change => ({
    action,
    kind: ENROLMENT,
    name: nameOf(service),
    reason,
    detail: { ecsCluster: service.cluster.name, service: service.name, fingerprint } satisfies EnrolDetail,
  })
  if (!service.hasZtunnel) return [change('create', 'its task definition has no ztunnel')]
  if (service.deregistered) return [change('update', 'the revision that it runs was deregistered')]
  if (service.rolloutFailed) return [change('update', 'its last rollout failed')]
  if (service.fingerprint === fingerprint) return []
  if (service.fingerprint === undefined) return [change('update', 'it is not known for which mesh it was enrolled')]
  return [change('update', 'the gateway, the root certificate, Istio, the network or the service account changed')]
}

/** Changes with anything that a ztunnel can't learn after its start. */
export function fingerprintOf(
  { cluster: { namespace, serviceAccount } }: Pick<SeenService, 'cluster'>,
  { gatewayAddress, rootCertificate, ztunnelImage, network }: MeshInputs,
  version: string | undefined,
): string {
  const identity = meshProfile(version).addService.serviceAccount ? serviceAccount : 'default'
  const baked = [gatewayAddress, rootCertificate, ztunnelImage, network ?? '', namespace, identity]
  return createHash('sha256').update(JSON.stringify(baked)).digest('hex').slice(0, 32)
}

/**
 * Back to the revision without a ztunnel. A service of ours that goes with its cluster needs no way back: `all` is
 * for those who want just that. What was `named` and is nowhere is told of: it may be misspelt.
 */
export function decideUnenrolment({ services }: EnrollSeen, all: boolean, named = false): Plan {
  const there = new Set(services.filter(({ arn }) => arn !== undefined).map(({ name }) => name))
  const nowhere = named ? [...new Set(services.map(({ name }) => name))].filter(name => !there.has(name)) : []
  // A tag on a service that has no ztunnel any more is what a run has left that was broken off.
  const enrolled = services.filter(({ hasZtunnel, fingerprint, ours }) =>
    all ? hasZtunnel || fingerprint !== undefined : fingerprint !== undefined && !ours,
  )
  return {
    changes: enrolled.map(service => ({
      action: 'delete',
      kind: ENROLMENT,
      name: nameOf(service),
      reason: 'enrolled by us',
      detail: {
        ecsCluster: service.cluster.name,
        service: service.name,
        ours: service.fingerprint !== undefined,
        ...(service.outside ? {} : { namespace: service.cluster.namespace }),
      } satisfies UnenrolDetail,
    })),
    present: presentOf(services),
    warnings: nowhere.map(
      name => `There is no ECS service ${name} in ${clustersOf(services)}: nothing is to be taken out of the mesh.`,
    ),
  }
}

const clustersOf = (services: readonly SeenService[]): string =>
  [...new Set(services.map(({ cluster }) => cluster.name))].join(', ')

const presentOf = (services: readonly SeenService[]): readonly Resource[] =>
  services
    .filter(({ hasZtunnel }) => hasZtunnel)
    .map(service => ({ kind: ENROLMENT, name: nameOf(service), ours: service.fingerprint !== undefined }))

export const nameOf = ({ cluster, name }: Pick<SeenService, 'cluster' | 'name'>): string => `${cluster.name}/${name}`

function unknownServices(missing: readonly SeenService[]): Failure {
  const [first] = missing
  return new Failure({
    code: 'SERVICE_UNKNOWN',
    exit: Exit.usage,
    message: `There is no ECS service ${missing.map(nameOf).join(', ')}.`,
    suggestions: [
      `aws ecs list-services --cluster ${first?.cluster.name ?? ''}`,
      'Name another ECS cluster with --ecs-cluster.',
    ],
  })
}
