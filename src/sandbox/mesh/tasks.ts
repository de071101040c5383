import type { Region } from '../aws/region.ts'
import type { Task } from '../aws/services/ecs/state.ts'
import type { KubeObject } from '../kubernetes/objects.ts'
import { type Bootstrap, readBootstrap, ZTUNNEL } from './bootstrap.ts'
import type { Plane } from './plane.ts'
import { reachesIstiod } from './reach.ts'
import type { Container, Workload } from './workload.ts'

const ROLE = 'ecs.solo.io/role-arn'

/** How the mesh calls a task. */
export const workloadName = (task: Task): string => `${serviceOf(task)}-${task.id}`

export const serviceOf = (task: Task): string => task.service?.name ?? task.group.replace(/^[^:]*:/, '')

/** What a task's ztunnel was told, where it has one. */
export const bootstrapOf = ({ definition }: Task): Bootstrap | undefined =>
  readBootstrap(definition.shown.containerDefinitions)

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

function mayBe(task: Task, { namespace, serviceAccount }: Bootstrap, plane: Plane): boolean {
  const account = plane.store.get('ServiceAccount', serviceAccount, namespace)
  return account !== undefined && standsFor(account, task.definition.shown.taskRoleArn ?? '')
}

/**
 * A service account stands for the role that it names, with or without the role's path; one that names none, as the
 * guide's `default`, for whichever it is used with.
 */
export function standsFor({ metadata }: KubeObject, role: string): boolean {
  const named = roleOf(metadata)
  return named === undefined || withoutPath(named) === withoutPath(role)
}

export const roleOf = ({ annotations }: KubeObject['metadata']): string | undefined => annotations?.[ROLE]

const withoutPath = (roleArn: string): string => roleArn.replace(/:role\/(.*\/)?/, ':role/')

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
    labels: { app: service },
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
