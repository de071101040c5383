import { AwsError } from '../../aws/wire/error.ts'
import type { HeldCluster } from '../../clusters.ts'
import { valueAt } from '../../kubernetes/objects.ts'
import { type Bootstrap, encodeBootstrap } from '../../mesh/bootstrap.ts'
import { SYSTEM } from '../../mesh/plane.ts'
import { ZTUNNEL } from '../../mesh/tasks.ts'
import { requireAws } from '../caller.ts'
import { stopIfGone, ToolError } from '../tool.ts'
import { type Action, clusterOf, type Invoked } from './context.ts'

const ROLE_ANNOTATION = 'ecs.solo.io/role-arn'

/**
 * Enrols an ECS service: a new revision of its task definition with a ztunnel that everything else waits for, and the
 * service pointed at it.
 */
export const addService: Action = async invoked => {
  const { run, parsed, options } = invoked
  const { flags, words } = parsed
  const [, , service, ...more] = words
  if (service === undefined || more.length > 0) throw new ToolError('one arguments expected (the service name)')
  const cluster = flags.get('cluster')
  if (!cluster) throw new ToolError('--cluster is required')
  const namespace = flags.get('namespace') ?? SYSTEM
  const serviceAccount = flags.get('service-account') ?? 'default'
  const { region } = requireAws(run, options.endpoint)
  const held = await clusterOf(invoked)
  const say = (line: string) => run.err(`${line}\n`)

  const { taskDefinition: arn } = await serviceOf(invoked, cluster, service, region)
  const { taskDefinition, tags } = await aws(`failed to find task definition "${arn}"`, () =>
    options.cloud.call('ecs', 'DescribeTaskDefinition', { taskDefinition: arn ?? '', include: ['TAGS'] }, region),
  )
  const role = taskDefinition?.taskRoleArn
  if (role === undefined) {
    throw new ToolError(`task definition "${arn}" does not have an 'executionRoleArn' defined, which is required`)
  }
  const image = ztunnelImage(held)
  say(`• Generating a bootstrap token for ${namespace}/${serviceAccount}...`)
  bindRole(held, namespace, serviceAccount, role)
  const bootstrap = bootstrapOf(invoked, held, { namespace, serviceAccount }, say)
  say(`• Workload is authorized to run as role "${role}"`)
  if (flags.has('external')) say('• Marking this workload as external to the network (pass --internal to override)')

  stopIfGone(run.signal)
  const containers = (taskDefinition?.containerDefinitions ?? []).filter(({ name }) => name !== ZTUNNEL)
  const logs = containers.find(({ logConfiguration }) => logConfiguration)?.logConfiguration?.options
  const {
    status: _,
    revision: __,
    taskDefinitionArn: ___,
    compatibilities,
    requiresAttributes,
    registeredAt,
    registeredBy,
    ...kept
  } = taskDefinition ?? {}
  const registered = await aws('failed to register task definition', () =>
    options.cloud.call(
      'ecs',
      'RegisterTaskDefinition',
      {
        ...kept,
        family: kept.family,
        ...(tags?.length ? { tags } : {}),
        containerDefinitions: [
          ...containers.map(container => ({
            ...container,
            dependsOn: [
              ...(container.dependsOn ?? []).filter(({ containerName }) => containerName !== ZTUNNEL),
              { containerName: ZTUNNEL, condition: 'HEALTHY' as const },
            ],
          })),
          ztunnelContainer(image, encodeBootstrap(bootstrap), logs, region),
        ],
      },
      region,
    ),
  )
  const revision = registered.taskDefinition?.taskDefinitionArn
  say(`• Created task definition ${revision}`)

  stopIfGone(run.signal)
  const updated = await aws('failed to update service', () =>
    options.cloud.call(
      'ecs',
      'UpdateService',
      { cluster, service, taskDefinition: revision, propagateTags: 'SERVICE' },
      region,
    ),
  )
  const serviceArn = updated.service?.serviceArn
  await aws('failed to update service tags', () =>
    options.cloud.call(
      'ecs',
      'TagResource',
      {
        resourceArn: serviceArn,
        tags: [
          { key: 'ecs.solo.io/service-account', value: serviceAccount },
          { key: 'ecs.solo.io/namespace', value: namespace },
          ...['hostname', 'ports'].flatMap(name => {
            const value = flags.get(name)
            return value === undefined ? [] : [{ key: `ecs.solo.io/${name}`, value }]
          }),
        ],
      },
      region,
    ),
  )
  held.istiod.discover()
  say(`• Successfully enrolled service "${service}" (${serviceArn}) to the mesh`)
  return 0
}

async function serviceOf({ options }: Invoked, cluster: string, service: string, region: string) {
  const { services = [] } = await aws(`failed to find service "${service}"`, () =>
    options.cloud.call('ecs', 'DescribeServices', { cluster, services: [service] }, region),
  )
  const [found] = services
  if (!found || found.status === 'INACTIVE') {
    throw new ToolError(`service "${service}" has ${services.length} services, expected 1`)
  }
  return found
}

function ztunnelImage({ cluster: { store } }: HeldCluster): string {
  const image = valueAt(store.get('DaemonSet', 'ztunnel', SYSTEM), 'spec', 'template', 'spec', 'containers', 0, 'image')
  if (typeof image === 'string') return image
  throw new ToolError('failed to find ztunnel image: failed to get Ztunnel image: daemonsets.apps "ztunnel" not found')
}

/** A service account stands for one role; one that has none yet gets this one. */
function bindRole({ cluster: { store } }: HeldCluster, namespace: string, name: string, role: string): void {
  const account = store.get('ServiceAccount', name, namespace)
  const failed = 'failed to generate bootstrap token'
  if (!account) {
    throw new ToolError(
      `${failed}: failed to get service account ${namespace}/${name}: serviceaccounts "${name}" not found`,
    )
  }
  const annotation = account.metadata.annotations?.[ROLE_ANNOTATION]
  if (annotation !== undefined && annotation !== role) {
    throw new ToolError(
      `${failed}: service account ${namespace}/${name} already has been configured for role "${annotation}", but we are trying to attach it to "${role}"`,
    )
  }
  store.patch(
    'ServiceAccount',
    name,
    namespace,
    { metadata: { annotations: { [ROLE_ANNOTATION]: role } } },
    { manager: 'istioctl' },
  )
}

function bootstrapOf(
  { options: { mesh } }: Invoked,
  held: HeldCluster,
  identity: Pick<Bootstrap, 'namespace' | 'serviceAccount'>,
  say: (line: string) => void,
): Bootstrap {
  const plane = mesh.plane(held.id)
  const rootCertificate = plane?.rootCertificate
  if (rootCertificate === undefined) {
    throw new ToolError(
      `failed to generate bootstrap token: failed to fetch root cert: configmaps "istio-ca-root-cert" not found`,
    )
  }
  say('• Fetched Istiod Root Cert')
  const network = held.cluster.store.get('Namespace', SYSTEM)?.metadata.labels?.['topology.istio.io/network']
  if (network !== undefined) say(`• Fetched Istio network (${network})`)
  say('• Fetching Istiod URL...')
  const gateway = plane?.istiodGateway
  if (gateway?.address === undefined) {
    throw new ToolError(
      'failed to generate bootstrap token: no Gateway with the label istio.io/expose-istiod has an address',
    )
  }
  say(`  • Service "${gateway.name}" provides Istiod access on port 15012`)
  const istiod = `https://${gateway.address}:15012`
  say(`• Fetching Istiod URL (${istiod})`)
  return { istiod, rootCertificate, ...identity, mesh: held.id, ...(network === undefined ? {} : { network }) }
}

const ztunnelContainer = (
  image: string,
  token: string,
  logs: Readonly<Record<string, string>> | undefined,
  region: string,
) => ({
  name: ZTUNNEL,
  image,
  environment: [{ name: 'BOOTSTRAP_TOKEN', value: token }],
  healthCheck: { command: ['ztunnel', 'healthcheck'], interval: 5, retries: 3, startPeriod: 10, timeout: 5 },
  ...(logs?.['awslogs-group'] === undefined
    ? {}
    : {
        logConfiguration: {
          logDriver: 'awslogs' as const,
          options: {
            'awslogs-create-group': 'true',
            'awslogs-group': logs['awslogs-group'],
            'awslogs-region': region,
            'awslogs-stream-prefix': ZTUNNEL,
          },
        },
      }),
})

/** @throws ToolError with AWS's refusal as the SDK for Go words it */
async function aws<T>(failed: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    throw new ToolError(
      `${failed}: operation error ECS: https response error StatusCode: ${error.status ?? 400}, ${error.code}: ${error.message}`,
    )
  }
}
