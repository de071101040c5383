import type { ContainerDefinition, Service, Task, TaskDefinition } from '@aws-sdk/client-ecs'
import { nameInArn } from '../../aws/arn.ts'
import type { EcsClusterSettings } from '../../config/settings.ts'
import { observeEnrolment, targetsOf } from '../../steps/enroll/observe.ts'
import { Needs } from '../check.ts'
import { once, oncePer } from '../once.ts'
import type { KubernetesFacts } from './kubernetes.ts'
import type { Sources } from './sources.ts'

/** A service of the configuration that stands. */
export interface StandingService {
  readonly cluster: EcsClusterSettings
  readonly name: string
  readonly service: Service
}

/** A running task of such a service, with the revision that it was started from. */
export interface RunningTask {
  /** `echo-service 3f2a…`: for messages. */
  readonly label: string
  readonly service: string
  readonly task: Task
  readonly definition: TaskDefinition | undefined
}

/** One container of the services' task definitions. */
export interface Use {
  readonly service: string
  readonly container: ContainerDefinition
  readonly definition: TaskDefinition
}

export type EcsFacts = ReturnType<typeof ecsFacts>

export function ecsFacts({ settings, clients }: Sources, kubernetes: KubernetesFacts) {
  const { ecs } = clients.aws
  const { ecsClusters } = settings
  const clusters = once(() => ecs.clusters(ecsClusters.map(({ name }) => name)))
  const found = once(async () => {
    const lists = ecsClusters.map(async cluster => {
      const services = await ecs.services(
        cluster.name,
        cluster.services.map(({ name }) => name),
      )
      const active = services.filter(({ status }) => status === 'ACTIVE')
      return active.map(service => ({ cluster, name: service.serviceName ?? '', service }))
    })
    return (await Promise.all(lists)).flat()
  })
  const services = once(async (): Promise<readonly StandingService[]> => {
    const standing = await found()
    if (standing.length === 0) throw new Needs('the ECS services', 'EA1453')
    return standing
  })
  const definition = oncePer(async (arn: string) => (await ecs.taskDefinition(arn))?.taskDefinition)
  const tasksOf = oncePer((cluster: string) => ecs.tasks(cluster))
  const tasks = once(async (): Promise<readonly RunningTask[]> => {
    const standing = await services()
    const lists = standing.map(async ({ cluster, name }) => {
      const own = (await tasksOf(cluster.name)).filter(({ group }) => group === `service:${name}`)
      return Promise.all(own.map(task => described(name, task, definition)))
    })
    const running = (await Promise.all(lists)).flat()
    if (running.length === 0) throw new Needs('running tasks', 'EA1453')
    return running
  })
  return {
    clusters,
    /** Those of the configuration that stand, perhaps none. */
    found,
    /** @throws Needs where none stands */
    services,
    /** @throws Needs where none runs */
    tasks,
    /** The containers that the services run now. */
    uses: once(async (): Promise<readonly Use[]> => {
      const lists = (await services()).map(async ({ name, service }) => {
        const revision = await definition(service.taskDefinition ?? '')
        return (revision?.containerDefinitions ?? []).map(container => ({
          service: name,
          container,
          definition: revision as TaskDefinition,
        }))
      })
      return (await Promise.all(lists)).flat()
    }),
    /** Images that some container of the services runs: they were pulled, however. */
    pulled: once(async (): Promise<ReadonlySet<string>> => {
      const standing = await services()
      const all = (await Promise.all(standing.map(({ cluster }) => tasksOf(cluster.name)))).flat()
      const running = all.flatMap(({ containers = [] }) => containers).filter(one => one.lastStatus === 'RUNNING')
      return new Set(running.flatMap(({ image }) => image ?? []))
    }),
    /** Tasks that stopped within about the last hour. */
    stopped: once(async () => {
      await services()
      return (await Promise.all(ecsClusters.map(({ name }) => ecs.tasks(name, { status: 'STOPPED' })))).flat()
    }),
    enrolment: once(async () => {
      await Promise.all([services(), kubernetes.api()])
      return observeEnrolment({ clients, desired: settings }, targetsOf(settings, undefined))
    }),
    /** What the ztunnels of the EKS nodes know. */
    workloads: once(async () => {
      await kubernetes.api()
      return (await clients.tools.istioctl()).workloads()
    }),
  }
}

async function described(
  service: string,
  task: Task,
  definition: (arn: string) => Promise<TaskDefinition | undefined>,
): Promise<RunningTask> {
  const id = nameInArn(task.taskArn)
  return {
    label: `${service} ${id.slice(0, 8)}`,
    service,
    task,
    definition: await definition(task.taskDefinitionArn ?? ''),
  }
}
