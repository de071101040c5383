import type * as sdk from '@aws-sdk/client-ecs'
import type { Region } from '../../region.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import { reachesService } from '../ec2/reach.ts'
import { decide } from '../iam/evaluate.ts'
import { roleByArn } from '../iam/state.ts'
import { activeCluster, invalid, taskOf } from './lookup.ts'
import { placeOf } from './network.ts'
import type { Task } from './state.ts'

/** The container that is meant; it may be left out where there is only one. */
function containerOf(task: Task, name: string | undefined): sdk.Container {
  if (name === undefined && task.containers.length > 1)
    throw invalid('A container name is required for tasks with more than one container.')
  const container = name === undefined ? task.containers[0] : task.containers.find(item => item.name === name)
  if (container === undefined) throw invalid('The specified container was not found in the task.')
  return container
}

const AGENT_ACTIONS = ['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel']

/** The agent shows itself as RUNNING also where it may not, or can't, reach its service. */
function isConnected(region: Region, task: Task, container: sdk.Container): boolean {
  const { iam } = region
  const agent = container.managedAgents?.find(({ name }) => name === 'ExecuteCommandAgent')
  const role = roleByArn(iam, task.definition.shown.taskRoleArn ?? '')
  const place = placeOf(task)
  return (
    agent?.lastStatus === 'RUNNING' &&
    place !== undefined &&
    reachesService(region, place, 'ssmmessages') &&
    role !== undefined &&
    AGENT_ACTIONS.every(action => decide(iam, role, `ssmmessages:${action}`) === 'allowed')
  )
}

export const execOperations = {
  async ExecuteCommand(input, { region }) {
    const cluster = activeCluster(region, input.cluster)
    const task = taskOf(cluster, input.task)
    if (input.interactive !== true) throw invalid('Interactive is the only mode supported currently.')
    if (task.lastStatus === 'STOPPED') throw invalid('The specified task is STOPPED.')
    if (!task.executeCommand)
      throw invalid(
        'The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.',
      )
    const container = containerOf(task, input.container)
    const { channel } = region.hooks
    if (channel === undefined || !isConnected(region, task, container))
      throw new AwsError(
        'TargetNotConnectedException',
        'The execute command failed due to an internal error. Try again later.',
      )
    const session = await channel.open({
      region: region.name,
      cluster: cluster.name,
      taskArn: task.arn,
      taskId: task.id,
      container: container.name ?? '',
      runtimeId: container.runtimeId ?? '',
      command: input.command ?? '',
      interactive: true,
      kmsKeyId: cluster.executeCommand?.kmsKeyId,
    })
    return {
      clusterArn: cluster.arn,
      taskArn: task.arn,
      containerArn: container.containerArn,
      containerName: container.name,
      interactive: true,
      session,
    }
  },
} satisfies Handlers<typeof sdk>
