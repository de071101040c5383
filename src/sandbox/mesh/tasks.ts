import type { Region } from '../aws/region.ts'
import type { Task } from '../aws/services/ecs/state.ts'
import { type Bootstrap, decodeBootstrap } from './bootstrap.ts'
import type { Plane } from './plane.ts'
import { reachesIstiod } from './reach.ts'
import type { Container, Workload } from './workload.ts'

export const ZTUNNEL = 'ztunnel'

/** How the mesh calls a task. */
export const workloadName = (task: Task): string => `${serviceOf(task)}-${task.id}`

export const serviceOf = (task: Task): string => task.service?.name ?? task.group.replace(/^[^:]*:/, '')

/** What a task's ztunnel was given, where it has one. */
export function bootstrapOf(task: Task): Bootstrap | undefined {
  const definition = task.definition.shown.containerDefinitions?.find(({ name }) => name === ZTUNNEL)
  const token = definition?.environment?.find(({ name }) => name === 'BOOTSTRAP_TOKEN')?.value
  return token === undefined ? undefined : decodeBootstrap(token)
}

/** The mesh that a task belongs to: the one whose istiod it was told of, as long as that is there to be reached. */
export function planeOf(task: Task, region: Region, planes: readonly Plane[]): Plane | undefined {
  const bootstrap = bootstrapOf(task)
  return planes.find(
    plane =>
      plane.name === bootstrap?.mesh &&
      plane.installed &&
      plane.rootCertificate === bootstrap.rootCertificate &&
      bootstrap.istiod === `https://${plane.istiodGateway?.address}:15012` &&
      mayBe(task, bootstrap, plane) &&
      reachesIstiod(task, plane, region),
  )
}

/** Istiod lets a task be a service account that names the task's role, with or without the role's path. */
function mayBe(task: Task, { namespace, serviceAccount }: Bootstrap, plane: Plane): boolean {
  const account = plane.store.get('ServiceAccount', serviceAccount, namespace)
  const annotation = account?.metadata.annotations?.['ecs.solo.io/role-arn']
  return annotation !== undefined && withoutPath(annotation) === withoutPath(task.definition.shown.taskRoleArn ?? '')
}

export const withoutPath = (roleArn: string): string => roleArn.replace(/:role\/(.*\/)?/, ':role/')

/** A running task as a workload; undefined for one without an address. */
export function taskWorkload(task: Task, region: Region, planes: readonly Plane[]): Workload | undefined {
  const { networkInterface } = task
  if (!networkInterface || task.lastStatus !== 'RUNNING') return undefined
  const plane = planeOf(task, region, planes)
  const bootstrap = plane && bootstrapOf(task)
  const ztunnel = task.containers.find(({ name }) => name === ZTUNNEL)
  const service = serviceOf(task)
  const address = networkInterface.privateIp
  return {
    platform: 'ecs',
    name: workloadName(task),
    app: service,
    identity: {
      namespace: bootstrap?.namespace ?? '',
      serviceAccount: bootstrap?.serviceAccount ?? '',
    },
    labels: { app: service, 'ecs.solo.io/service': service },
    hostname: `ip-${address.replaceAll('.', '-')}.${region.name === 'us-east-1' ? 'ec2' : `${region.name}.compute`}.internal`,
    address,
    groupIds: networkInterface.groups,
    mesh: plane?.name,
    captured: plane !== undefined && ztunnel?.lastStatus === 'RUNNING',
    ready: true,
    containers: containersOf(task),
  }
}

function containersOf(task: Task): readonly Container[] {
  return (task.definition.shown.containerDefinitions ?? []).map(definition => {
    const own = Object.fromEntries((definition.environment ?? []).map(({ name, value }) => [name, value]))
    const state = task.containers.find(({ name }) => name === definition.name)
    return {
      name: definition.name ?? '',
      image: definition.image ?? '',
      environment: {
        ...(own as Record<string, string>),
        AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
        ECS_CONTAINER_METADATA_URI_V4: `http://169.254.170.2/v4/${state?.runtimeId ?? ''}`,
      },
      ports: (definition.portMappings ?? []).flatMap(({ containerPort }) => containerPort ?? []),
      running: state?.lastStatus === 'RUNNING',
    }
  })
}
