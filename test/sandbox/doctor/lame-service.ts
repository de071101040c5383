import type { RegisterTaskDefinitionRequest, TaskDefinition } from '@aws-sdk/client-ecs'
import type { MeshWorld } from '../steps/mesh-world.ts'

const CLUSTER = 'ecs-ambient-ecs'
const NAME = 'lame'
const UNPULLABLE = 'example.invalid/unpullable:1'

/** A service beside the demo's whose task definition has everything that ECS Exec and the mesh can't bear. */
export class LameService {
  readonly #world: MeshWorld
  readonly #good: TaskDefinition

  private constructor(world: MeshWorld, good: TaskDefinition) {
    this.#world = world
    this.#good = good
  }

  static async make(world: MeshWorld): Promise<LameService> {
    const { aws } = world.sandbox
    const described = await aws.call('ecs', 'DescribeServices', { cluster: CLUSTER, services: ['echo-service'] })
    const echo = described.services?.[0]
    const { taskDefinition } = await aws.call('ecs', 'DescribeTaskDefinition', { taskDefinition: echo?.taskDefinition })
    if (taskDefinition === undefined) throw new Error('no task definition')
    const service = new LameService(world, taskDefinition)
    await aws.call('ecs', 'CreateService', {
      cluster: CLUSTER,
      serviceName: NAME,
      taskDefinition: await service.#register({
        pidMode: 'task',
        containerDefinitions: [
          {
            name: 'lame',
            image: 'lame:1',
            readonlyRootFilesystem: true,
            environment: [{ name: 'AWS_ACCESS_KEY_ID', value: 'AKIALAME' }],
          },
        ],
      }),
      networkConfiguration: echo?.networkConfiguration,
      desiredCount: 1,
      launchType: 'FARGATE',
    })
    await service.#until(() => service.#statuses().includes('RUNNING'))
    return service
  }

  async runUnpullable(): Promise<void> {
    this.#world.sandbox.aws.region().ecs.badImages.add(UNPULLABLE)
    const containerDefinitions = [{ name: 'lame', image: UNPULLABLE }]
    await this.#update({ taskDefinition: await this.#register({ containerDefinitions }) })
    await this.#until(() => this.#statuses().includes('STOPPED'))
  }

  /** As the enrolled echo-service, tags and all. */
  async runAsEcho(): Promise<void> {
    const { aws } = this.#world.sandbox
    const services = aws.region().ecs.clusters.get(CLUSTER)?.services
    for (const [key, value] of services?.get('echo-service')?.tags ?? []) services?.get(NAME)?.tags.set(key, value)
    await this.#update({ taskDefinition: this.#good.taskDefinitionArn, enableExecuteCommand: true })
    await this.#until(() => this.#statuses().filter(status => status !== 'STOPPED').length === 1)
  }

  async #register(
    definition: Pick<RegisterTaskDefinitionRequest, 'pidMode' | 'containerDefinitions'>,
  ): Promise<string | undefined> {
    const { cpu, memory, networkMode, requiresCompatibilities, taskRoleArn, executionRoleArn } = this.#good
    const answer = await this.#world.sandbox.aws.call('ecs', 'RegisterTaskDefinition', {
      ...{ cpu, memory, networkMode, requiresCompatibilities, taskRoleArn, executionRoleArn },
      family: NAME,
      ...definition,
    })
    return answer.taskDefinition?.taskDefinitionArn
  }

  async #update(change: {
    readonly taskDefinition: string | undefined
    readonly enableExecuteCommand?: boolean
  }): Promise<void> {
    await this.#world.sandbox.aws.call('ecs', 'UpdateService', { cluster: CLUSTER, service: NAME, ...change })
  }

  #statuses(): readonly string[] {
    const tasks = this.#world.sandbox.aws.region().ecs.clusters.get(CLUSTER)?.tasks.values() ?? []
    return [...tasks].filter(task => task.service?.name === NAME).map(({ lastStatus }) => lastStatus)
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) await this.#world.sandbox.clock.sleep(5_000)
  }
}
