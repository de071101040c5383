import { uuid } from '../../ids.ts'
import type { Region } from '../../region.ts'
import { isAssumable } from '../iam/state.ts'
import { startTask, stopTask } from './lifecycle.ts'
import { hasFargateCapacity } from './limits.ts'
import { findDefinition } from './lookup.ts'
import type { Definition, Deployment, Service, Task } from './state.ts'
import { TIMES } from './timing.ts'

const MAX_EVENTS = 100
const TASKS_PRINCIPAL = 'ecs-tasks.amazonaws.com'

/** The tasks of a service that are not on their way out. */
const liveTasks = (service: Service): Task[] =>
  [...service.cluster.tasks.values()].filter(task => task.service === service && task.desiredStatus === 'RUNNING')

export const tasksOf = (service: Service, deployment: Deployment): Task[] =>
  liveTasks(service).filter(task => task.startedBy === deployment.id)

/** Running, and healthy where its containers say how healthy they are. */
function isReady(task: Task): boolean {
  const checked = task.definition.shown.containerDefinitions?.filter(({ healthCheck }) => healthCheck) ?? []
  const healthy = new Set(
    task.containers.filter(({ healthStatus }) => healthStatus === 'HEALTHY').map(({ name }) => name),
  )
  return task.lastStatus === 'RUNNING' && checked.every(({ name }) => healthy.has(name))
}

export function tell(region: Region, service: Service, message: string): void {
  const event = { id: uuid(), createdAt: new Date(region.clock.now()), message: `(service ${service.name}) ${message}` }
  service.events = [event, ...service.events].slice(0, MAX_EVENTS)
}

/** Makes `definition` the primary deployment; the scheduler then replaces the tasks. */
export function deploy(region: Region, service: Service, definition: Definition): Deployment {
  const created = new Date(region.clock.now())
  const id = `ecs-svc/${Array.from({ length: 19 }, () => Math.floor(Math.random() * 10)).join('')}`
  const deployment: Deployment = {
    id,
    status: 'PRIMARY',
    definition: definition.shown.taskDefinitionArn,
    network: service.network,
    platformVersion: service.platformVersion,
    created,
    updated: created,
    rollout: 'IN_PROGRESS',
    reason: `ECS deployment ${id} in progress.`,
    failed: 0,
    notBefore: 0,
  }
  for (const older of service.deployments) older.status = 'ACTIVE'
  service.deployments.unshift(deployment)
  return deployment
}

/** Does what brings a service nearer to what is asked of it. Called whenever something changed. */
export function reconcile(region: Region, service: Service): void {
  if (service.status === 'INACTIVE') return
  if (service.status === 'DRAINING') return drain(region, service)
  const [primary, ...older] = service.deployments
  if (primary === undefined) return
  startMissing(region, service, primary)
  stopSurplus(region, service, primary, older)
  service.deployments = service.deployments.filter(
    deployment => deployment === primary || tasksOf(service, deployment).length > 0,
  )
  settle(region, service, primary)
}

function drain(region: Region, service: Service): void {
  for (const task of liveTasks(service)) stopByScheduler(region, task)
  const isEmpty = [...service.cluster.tasks.values()].every(
    task => task.service !== service || task.lastStatus === 'STOPPED',
  )
  if (!isEmpty) return
  service.status = 'INACTIVE'
  service.deployments = []
  region.clock.after(TIMES.remembered, () => {
    if (service.cluster.services.get(service.name) === service) service.cluster.services.delete(service.name)
  })
}

const stopByScheduler = (region: Region, task: Task): void =>
  stopTask(region, task, 'ServiceSchedulerInitiated', `Scaling activity initiated by (deployment ${task.startedBy})`)

function startMissing(region: Region, service: Service, primary: Deployment): void {
  if (primary.rollout === 'FAILED' || region.clock.now() < primary.notBefore) return
  const most = Math.floor((service.desired * (service.configuration.maximumPercent ?? 200)) / 100)
  const room = most - liveTasks(service).length
  const missing = service.desired - tasksOf(service, primary).length
  const definition = findDefinition(region, primary.definition)
  if (definition === undefined) return
  for (let started = 0; started < Math.min(missing, room); started += 1)
    if (!launch(region, service, primary, definition)) return
}

/** Starts one task; answers false where it can't be started now. */
function launch(region: Region, service: Service, deployment: Deployment, definition: Definition): boolean {
  const obstacle = launchObstacle(region, definition)
  if (obstacle !== undefined) {
    tell(region, service, obstacle)
    countFailure(region, service, deployment)
    return false
  }
  const task: Task = startTask(region, service.cluster, {
    definition,
    group: `service:${service.name}`,
    startedBy: deployment.id,
    service,
    network: deployment.network,
    executeCommand: service.executeCommand,
    platformVersion: deployment.platformVersion,
    tags: propagated(service, definition),
    changed: () => taskChanged(region, service, deployment, task),
  })
  tell(region, service, `has started 1 tasks: (task ${task.id}).`)
  service.steady = false
  return true
}

/** Why no task can be started now, in the words of the service's event. */
function launchObstacle(region: Region, definition: Definition): string | undefined {
  const role = unassumableRole(region, definition)
  if (role !== undefined)
    return `failed to launch a task with (error ECS was unable to assume the role '${role}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.).`
  if (!hasFargateCapacity(region, definition))
    return 'was unable to place a task. Reason: You’ve reached the limit on the number of vCPUs you can run concurrently.'
  return undefined
}

function unassumableRole({ iam, clock }: Region, { shown }: Definition): string | undefined {
  const roles = [shown.taskRoleArn, shown.executionRoleArn].filter(role => role !== undefined)
  return roles.find(role => !isAssumable(iam, role, TASKS_PRINCIPAL, clock.now()))
}

function propagated(service: Service, definition: Definition): Map<string, string> {
  if (service.propagateTags === 'NONE') return new Map()
  return new Map(service.propagateTags === 'SERVICE' ? service.tags : definition.tags)
}

const FAILURES = ['TaskFailedToStart', 'EssentialContainerExited']
/** The first status of a task that is on its way out. */
const ENDING = ['DEACTIVATING', 'STOPPING']

function taskChanged(region: Region, service: Service, deployment: Deployment, task: Task): void {
  const justFailed = ENDING.includes(task.lastStatus) && FAILURES.includes(task.stopCode ?? '')
  if (justFailed && deployment.rollout === 'IN_PROGRESS') countFailure(region, service, deployment)
  if (task.lastStatus === 'RUNNING') deployment.failed = 0
  reconcile(region, service)
}

/** ECS gives a deployment up after half as many failures as it wants tasks, but no sooner than three. */
const breakerThreshold = (service: Service): number => Math.min(200, Math.max(3, Math.ceil(service.desired / 2)))

function countFailure(region: Region, service: Service, deployment: Deployment): void {
  deployment.failed += 1
  const wait = TIMES.retry * 2 ** Math.min(deployment.failed - 1, 4)
  deployment.notBefore = region.clock.now() + wait
  const breaker = service.configuration.deploymentCircuitBreaker
  if (breaker?.enable && deployment.failed >= breakerThreshold(service))
    giveUp(region, service, deployment, breaker.rollback ?? false)
  else
    region.clock.after(wait, () => {
      // Timers may be a little early, by the clock.
      deployment.notBefore = 0
      reconcile(region, service)
    })
}

function giveUp(region: Region, service: Service, deployment: Deployment, rollback: boolean): void {
  deployment.rollout = 'FAILED'
  deployment.reason = 'ECS deployment circuit breaker: tasks failed to start.'
  deployment.updated = new Date(region.clock.now())
  tell(region, service, `(deployment ${deployment.id}) deployment failed: tasks failed to start.`)
  const last = service.deployments.find(({ rollout }) => rollout === 'COMPLETED')
  const definition = last && findDefinition(region, last.definition)
  if (!rollback || definition === undefined || deployment.status !== 'PRIMARY') return
  tell(region, service, `rolling back to deployment ${last?.id}.`)
  const back = deploy(region, service, definition)
  back.reason = `ECS deployment circuit breaker: rolling back to deploymentId ${last?.id}.`
  reconcile(region, service)
}

/** Takes away what is too much: of the primary deployment, and of the older ones as far as the new tasks are ready. */
function stopSurplus(region: Region, service: Service, primary: Deployment, older: Deployment[]): void {
  const mine = tasksOf(service, primary)
  for (const task of mine.slice(service.desired)) stopByScheduler(region, task)
  const least = Math.ceil((service.desired * (service.configuration.minimumHealthyPercent ?? 100)) / 100)
  const old = older.flatMap(deployment => tasksOf(service, deployment))
  const ready = [...mine, ...old].filter(isReady).length
  for (const task of old.slice(0, Math.max(0, ready - least))) {
    tell(region, service, `has stopped 1 running tasks: (task ${task.id}).`)
    stopByScheduler(region, task)
  }
}

const isSettled = (service: Service, primary: Deployment): boolean =>
  service.deployments.length === 1 &&
  primary.rollout !== 'FAILED' &&
  liveTasks(service).length === service.desired &&
  liveTasks(service).every(isReady)

/** Says that it is steady once it has been so for a while. */
function settle(region: Region, service: Service, primary: Deployment): void {
  if (!isSettled(service, primary)) {
    service.settling?.()
    service.settling = undefined
    service.steady = false
    return
  }
  if (service.steady || service.settling) return
  service.settling = region.clock.after(TIMES.steady, () => {
    service.settling = undefined
    service.steady = true
    tell(region, service, 'has reached a steady state.')
    if (primary.rollout !== 'IN_PROGRESS') return
    primary.rollout = 'COMPLETED'
    primary.reason = `ECS deployment ${primary.id} completed.`
    primary.updated = new Date(region.clock.now())
    tell(region, service, `(deployment ${primary.id}) deployment completed.`)
  })
}
