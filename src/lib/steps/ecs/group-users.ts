import type { NetworkInterface } from '@aws-sdk/client-ec2'
import type { Task } from '@aws-sdk/client-ecs'
import { nameInArn } from '../../aws/arn.ts'
import type { EcsReader } from '../../aws/ecs.ts'

/** Somebody's use of the tasks' security group that does not end by itself. */
export interface GroupUser {
  /** What it is and whose. */
  readonly what: string
  /** The command that ends it. */
  readonly finish: string
}

interface Attachment {
  readonly cluster: string
  readonly task: Task
}

/**
 * Which of a group's network interfaces stay until somebody does something: those of tasks that are to go on running, and
 * those that ECS did not make. The interface of a task that has stopped goes by itself, if late.
 */
export async function lastingUsers(
  interfaces: readonly NetworkInterface[],
  { ecs, region }: { readonly ecs: EcsReader; readonly region: string },
): Promise<readonly GroupUser[]> {
  const staying = interfaces.filter(({ Status }) => Status !== 'detaching')
  const byEcs = staying.some(isOfTask) ? await attachments(ecs) : new Map<string, Attachment>()
  return staying.flatMap(one => {
    if (!isOfTask(one)) return [foreignInterface(one, region)]
    const attachment = byEcs.get(attachmentId(one))
    return attachment ? [runningTask(attachment, region)] : []
  })
}

/** ECS describes the interfaces that it makes by the ARN of what attaches them to a task. */
const ATTACHMENT = /^arn:[^:]+:ecs:.*:attachment\//

const isOfTask = ({ Description = '' }: NetworkInterface): boolean => ATTACHMENT.test(Description)

const attachmentId = ({ Description = '' }: NetworkInterface): string => Description.replace(ATTACHMENT, '')

/** Of the tasks of all ECS clusters that are to go on running. */
async function attachments(ecs: EcsReader): Promise<ReadonlyMap<string, Attachment>> {
  const clusters = await ecs.clusterArns()
  const tasks = await Promise.all(
    clusters.map(async arn => (await ecs.tasks(arn)).map(task => ({ cluster: nameInArn(arn), task }))),
  )
  return new Map(
    tasks
      .flat()
      .filter(({ task }) => task.desiredStatus === 'RUNNING')
      .flatMap(found => (found.task.attachments ?? []).map(({ id = '' }) => [id, found] as const)),
  )
}

function runningTask({ cluster, task }: Attachment, region: string): GroupUser {
  const id = nameInArn(task.taskArn)
  const service = /^service:(.*)$/.exec(task.group ?? '')?.[1]
  if (service === undefined) {
    return {
      what: `task ${id} of ECS cluster ${cluster}, which somebody has started`,
      finish: `aws ecs stop-task --cluster ${cluster} --task ${id} --region ${region}`,
    }
  }
  return {
    what: `task ${id} of service ${service} of ECS cluster ${cluster}`,
    finish: `aws ecs update-service --cluster ${cluster} --service ${service} --desired-count 0 --region ${region}`,
  }
}

function foreignInterface(
  { NetworkInterfaceId: id, Status, Description, RequesterId, OwnerId }: NetworkInterface,
  region: string,
): GroupUser {
  const text = Description ? ` "${Description}"` : ''
  const what = `network interface ${id}${text} of ${RequesterId ?? OwnerId}`
  const free = Status === 'available'
  return {
    what,
    finish: free
      ? `aws ec2 delete-network-interface --network-interface-id ${id} --region ${region}`
      : `aws ec2 modify-network-interface-attribute --network-interface-id ${id} --groups ANOTHER-GROUP --region ${region}`,
  }
}
