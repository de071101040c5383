import type { Container } from '@aws-sdk/client-ecs'
import { hex, uuid } from '../../ids.ts'
import type { Region } from '../../region.ts'
import { type Place, reachesInternet, reachesService } from '../ec2/reach.ts'
import { addInterface } from '../ec2/state.ts'
import { appendEvents, openStream } from '../logs/state.ts'
import { arnOf } from './lookup.ts'
import { placeOf } from './network.ts'
import type { EcsCluster, StopCode, Task } from './state.ts'
import { TIMES } from './timing.ts'

type NewTask = Pick<
  Task,
  | 'definition'
  | 'group'
  | 'startedBy'
  | 'service'
  | 'network'
  | 'executeCommand'
  | 'platformVersion'
  | 'tags'
  | 'changed'
>

/** Starts a task: it gets its network interface, then its images, then it runs. */
export function startTask(region: Region, cluster: EcsCluster, spec: NewTask): Task {
  const id = hex(32)
  const arn = arnOf(region, `task/${cluster.name}/${id}`)
  const task: Task = {
    ...spec,
    arn,
    id,
    cluster,
    containers: [],
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    attachmentId: uuid(),
    networkInterface: undefined,
    stopCode: undefined,
    stoppedReason: undefined,
    version: 1,
    times: { createdAt: new Date(region.clock.now()) },
  }
  task.containers = (spec.definition.shown.containerDefinitions ?? []).map(container => ({
    containerArn: arnOf(region, `container/${cluster.name}/${id}/${uuid()}`),
    taskArn: arn,
    name: container.name,
    image: container.image,
    lastStatus: 'PENDING',
    networkInterfaces: [],
    healthStatus: 'UNKNOWN',
    cpu: String(container.cpu ?? 0),
    ...(spec.executeCommand
      ? { managedAgents: [{ name: 'ExecuteCommandAgent' as const, lastStatus: 'PENDING' }] }
      : {}),
  }))
  cluster.tasks.set(id, task)
  then(region, task, TIMES.provisioning, () => attach(region, task))
  return task
}

/** Does the next thing unless the task is being stopped by then. */
function then(region: Region, task: Task, ms: number, next: () => void): void {
  region.clock.after(ms, () => {
    if (task.desiredStatus === 'RUNNING') next()
  })
}

function move(region: Region, task: Task, status: Task['lastStatus'], ...times: (keyof Task['times'])[]): void {
  task.lastStatus = status
  task.version += 1
  for (const time of times) task.times[time] = new Date(region.clock.now())
  task.changed()
}

function attach(region: Region, task: Task): void {
  const vpc = task.network?.awsvpcConfiguration
  const subnets = vpc?.subnets ?? []
  const subnetId = subnets[task.cluster.tasks.size % subnets.length] ?? ''
  task.networkInterface = addInterface(region.ec2, {
    subnetId,
    groups: vpc?.securityGroups?.length ? [...vpc.securityGroups] : defaultGroup(region, subnetId),
    description: arnOf(region, `attachment/${task.attachmentId}`),
    requester: '578734482556',
    attachment: task.arn,
  })
  const attached = { attachmentId: task.attachmentId, privateIpv4Address: task.networkInterface.privateIp }
  updateContainers(task, container => ({ ...container, networkInterfaces: [attached] }))
  move(region, task, 'PENDING', 'connectivityAt', 'pullStartedAt')
  then(region, task, TIMES.pending, () => run(region, task))
}

function defaultGroup({ ec2 }: Region, subnetId: string): string[] {
  const vpcId = ec2.subnets.get(subnetId)?.vpcId
  return [...ec2.groups.values()].filter(group => group.vpcId === vpcId && group.name === 'default').map(({ id }) => id)
}

function run(region: Region, task: Task): void {
  task.times.pullStoppedAt = new Date(region.clock.now())
  const fault = startFault(region, task)
  if (fault !== undefined) return stopTask(region, task, 'TaskFailedToStart', fault)
  task.containers = task.containers.map(container => ({
    ...container,
    lastStatus: 'RUNNING',
    runtimeId: `${task.id}-${Math.floor(Math.random() * 1e10)}`,
    imageDigest: `sha256:${hex(64)}`,
  }))
  openStreams(region, task)
  const unhealthy = region.hooks.unhealthy?.(task, region)
  if (unhealthy !== undefined) return stopTask(region, task, 'TaskFailedToStart', unhealthy)
  move(region, task, 'RUNNING', 'startedAt')
  region.events.emit('task-running', task, region.name)
  then(region, task, TIMES.execAgent, () => startAgents(region, task))
  then(region, task, TIMES.healthy, () => becomeHealthy(task))
  exitAtOnce(region, task)
}

/** Why a task can't start now, in the words of its stopped reason. */
function startFault(region: Region, task: Task): string | undefined {
  const { ecs, logs } = region
  const place = placeOf(task)
  const definitions = task.definition.shown.containerDefinitions ?? []
  for (const { image = '', logConfiguration } of definitions) {
    const group = logConfiguration?.options?.['awslogs-group']
    const makesIt = logConfiguration?.options?.['awslogs-create-group'] === 'true'
    if (group !== undefined && !logs.groups.has(group) && !makesIt)
      return 'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.'
    if (ecs.badImages.has(image))
      return `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${image}: not found`
    if (place === undefined || !isRegistryReached(region, place, image))
      return `CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref ${image}: failed to do request: dial tcp: i/o timeout`
  }
  return undefined
}

/** A registry of ECR has endpoints in the VPC perhaps; any other is on the internet. */
const isRegistryReached = (region: Region, place: Place, image: string): boolean =>
  image.includes('.dkr.ecr.') ? reachesService(region, place, 'ecr.dkr') : reachesInternet(region, place)

function openStreams({ logs, clock }: Region, task: Task): void {
  for (const { name, logConfiguration } of task.definition.shown.containerDefinitions ?? []) {
    const options = logConfiguration?.options ?? {}
    const prefix = options['awslogs-stream-prefix']
    const group = options['awslogs-group']
    if (logConfiguration?.logDriver !== 'awslogs' || group === undefined || prefix === undefined) continue
    openStream(logs, group, `${prefix}/${name}/${task.id}`, clock.now())
  }
}

/** Appends lines to the log stream of one container of a task, where it has one. */
export function logLines({ logs, clock }: Region, task: Task, container: string, ...lines: string[]): void {
  const definition = task.definition.shown.containerDefinitions?.find(({ name }) => name === container)
  const options = definition?.logConfiguration?.options ?? {}
  const group = options['awslogs-group']
  const stream = `${options['awslogs-stream-prefix']}/${container}/${task.id}`
  if (group !== undefined) appendEvents(logs, group, stream, lines, clock.now())
}

function startAgents(region: Region, task: Task): void {
  const lastStartedAt = new Date(region.clock.now())
  updateContainers(task, container => ({
    ...container,
    ...(container.managedAgents
      ? { managedAgents: [{ name: 'ExecuteCommandAgent', lastStatus: 'RUNNING', lastStartedAt }] }
      : {}),
  }))
}

/** A container without a health check stays UNKNOWN. */
function becomeHealthy(task: Task): void {
  const checked = new Set(
    task.definition.shown.containerDefinitions?.filter(({ healthCheck }) => healthCheck).map(({ name }) => name),
  )
  updateContainers(task, container =>
    checked.has(container.name) ? { ...container, healthStatus: 'HEALTHY' } : container,
  )
  task.changed()
}

function updateContainers(task: Task, update: (container: Container) => Container): void {
  task.containers = task.containers.map(update)
  task.version += 1
}

function exitAtOnce(region: Region, task: Task): void {
  const ended = task.containers.find(({ image }) => region.ecs.exitCodes.has(image ?? ''))
  if (ended === undefined) return
  const exitCode = region.ecs.exitCodes.get(ended.image ?? '')
  updateContainers(task, container =>
    container === ended
      ? { ...container, lastStatus: 'STOPPED', ...(exitCode === undefined ? {} : { exitCode }) }
      : container,
  )
  stopTask(region, task, 'EssentialContainerExited', 'Essential container in task exited')
}

/** 128 and SIGTERM: how a container ends that is asked to. */
const TERMINATED = 143

/** Stops a task for good; asking again changes nothing. */
export function stopTask(region: Region, task: Task, code: StopCode, reason: string): void {
  if (task.desiredStatus === 'STOPPED') return
  const wasRunning = task.lastStatus === 'RUNNING'
  task.desiredStatus = 'STOPPED'
  task.stopCode = code
  task.stoppedReason = reason
  move(region, task, wasRunning ? 'DEACTIVATING' : 'STOPPING', 'stoppingAt')
  region.clock.after(TIMES.stopping, () => {
    updateContainers(task, container => ({
      ...container,
      lastStatus: 'STOPPED',
      ...(wasRunning ? { exitCode: container.exitCode ?? TERMINATED } : { reason }),
      ...(container.managedAgents
        ? { managedAgents: [{ name: 'ExecuteCommandAgent' as const, lastStatus: 'STOPPED' }] }
        : {}),
    }))
    if (task.networkInterface) task.networkInterface.status = 'detaching'
    move(region, task, 'DEPROVISIONING', 'executionStoppedAt')
    region.clock.after(TIMES.deprovisioning, () => stopped(region, task))
  })
}

function stopped(region: Region, task: Task): void {
  move(region, task, 'STOPPED', 'stoppedAt')
  region.events.emit('task-stopped', task, region.name)
  region.clock.after(TIMES.interfaceRelease, () => region.ec2.interfaces.delete(task.networkInterface?.id ?? ''))
  region.clock.after(TIMES.remembered, () => task.cluster.tasks.delete(task.id))
}
