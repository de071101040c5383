import type * as sdk from '@aws-sdk/client-ecs'
import { page } from '../../paging.ts'
import { lowerTags } from '../../tags.ts'
import type { Handlers } from '../../wire/service.ts'
import { startTask, stopTask } from './lifecycle.ts'
import { hasFargateCapacity } from './limits.ts'
import { activeCluster, arnOf, clientError, invalid, nameOf, serviceOf, taskOf, usableDefinition } from './lookup.ts'
import { checkNetwork } from './network.ts'
import { platformOf } from './platform.ts'
import type { Task } from './state.ts'
import { checkedTags } from './tags.ts'

/** The status of the network interface's attachment, by the task's own. */
const ATTACHMENT: Partial<Record<Task['lastStatus'], string>> = {
  PROVISIONING: 'PRECREATED',
  DEPROVISIONING: 'DETACHING',
  STOPPED: 'DELETED',
}

function attachments(task: Task): sdk.Attachment[] {
  const card = task.networkInterface
  const details = {
    subnetId: card?.subnetId ?? task.network?.awsvpcConfiguration?.subnets?.[0],
    networkInterfaceId: card?.id,
    macAddress: card && `0a:58:${(card.id.slice(-8).match(/../g) ?? []).join(':')}`,
    privateDnsName: card && `ip-${card.privateIp.replaceAll('.', '-')}.ec2.internal`,
    privateIPv4Address: card?.privateIp,
  }
  return [
    {
      id: task.attachmentId,
      type: 'ElasticNetworkInterface',
      status: ATTACHMENT[task.lastStatus] ?? 'ATTACHED',
      details: Object.entries(details).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
    },
  ]
}

/** The task's health is that of its containers: the worst that is known. */
function healthOf({ containers }: Task): sdk.HealthStatus {
  const all = new Set(containers.map(({ healthStatus }) => healthStatus))
  if (all.has('UNHEALTHY')) return 'UNHEALTHY'
  return all.has('HEALTHY') ? 'HEALTHY' : 'UNKNOWN'
}

function shown(task: Task, include: readonly string[] = []): sdk.Task {
  const { definition } = task
  return {
    taskArn: task.arn,
    clusterArn: task.cluster.arn,
    taskDefinitionArn: definition.shown.taskDefinitionArn,
    group: task.group,
    startedBy: task.startedBy,
    version: task.version,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    healthStatus: healthOf(task),
    connectivity: task.times.connectivityAt ? 'CONNECTED' : undefined,
    launchType: 'FARGATE',
    platformVersion: task.platformVersion,
    platformFamily: 'Linux',
    cpu: definition.shown.cpu,
    memory: definition.shown.memory,
    availabilityZone: task.networkInterface?.zone,
    containers: task.containers,
    attachments: attachments(task),
    attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
    overrides: { containerOverrides: task.containers.map(({ name }) => ({ name })), inferenceAcceleratorOverrides: [] },
    enableExecuteCommand: task.executeCommand,
    ephemeralStorage: { sizeInGiB: 20 },
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    tags: include.includes('TAGS') ? lowerTags.write(task.tags) : [],
    ...task.times,
  }
}

export const taskOperations = {
  RunTask(input, { region }) {
    const cluster = activeCluster(region, input.cluster)
    const definition = usableDefinition(region, input.taskDefinition)
    checkNetwork(region, input.networkConfiguration)
    if (!hasFargateCapacity(region, definition))
      throw clientError('You’ve reached the limit on the number of vCPUs you can run concurrently')
    const platformVersion = platformOf(input.platformVersion)
    const tags = checkedTags(input.tags)
    const tasks = Array.from({ length: input.count ?? 1 }, () =>
      startTask(region, cluster, {
        definition,
        group: input.group ?? `family:${definition.shown.family}`,
        startedBy: input.startedBy,
        service: undefined,
        network: input.networkConfiguration,
        executeCommand: input.enableExecuteCommand ?? false,
        platformVersion,
        tags: new Map(tags),
        changed: () => undefined,
      }),
    )
    return { tasks: tasks.map(task => shown(task, ['TAGS'])), failures: [] }
  },

  StopTask({ cluster: reference, task: id, reason = 'Task stopped by user' }, { region }) {
    const task = taskOf(activeCluster(region, reference), id)
    stopTask(region, task, 'UserInitiated', reason)
    return { task: shown(task) }
  },

  DescribeTasks({ cluster: reference, tasks = [], include }, { region }) {
    const cluster = activeCluster(region, reference)
    if (tasks.length > MAX_TASKS) throw invalid(`tasks must have at most ${MAX_TASKS} items`)
    const found = tasks.map(id => ({ id, task: cluster.tasks.get(nameOf(id)) }))
    return {
      tasks: found.flatMap(({ task }) => (task ? [shown(task, include)] : [])),
      failures: found
        .filter(({ task }) => task === undefined)
        .map(({ id }) => ({ arn: arnOf(region, `task/${cluster.name}/${nameOf(id)}`), reason: 'MISSING' })),
    }
  },

  ListTasks(input, { region }) {
    const cluster = activeCluster(region, input.cluster)
    const service = input.serviceName === undefined ? undefined : serviceOf(cluster, input.serviceName)
    const found = [...cluster.tasks.values()].filter(task => isWanted(task, input, service?.name))
    const { items, next } = page(found, {
      key: ({ arn }) => arn,
      token: input.nextToken,
      size: input.maxResults ?? MAX_TASKS,
      invalidToken: () => invalid('Invalid token.'),
    })
    return { taskArns: items.map(({ arn }) => arn), ...(next === undefined ? {} : { nextToken: next }) }
  },
} satisfies Handlers<typeof sdk>

const MAX_TASKS = 100

const isWanted = (task: Task, input: sdk.ListTasksRequest, service: string | undefined): boolean =>
  task.desiredStatus === (input.desiredStatus ?? 'RUNNING') &&
  (service === undefined || task.service?.name === service) &&
  (input.family === undefined || task.definition.shown.family === input.family) &&
  (input.startedBy === undefined || task.startedBy === input.startedBy)
