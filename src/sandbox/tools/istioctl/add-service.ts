import type { ContainerDefinition, RegisterTaskDefinitionRequest, TaskDefinition } from '@aws-sdk/client-ecs'
import { AwsError } from '../../aws/wire/error.ts'
import type { HeldCluster } from '../../clusters.ts'
import { valueAt } from '../../kubernetes/objects.ts'
import { type Bootstrap, bootstrapVariable, ZTUNNEL } from '../../mesh/bootstrap.ts'
import { SYSTEM } from '../../mesh/plane.ts'
import { roleOf, standsFor } from '../../mesh/tasks.ts'
import { requireAws } from '../caller.ts'
import { stopIfGone, ToolError } from '../tool.ts'
import { type Action, clusterOf, type Invoked } from './context.ts'

type Identity = Pick<Bootstrap, 'namespace' | 'serviceAccount'>

/**
 * Enrols an ECS service: a new revision of its task definition with a ztunnel that everything else waits for, and the
 * service pointed at it. What it prints is what the guide shows; how it does it is the sandbox's own.
 */
export const addService: Action = async invoked => {
  const { run, options } = invoked
  const { cluster, service, ...identity } = askedFor(invoked)
  const { region } = requireAws(run, options.endpoint)
  const held = await clusterOf(invoked)
  const ecs = options.cloud
  const say = (line: string) => run.out(`${line}\n`)

  const { services = [] } = await asking(`for service ${service}`, () =>
    ecs.call('ecs', 'DescribeServices', { cluster, services: [service] }, region),
  )
  const current = services.find(({ status }) => status !== 'INACTIVE')
  if (!current) throw new ToolError(`ECS cluster ${cluster} has no service ${service}`)
  const { taskDefinition: plain, tags = [] } = await asking(`for the revision of ${service}`, () =>
    ecs.call('ecs', 'DescribeTaskDefinition', { taskDefinition: current.taskDefinition, include: ['TAGS'] }, region),
  )
  const role = plain?.taskRoleArn
  if (plain === undefined || role === undefined)
    throw new ToolError(`the tasks of ${service} have no role, by which they could be known`)
  const image = ztunnelImage(held)

  say(`• Generating a bootstrap token for ${identity.namespace}/${identity.serviceAccount}...`)
  checkAccount(held, identity, role)
  const bootstrap = bootstrapFor(invoked, held, identity, say)
  say(`• Workload is authorized to run as role "${role}"`)

  stopIfGone(run.signal)
  const enrolled = withZtunnel(plain, image, bootstrap)
  const { taskDefinition: made } = await asking('for a new revision', () =>
    ecs.call('ecs', 'RegisterTaskDefinition', { ...enrolled, ...(tags.length > 0 ? { tags } : {}) }, region),
  )
  const revision = made?.taskDefinitionArn
  say(`• Created task definition ${revision}`)

  stopIfGone(run.signal)
  const { serviceArn } = current
  await asking(`for service ${service} to run it`, () =>
    ecs.call('ecs', 'UpdateService', { cluster, service, taskDefinition: revision }, region),
  )
  const account = { key: 'ecs.solo.io/service-account', value: identity.serviceAccount }
  await asking(`for a tag on service ${service}`, () =>
    ecs.call('ecs', 'TagResource', { resourceArn: serviceArn, tags: [account] }, region),
  )
  held.istiod.discover()
  say(`• Successfully enrolled service "${service}" (${serviceArn}) to the mesh`)
  return 0
}

function askedFor({ parsed: { flags, words } }: Invoked): Identity & { cluster: string; service: string } {
  const [, , service, ...more] = words
  if (service === undefined || more.length > 0) throw new ToolError('add-service takes the name of one ECS service')
  const needed = (flag: string, what: string) => {
    const value = flags.get(flag)
    if (!value) throw new ToolError(`add-service needs --${flag}, ${what}`)
    return value
  }
  return {
    service,
    cluster: needed('cluster', 'the ECS cluster of the service'),
    namespace: needed('namespace', 'the namespace that the service is to be in'),
    serviceAccount: flags.get('service-account') ?? 'default',
  }
}

/** The same as those of the cluster run. */
function ztunnelImage({ cluster: { store } }: HeldCluster): string {
  const image = valueAt(store.get('DaemonSet', ZTUNNEL, SYSTEM), 'spec', 'template', 'spec', 'containers', 0, 'image')
  if (typeof image === 'string') return image
  throw new ToolError('there is no ztunnel in the cluster: install Istio in ambient mode first')
}

function checkAccount(
  { cluster: { store } }: HeldCluster,
  { namespace, serviceAccount }: Identity,
  role: string,
): void {
  const account = store.get('ServiceAccount', serviceAccount, namespace)
  if (!account) throw new ToolError(`there is no service account ${namespace}/${serviceAccount}`)
  if (standsFor(account, role)) return
  throw new ToolError(
    `service account ${namespace}/${serviceAccount} is for role ${roleOf(account.metadata)}, and the tasks have ${role}`,
  )
}

function bootstrapFor(
  { options: { mesh } }: Invoked,
  { id }: HeldCluster,
  identity: Identity,
  say: (line: string) => void,
): Bootstrap {
  const plane = mesh.plane(id)
  const rootCertificate = plane?.rootCertificate
  if (rootCertificate === undefined) throw new ToolError('istiod has not written its root certificate yet')
  say('• Fetched Istiod Root Cert')
  say('• Fetching Istiod URL...')
  const gateway = plane?.istiodGateway
  if (gateway?.address === undefined) {
    throw new ToolError('istiod is not to be reached: no Gateway that exposes it has an address')
  }
  say(`  • Service "${gateway.name}" provides Istiod access on port 15012`)
  const istiod = `https://${gateway.address}:15012`
  say(`• Fetching Istiod URL (${istiod})`)
  return { istiod, rootCertificate, ...identity, mesh: id }
}

/** A revision to register: all of the given one, and a ztunnel that its containers wait for. */
function withZtunnel(plain: TaskDefinition, image: string, bootstrap: Bootstrap): RegisterTaskDefinitionRequest {
  const own = (plain.containerDefinitions ?? []).filter(({ name }) => name !== ZTUNNEL)
  const waiting = own.map(({ dependsOn = [], ...container }) => ({
    ...container,
    dependsOn: [
      ...dependsOn.filter(({ containerName }) => containerName !== ZTUNNEL),
      { containerName: ZTUNNEL, condition: 'HEALTHY' as const },
    ],
  }))
  return {
    family: plain.family,
    cpu: plain.cpu,
    memory: plain.memory,
    networkMode: plain.networkMode,
    requiresCompatibilities: plain.requiresCompatibilities,
    runtimePlatform: plain.runtimePlatform,
    ephemeralStorage: plain.ephemeralStorage,
    volumes: plain.volumes,
    taskRoleArn: plain.taskRoleArn,
    executionRoleArn: plain.executionRoleArn,
    containerDefinitions: [...waiting, ztunnelContainer(image, bootstrap, own)],
  }
}

/** It logs to where the service's own containers do. */
function ztunnelContainer(
  image: string,
  bootstrap: Bootstrap,
  beside: readonly ContainerDefinition[],
): ContainerDefinition {
  const { logConfiguration } = beside.find(container => container.logConfiguration) ?? {}
  return {
    name: ZTUNNEL,
    image,
    environment: [bootstrapVariable(bootstrap)],
    healthCheck: { command: ['CMD', 'sandbox-ztunnel-is-ready'] },
    ...(logConfiguration && {
      logConfiguration: {
        ...logConfiguration,
        options: { ...logConfiguration.options, 'awslogs-stream-prefix': ZTUNNEL },
      },
    }),
  }
}

/** @throws ToolError with AWS's refusal, its status as the SDK for Go tells it */
async function asking<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const { status = 400, code, message } = error
    throw new ToolError(`ECS was asked ${what} and refused, StatusCode: ${status}, ${code}: ${message}`)
  }
}
