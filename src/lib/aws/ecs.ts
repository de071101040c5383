import type {
  Cluster,
  CreateServiceRequest,
  ECS,
  ExecuteCommandResponse,
  RegisterTaskDefinitionRequest,
  Service,
  Task,
  TaskDefinition,
  UpdateServiceRequest,
} from '@aws-sdk/client-ecs'
import { AwsService, allPages, ifFound, inChunks } from './service.ts'
import { lowerTags, type Tags, tagsOf } from './tags.ts'

export interface TaskDefinitionWithTags {
  readonly taskDefinition: TaskDefinition
  readonly tags: Tags
}

const paged = (token: string | undefined) => (token ? { nextToken: token } : {})

/** ECS goes on showing what was deleted as INACTIVE for about an hour: that is absent. */
const alive = ({ status }: { readonly status?: string | undefined }): boolean => status !== 'INACTIVE'

export class EcsReader extends AwsService<ECS> {
  /** The clusters of these names that are not INACTIVE, with their tags and how ECS Exec is configured. */
  async clusters(names: readonly string[]): Promise<readonly Cluster[]> {
    const ecs = await this.sdk()
    const found = await inChunks(names, 100, async clusters => {
      return (await ecs.describeClusters({ clusters, include: ['TAGS', 'CONFIGURATIONS'] })).clusters ?? []
    })
    return found.filter(alive)
  }

  async cluster(name: string): Promise<Cluster | undefined> {
    return (await this.clusters([name]))[0]
  }

  async clusterArns(): Promise<readonly string[]> {
    const ecs = await this.sdk()
    return allPages(
      token => ecs.listClusters(paged(token)),
      page => page.clusterArns,
      page => page.nextToken,
    )
  }

  /** The services of these names that are not INACTIVE, with their tags; none where there is no such cluster. */
  async services(cluster: string, names: readonly string[]): Promise<readonly Service[]> {
    const ecs = await this.sdk()
    const found = await inChunks(names, 10, async services => {
      const answer = ecs.describeServices({ cluster, services, include: ['TAGS'] })
      return (await ifFound(answer, 'ClusterNotFoundException'))?.services ?? []
    })
    return found.filter(alive)
  }

  async service(cluster: string, name: string): Promise<Service | undefined> {
    return (await this.services(cluster, [name]))[0]
  }

  /** ARNs of all services of a cluster; none where there is no such cluster. */
  async serviceArns(cluster: string): Promise<readonly string[]> {
    const ecs = await this.sdk()
    const arns = await ifFound(
      allPages(
        token => ecs.listServices({ cluster, maxResults: 100, ...paged(token) }),
        page => page.serviceArns,
        page => page.nextToken,
      ),
      'ClusterNotFoundException',
    )
    return arns ?? []
  }

  /** A revision by ARN or `family:revision`, or the newest ACTIVE one of a family. ECS says ClientException where there is none. */
  async taskDefinition(arnOrFamily: string): Promise<TaskDefinitionWithTags | undefined> {
    const ecs = await this.sdk()
    const answer = await ifFound(
      ecs.describeTaskDefinition({ taskDefinition: arnOrFamily, include: ['TAGS'] }),
      'ClientException',
    )
    return answer?.taskDefinition && { taskDefinition: answer.taskDefinition, tags: tagsOf(answer.tags) }
  }

  /** The families whose names begin with `prefix` and that have a revision which is not deleted, ACTIVE or not. */
  async families(prefix: string): Promise<readonly string[]> {
    const ecs = await this.sdk()
    return allPages(
      token => ecs.listTaskDefinitionFamilies({ familyPrefix: prefix, status: 'ALL', ...paged(token) }),
      page => page.families,
      page => page.nextToken,
    )
  }

  /** ARNs of all revisions of a family, newest first. */
  async taskDefinitionArns(family: string, status: 'ACTIVE' | 'INACTIVE'): Promise<readonly string[]> {
    const ecs = await this.sdk()
    return allPages(
      token => ecs.listTaskDefinitions({ familyPrefix: family, status, sort: 'DESC', ...paged(token) }),
      page => page.taskDefinitionArns,
      page => page.nextToken,
    )
  }

  /** ARNs of the tasks of a cluster, or of one of its services; none where there is no such cluster. */
  async taskArns(
    cluster: string,
    { service, status = 'RUNNING' }: { readonly service?: string; readonly status?: 'RUNNING' | 'STOPPED' } = {},
  ): Promise<readonly string[]> {
    const ecs = await this.sdk()
    const arns = await ifFound(
      allPages(
        token =>
          ecs.listTasks({
            cluster,
            desiredStatus: status,
            ...(service === undefined ? {} : { serviceName: service }),
            ...paged(token),
          }),
        page => page.taskArns,
        page => page.nextToken,
      ),
      'ClusterNotFoundException',
      'ServiceNotFoundException',
    )
    return arns ?? []
  }

  /** The tasks themselves, as far as ECS still knows them (stopped ones for about an hour). */
  async describeTasks(cluster: string, arns: readonly string[]): Promise<readonly Task[]> {
    const ecs = await this.sdk()
    return inChunks(arns, 100, async tasks => {
      const answer = ecs.describeTasks({ cluster, tasks, include: ['TAGS'] })
      return (await ifFound(answer, 'ClusterNotFoundException'))?.tasks ?? []
    })
  }

  async tasks(
    cluster: string,
    which: { readonly service?: string; readonly status?: 'RUNNING' | 'STOPPED' } = {},
  ): Promise<readonly Task[]> {
    return this.describeTasks(cluster, await this.taskArns(cluster, which))
  }

  async tags(arn: string): Promise<Tags> {
    return tagsOf((await (await this.sdk()).listTagsForResource({ resourceArn: arn })).tags)
  }
}

export interface NewTaskDefinition extends Omit<RegisterTaskDefinitionRequest, 'tags'> {
  readonly tags: Tags
}

export interface NewService extends Omit<CreateServiceRequest, 'tags' | 'clientToken'> {
  readonly tags: Tags
  /** By which ECS knows the same request again; the SDK gives it none. */
  readonly clientToken: string
}

export interface ExecRequest {
  readonly cluster: string
  readonly task: string
  readonly container: string
  readonly command: string
}

export class EcsWriter extends EcsReader {
  /** Creates the cluster, or answers the one of that name. */
  async createCluster(name: string, tags: Tags): Promise<Cluster | undefined> {
    return (await (await this.sdk()).createCluster({ clusterName: name, tags: lowerTags(tags) })).cluster
  }

  async deleteCluster(name: string): Promise<void> {
    await (await this.sdk()).deleteCluster({ cluster: name })
  }

  async registerTaskDefinition({ tags, ...definition }: NewTaskDefinition): Promise<string> {
    const answer = await (await this.sdk()).registerTaskDefinition({ ...definition, tags: lowerTags(tags) })
    return answer.taskDefinition?.taskDefinitionArn ?? ''
  }

  async deregisterTaskDefinition(arn: string): Promise<void> {
    await (await this.sdk()).deregisterTaskDefinition({ taskDefinition: arn })
  }

  /** Deletes revisions that are deregistered already; answers those that could not be, and why. */
  async deleteTaskDefinitions(
    arns: readonly string[],
  ): Promise<readonly { readonly arn: string; readonly why: string }[]> {
    const ecs = await this.sdk()
    return inChunks(arns, 10, async taskDefinitions => {
      const { failures = [] } = await ecs.deleteTaskDefinitions({ taskDefinitions })
      return failures.map(({ arn = '', reason, detail }) => ({ arn, why: [reason, detail].filter(Boolean).join(': ') }))
    })
  }

  async createService({ tags, ...service }: NewService): Promise<Service | undefined> {
    return (await (await this.sdk()).createService({ ...service, tags: lowerTags(tags) })).service
  }

  async updateService(service: UpdateServiceRequest): Promise<Service | undefined> {
    return (await (await this.sdk()).updateService(service)).service
  }

  /** Stops the service's tasks too. */
  async deleteService(cluster: string, name: string): Promise<void> {
    await (await this.sdk()).deleteService({ cluster, service: name, force: true })
  }

  async stopTask(cluster: string, task: string, reason: string): Promise<void> {
    await (await this.sdk()).stopTask({ cluster, task, reason })
  }

  async tag(arn: string, tags: Tags): Promise<void> {
    await (await this.sdk()).tagResource({ resourceArn: arn, tags: lowerTags(tags) })
  }

  async untag(arn: string, keys: readonly string[]): Promise<void> {
    await (await this.sdk()).untagResource({ resourceArn: arn, tagKeys: [...keys] })
  }

  /** Opens a session to a container. The answer holds the session's token, a secret. */
  async executeCommand(request: ExecRequest): Promise<ExecuteCommandResponse> {
    return (await this.sdk()).executeCommand({ ...request, interactive: true })
  }
}
