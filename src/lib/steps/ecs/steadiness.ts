import type { Container, Deployment, Service, ServiceEvent, Task, TaskDefinition } from '@aws-sdk/client-ecs'
import { nameInArn } from '../../aws/arn.ts'

/** Milliseconds from the start of a deployment during which a new role may not be assumable yet. */
const ROLE_SETTLING = 180_000
/** Milliseconds within which a service that was made just now has to show. */
const SHOWING = 60_000
/** A deployment has failed once so many of its tasks have stopped, or half of those that it should have, if that is more. */
const MOST_FAILURES = 3

export interface Steady {
  readonly service: Service
  readonly taskDefinition: TaskDefinition
  /** Those of the one deployment that is left. */
  readonly tasks: readonly Task[]
}

/** All that a service shows of itself at one moment. */
export interface ServiceView {
  readonly service: Service | undefined
  readonly tasks: readonly Task[]
  /** Those that stopped within about the last hour. */
  readonly stopped: readonly Task[]
  /** The revision of the newest deployment. */
  readonly definition: TaskDefinition | undefined
}

export type Steadiness =
  | { readonly steady: Steady }
  /** For good, and why. */
  | { readonly failed: string }
  | { readonly waiting: string }

/** The newest deployment. */
export const primaryOf = (service: Service | undefined): Deployment | undefined =>
  service?.deployments?.find(({ status }) => status === 'PRIMARY')

/** What a view of a service means; `waited` is how long it has been looked at, in milliseconds. */
export function steadiness(view: ServiceView, waited: number, wanted?: string): Steadiness {
  const { service, definition } = view
  if (service === undefined) {
    return waited < SHOWING ? { waiting: 'it does not show yet' } : { failed: 'the service does not exist' }
  }
  if (service.status !== 'ACTIVE') return { failed: `the service is ${service.status}` }
  const primary = primaryOf(service)
  if (primary === undefined) return { waiting: 'it has no deployment yet' }
  const asked = isSuperseded(wanted, service) ? service.taskDefinition : (wanted ?? service.taskDefinition)
  const tasks = view.tasks.filter(({ startedBy }) => startedBy === primary.id)
  const lag = deploymentLag(service, primary, asked) ?? taskLag(service, tasks, definition)
  if (lag === undefined && definition) return { steady: { service, taskDefinition: definition, tasks } }
  const failed = failureOf(view, service, primary, waited, asked)
  if (failed !== undefined) return { failed }
  return { waiting: withEvent(lag ?? 'its task definition does not show yet', service, primary) }
}

/** Somebody, such as another run at the same time, has moved the service on to a later revision: ours never comes. */
function isSuperseded(wanted: string | undefined, { taskDefinition }: Service): boolean {
  const [family, revision] = splitRevision(wanted)
  const [actual, newest] = splitRevision(taskDefinition)
  return family !== undefined && family === actual && newest > revision
}

function splitRevision(arn: string | undefined): readonly [family: string | undefined, revision: number] {
  const [, family, revision] = /^(.*):(\d+)$/.exec(arn ?? '') ?? []
  return [family, Number(revision)]
}

/** Why the rollout will never succeed, or undefined. */
function failureOf(
  { stopped }: ServiceView,
  service: Service,
  primary: Deployment,
  waited: number,
  wanted: string | undefined,
): string | undefined {
  // After a roll-back, or an older attempt at the same revision, a failed deployment stays in the list for a while.
  const last = primary.taskDefinition === wanted ? [primary] : (service.deployments ?? [])
  const failed = last.find(({ rolloutState, taskDefinition }) => rolloutState === 'FAILED' && taskDefinition === wanted)
  if (failed) return failed.rolloutStateReason ?? 'its deployment failed'
  const crashing = crashLoop(service, stopped)
  if (crashing !== undefined) return crashing
  const [newest] = eventsOf(service, primary)
  if (newest && /unable to assume the (role|task)/i.test(newest.message ?? '')) {
    const age = Number(newest.createdAt) - Number(primary.createdAt)
    if (Math.max(age, waited) > ROLE_SETTLING) return newest.message
  }
  return undefined
}

/** That the tasks of the newest deployment stop one after another, or undefined. */
export function crashLoop(service: Service, stopped: readonly Task[]): string | undefined {
  const primary = primaryOf(service)
  if (primary === undefined) return undefined
  // The circuit breaker of ECS counts only tasks that never came to run.
  const ended = stopped.filter(task => task.startedBy === primary.id && endedByItself(task)).length
  const failures = Math.max(primary.failedTasks ?? 0, ended)
  if (failures < Math.max(MOST_FAILURES, (service.desiredCount ?? 0) / 2)) return undefined
  return `${failures} of its tasks stopped one after another`
}

/** Whether fewer tasks run than should. */
export const lacksTasks = ({ status, runningCount = 0, desiredCount = 0 }: Service): boolean =>
  status === 'ACTIVE' && runningCount < desiredCount

const endedByItself = ({ stopCode }: Task): boolean =>
  stopCode === 'TaskFailedToStart' || stopCode === 'EssentialContainerExited'

/** Why the deployments are not where they should be, or undefined. */
function deploymentLag(service: Service, primary: Deployment, wanted: string | undefined): string | undefined {
  const { deployments = [], desiredCount = 0 } = service
  if (primary.taskDefinition !== wanted)
    return `it is about to run ${revisionOf(primary.taskDefinition)}, want ${revisionOf(wanted)}`
  const counts = `${primary.runningCount ?? 0} of ${desiredCount} tasks running`
  if (primary.rolloutState !== 'COMPLETED') return `its deployment is ${primary.rolloutState}: ${counts}`
  if (deployments.length > 1) return `${deployments.length - 1} older deployments are still there: ${counts}`
  return undefined
}

/** Why the tasks are not ready, or undefined. */
function taskLag(service: Service, tasks: readonly Task[], definition: TaskDefinition | undefined): string | undefined {
  const running = tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING')
  if (running.length < (service.desiredCount ?? 0)) {
    return `${running.length} of ${service.desiredCount} tasks are RUNNING`
  }
  if (running.length < tasks.length) return `${tasks.length - running.length} tasks are not RUNNING`
  const checked = (definition?.containerDefinitions ?? []).flatMap(({ name, healthCheck }) =>
    healthCheck ? [name] : [],
  )
  for (const container of running.flatMap(task => task.containers ?? [])) {
    const lag = (service.enableExecuteCommand ? agentLag(container) : undefined) ?? healthLag(container, checked)
    if (lag !== undefined) return lag
  }
  return undefined
}

function agentLag({ name, managedAgents = [] }: Container): string | undefined {
  const agent = managedAgents.find(({ name }) => name === 'ExecuteCommandAgent')
  if (agent?.lastStatus === 'RUNNING') return undefined
  return [`ECS Exec's agent in ${name} is ${agent?.lastStatus ?? 'not there yet'}`, agent?.reason]
    .filter(Boolean)
    .join(': ')
}

/** A container without a health check stays UNKNOWN for ever. */
function healthLag({ name, healthStatus }: Container, checked: readonly (string | undefined)[]): string | undefined {
  return checked.includes(name) && healthStatus !== 'HEALTHY' ? `${name} is ${healthStatus}` : undefined
}

function withEvent(waiting: string, service: Service, primary: Deployment): string {
  const [newest] = eventsOf(service, primary)
  return newest?.message ? `${waiting}; ${newest.message}` : waiting
}

/** What happened to the service since its newest deployment began, newest first. */
export const eventsOf = (service: Service, primary: Deployment | undefined): readonly ServiceEvent[] =>
  (service.events ?? [])
    .filter(({ createdAt }) => Number(createdAt) >= Number(primary?.createdAt ?? 0))
    .toSorted((a, b) => Number(b.createdAt) - Number(a.createdAt))

const revisionOf = (arn: string | undefined): string => nameInArn(arn) || 'nothing'
