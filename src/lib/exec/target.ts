import type { Service, Task } from '@aws-sdk/client-ecs'
import { nameInArn } from '../aws/arn.ts'
import type { EcsReader } from '../aws/ecs.ts'
import { ZTUNNEL_CONTAINER } from '../config/names.ts'
import type { Look } from '../engine/wait.ts'
import { type ExecCode, execFailure } from './failures.ts'

/** Where a command is to run: a task by id, or any task of a service. */
export interface ExecTarget {
  readonly cluster: string
  readonly service?: string
  /** Id or ARN. */
  readonly task?: string
  /** Default: the only container of the task besides ztunnel. */
  readonly container?: string
}

/** A container that a command can run in. */
export interface ExecPlace {
  readonly cluster: string
  readonly taskArn: string
  readonly taskId: string
  readonly container: string
  /** How Session Manager names it. */
  readonly targetId: string
}

/** Not yet: with what the reason would be if it stayed so. */
export interface NotYet {
  readonly code: ExecCode
  readonly last: string
}

export type Found = Exclude<Look<ExecPlace>, { readonly last?: string }> | NotYet

const AGENT = 'ExecuteCommandAgent'

export const describeTarget = ({ cluster, service, task }: ExecTarget): string =>
  task === undefined
    ? `service ${service} of ECS cluster ${cluster}`
    : `task ${nameInArn(task)} of ECS cluster ${cluster}`

/** Reads what stands and chooses. */
export async function findPlace(ecs: EcsReader, target: ExecTarget): Promise<Found> {
  const { cluster, service: name, task } = target
  if (task !== undefined) return chooseTask(await ecs.describeTasks(cluster, [task]), target)
  if (name === undefined) throw new TypeError('neither a service nor a task')
  const [service, tasks] = await Promise.all([ecs.service(cluster, name), ecs.tasks(cluster, { service: name })])
  return chooseFromService(service, tasks, target)
}

/** A task of the newest deployment: those of an older one may go at any moment. */
export function chooseFromService(service: Service | undefined, tasks: readonly Task[], target: ExecTarget): Found {
  const what = describeTarget(target)
  if (service === undefined) {
    return { failed: execFailure('EXEC_NO_TASK', `There is no ${what}.`, { suggestions: ['ecs-ambient status'] }) }
  }
  const primary = service.deployments?.find(({ status }) => status === 'PRIMARY')
  if (primary?.desiredCount === 0) {
    return {
      failed: execFailure('EXEC_NO_TASK', `The ${what} is meant to have no task.`, { why: ['desired count 0'] }),
    }
  }
  const current = tasks.filter(({ startedBy }) => startedBy !== undefined && startedBy === primary?.id)
  const running = current.filter(({ lastStatus }) => lastStatus === 'RUNNING')
  if (running.length === 0) {
    const newest = service.events?.[0]?.message
    return { code: 'EXEC_NO_TASK', last: newest ?? `0 of ${primary?.desiredCount ?? 1} tasks of the deployment run` }
  }
  const looks = running.toSorted((a, b) => (arnOf(a) < arnOf(b) ? -1 : 1)).map(task => chooseContainer(task, target))
  return looks.find(look => 'done' in look) ?? looks.find(look => !('failed' in look)) ?? (looks[0] as Found)
}

export function chooseTask([task]: readonly Task[], target: ExecTarget): Found {
  if (task === undefined) return { failed: execFailure('EXEC_NO_TASK', `There is no ${describeTarget(target)}.`) }
  if (task.lastStatus === 'RUNNING') return chooseContainer(task, target)
  if (task.desiredStatus === 'STOPPED') {
    const why = task.stoppedReason === undefined ? [] : [task.stoppedReason]
    return { failed: execFailure('EXEC_NO_TASK', `The ${describeTarget(target)} has stopped.`, { why }) }
  }
  return { code: 'EXEC_NO_TASK', last: `the task is ${task.lastStatus}` }
}

function chooseContainer(task: Task, target: ExecTarget): Found {
  const id = nameInArn(task.taskArn)
  const containers = task.containers ?? []
  const own = containers.filter(({ name }) => name !== ZTUNNEL_CONTAINER)
  const wanted = target.container ?? (own.length === 1 ? own[0]?.name : undefined)
  const container = containers.find(({ name }) => name === wanted)
  if (!container) {
    const names = containers.map(({ name }) => name ?? '').join(', ')
    const message =
      wanted === undefined ? `Task ${id} has several containers.` : `Task ${id} has no container "${wanted}".`
    return { failed: execFailure('EXEC_NO_CONTAINER', message, { suggestions: [`--container with one of: ${names}`] }) }
  }
  if (task.enableExecuteCommand !== true) {
    return {
      failed: execFailure('EXEC_NOT_ENABLED', `Task ${id} was started without ECS Exec.`, {
        suggestions: ['ecs-ambient ecs deploy', 'For another service: enableExecuteCommand, then a new deployment.'],
      }),
    }
  }
  if (container.lastStatus === 'STOPPED') {
    const why = [container.reason ?? `exit code ${container.exitCode}`]
    return { failed: execFailure('EXEC_NO_TASK', `Container ${wanted} of task ${id} has stopped.`, { why }) }
  }
  const agent = container.managedAgents?.find(({ name }) => name === AGENT)
  if (agent?.lastStatus === 'STOPPED') {
    const failure = execFailure('EXEC_AGENT_NOT_RUNNING', `The ${AGENT} of task ${id} has stopped.`, {
      why: agent.reason === undefined ? [] : [agent.reason],
      suggestions: [
        'Check that the task role has the four ssmmessages actions, and that the task reaches ssmmessages.',
      ],
    })
    return { failed: failure }
  }
  if (agent?.lastStatus !== 'RUNNING') {
    return {
      code: 'EXEC_AGENT_NOT_RUNNING',
      last: `the ${AGENT} of task ${id} is ${agent?.lastStatus ?? 'not there yet'}`,
    }
  }
  const cluster = nameInArn(task.clusterArn ?? target.cluster)
  return {
    done: {
      cluster: target.cluster,
      taskArn: arnOf(task),
      taskId: id,
      container: container.name ?? '',
      targetId: `ecs:${cluster}_${id}_${container.runtimeId ?? ''}`,
    },
  }
}

const arnOf = (task: Task): string => task.taskArn ?? ''
