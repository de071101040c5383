import { nameInArn } from '../../aws/arn.ts'
import { meshProfile } from '../../config/mesh-profile.ts'
import { ENROLLED_TAG, enrolledValue } from '../../config/names.ts'
import type { EcsClusterSettings, Settings } from '../../config/settings.ts'
import { Failure } from '../../engine/failure.ts'
import type { Change } from '../../engine/plan.ts'
import type { ApplyContext } from '../../engine/step.ts'
import { kindRef } from '../../kubernetes/objects.ts'
import type { WriteClients } from '../clients.ts'
import { steady } from '../ecs/steady.ts'
import { isByIstioctl, isFor } from '../entries.ts'
import { deleteObject } from '../objects.ts'
import { retryTool } from '../retry-tool.ts'
import { type EnrolDetail, nameOf, type UnenrolDetail } from './decide.ts'
import { type EnrollSeen, hasZtunnel } from './observe.ts'

type Applying = ApplyContext<Settings, WriteClients, EnrollSeen>

/** istioctl makes the revision and points the service at it; our tag says what was baked in. */
export async function enrol({ detail }: Change, context: Applying): Promise<string | undefined> {
  const { clients, desired, seen, signal, output } = context
  const { ecsCluster, service: name, fingerprint = '' } = detail as EnrolDetail
  const { ecs } = clients.aws
  const cluster = clusterOf(seen, ecsCluster)
  const istioctl = await clients.tools.istioctl()
  const watch = { signal, onLine: (line: string) => output(`istioctl ${name}`, line) }
  // Asked again it makes one more revision, and the service runs the newest.
  await retryTool(context, `istioctl ecs add-service ${name}`, () =>
    istioctl.addService(name, cluster, meshProfile(seen.version), watch),
  )
  const service = await ecs.service(ecsCluster, name)
  if (service?.serviceArn === undefined || !(await hasZtunnel(ecs, service.taskDefinition))) {
    throw new Failure({
      code: 'NOT_ENROLLED',
      message: `istioctl reported success, but service ${nameOf({ cluster, name })} runs no revision with a ztunnel.`,
      why: [`task definition: ${service?.taskDefinition ?? 'none'}`],
      suggestions: [`ecs-ambient ecs enroll ${name}`],
    })
  }
  await ecs.tag(service.serviceArn, { [ENROLLED_TAG]: enrolledValue(desired.clusterName, fingerprint) })
  const { taskDefinition } = service
  await steady(context, { cluster: ecsCluster, service: name, ...(taskDefinition ? { taskDefinition } : {}) })
  return taskDefinition
}

/** Back to the newest revision of the same family that has no ztunnel. Our tag goes last: until then it is not done. */
export async function unenrol({ detail }: Change, context: Applying): Promise<string | undefined> {
  const { ecsCluster, service: name, ours, namespace } = detail as UnenrolDetail
  const { ecs } = context.clients.aws
  const service = await ecs.service(ecsCluster, name)
  if (service?.serviceArn === undefined) return undefined
  const current = service.taskDefinition ?? ''
  const { plain, enrolled } = await revisionsOf(
    context,
    current,
    `ecs-ambient ecs unenroll ${name} --ecs-cluster ${ecsCluster}`,
  )
  if (await hasZtunnel(ecs, current)) {
    await ecs.updateService({ cluster: ecsCluster, service: name, taskDefinition: plain })
    await steady(context, { cluster: ecsCluster, service: name, taskDefinition: plain })
  }
  // Whoever runs the newest of a family next must not get a ztunnel; what runs one of these goes on running it.
  if (ours) for (const arn of enrolled) await ecs.deregisterTaskDefinition(arn)
  await removeEntries(name, namespace, context)
  await ecs.untag(service.serviceArn, [ENROLLED_TAG])
  return plain
}

/** The newest revision without a ztunnel, and those that came after it. */
async function revisionsOf(
  { clients }: Applying,
  current: string,
  again: string,
): Promise<{ readonly plain: string; readonly enrolled: readonly string[] }> {
  const { ecs } = clients.aws
  const family = nameInArn(current).split(':')[0] ?? ''
  const enrolled: string[] = []
  for (const arn of await ecs.taskDefinitionArns(family, 'ACTIVE')) {
    if (!(await hasZtunnel(ecs, arn))) return { plain: arn, enrolled }
    enrolled.push(arn)
  }
  throw new Failure({
    code: 'NO_PLAIN_REVISION',
    message: `Family ${family} has no active revision without a ztunnel to go back to.`,
    suggestions: ['ecs-ambient ecs deploy', 'Or register a revision without the container ztunnel.', again],
  })
}

/** What istiod found out by itself it takes away by itself; what istioctl wrote would stay. */
async function removeEntries(service: string, namespace: string | undefined, context: Applying): Promise<void> {
  const kubernetes = await context.clients.kubernetes()
  if (kubernetes === undefined) return
  const entries = await Promise.all(
    (['ServiceEntry', 'WorkloadEntry'] as const).map(kind =>
      kubernetes.list(kindRef(kind), namespace === undefined ? {} : { namespace }),
    ),
  )
  const left = entries.flat().filter(entry => isFor(entry, service) && isByIstioctl(entry))
  await Promise.all(left.map(entry => deleteObject(kubernetes, entry, context)))
}

function clusterOf({ services }: EnrollSeen, name: string): EcsClusterSettings {
  const found = services.find(({ cluster }) => cluster.name === name)
  if (found === undefined) throw new Error(`ECS cluster ${name} was not looked at`)
  return found.cluster
}
