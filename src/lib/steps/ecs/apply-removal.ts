import type { SecurityGroup, SecurityGroupRule } from '@aws-sdk/client-ec2'
import type { Task } from '@aws-sdk/client-ecs'
import { nameInArn } from '../../aws/arn.ts'
import { awsCode, awsMessage } from '../../aws/errors.ts'
import { isOurs } from '../../aws/ownership.ts'
import { ifFound } from '../../aws/service.ts'
import { tagsOf } from '../../aws/tags.ts'
import { Failure } from '../../engine/failure.ts'
import type { Change } from '../../engine/plan.ts'
import type { Look } from '../../engine/wait.ts'
import {
  type Apply,
  type Context,
  oneAtATime,
  statusPhrase,
  togetherOrApart,
  untilGone,
  type Waiting,
} from './apply.ts'
import type { ServiceRemoval } from './decide-removal.ts'
import { type GroupUser, lastingUsers } from './group-users.ts'
import { isOurRule } from './rules.ts'
import { isOurRevision } from './task-definitions.ts'

/** Milliseconds that the network interfaces of stopped tasks may take to go. */
const DETACHING = 600_000
/** Milliseconds until a revision that was deregistered can be deleted. */
const DEREGISTERING = 60_000

/** How each kind of thing is taken away. */
export const REMOVE: Readonly<Record<string, Apply>> = {
  'delete ecs-service': deleteService,
  'delete security-group-rules': revoke,
  'delete security-group': deleteSecurityGroup,
  'delete ecs-cluster': deleteCluster,
  'delete task-definition': deleteRevisions,
  'delete log-group': async ({ name, id }, context) => {
    const { logs } = context.clients.aws
    const remove = () => ifFound(logs.deleteGroup(name), 'ResourceNotFoundException')
    await oneAtATime(context, `CloudWatch Logs to delete group ${name}`, remove)
    return id
  },
}

export async function deleteService({ detail, id }: Change, context: Waiting): Promise<string | undefined> {
  const { ecs } = context.clients.aws
  const { ecsCluster, service } = detail as ServiceRemoval
  await ifFound(
    ecs.deleteService(ecsCluster, service),
    'ServiceNotFoundException',
    'ServiceNotActiveException',
    'ClusterNotFoundException',
  )
  await untilGone(context, `ECS service ${service}`, async () => {
    const status = (await ecs.service(ecsCluster, service))?.status
    const tasks = (await tasksOf(context, ecsCluster)).filter(({ group }) => group === `service:${service}`)
    if (status === undefined && tasks.length === 0) return undefined
    return `it is ${status ?? 'INACTIVE'}, ${tasks.length} of its tasks have not stopped`
  })
  return id
}

/** The tasks of an ECS cluster that have not stopped for good. */
async function tasksOf({ clients }: Waiting, ecsCluster: string): Promise<readonly Task[]> {
  const statuses = ['RUNNING', 'STOPPED'] as const
  const tasks = await Promise.all(statuses.map(status => clients.aws.ecs.tasks(ecsCluster, { status })))
  return tasks.flat().filter(({ lastStatus }) => lastStatus !== 'STOPPED')
}

async function revoke({ id = '', detail }: Change, { clients }: Context): Promise<string> {
  await togetherOrApart(detail as readonly string[], rules => clients.aws.ec2.revokeIngress(id, rules), [
    'InvalidSecurityGroupRuleId.NotFound',
    'InvalidPermission.NotFound',
    'InvalidGroup.NotFound',
  ])
  return id
}

async function deleteSecurityGroup({ name, id = '' }: Change, context: Context): Promise<string> {
  const { ec2, ecs } = context.clients.aws
  await context.waitFor({
    what: `security group ${name} to be free`,
    limit: context.desired.timeout ?? DETACHING,
    usual: 60_000,
    suggestions: [`aws ec2 delete-security-group --group-id ${id}   (once nothing uses it)`],
    look: async (): Promise<Look<void>> => {
      const [interfaces, groups] = await Promise.all([
        ec2.networkInterfaces({ 'group-id': [id] }),
        ec2.securityGroups({ 'ip-permission.group-id': [id] }),
      ])
      const naming = await rulesNaming(id, groups, context)
      const theirs = naming.filter(rule => !isOurRule(rule, context.desired))
      if (theirs.length > 0) return { failed: namedByOthers(`${name} (${id})`, theirs) }
      const lasting = await lastingUsers(interfaces, { ecs, region: context.desired.region })
      if (lasting.length > 0) return { failed: usedByOthers(`${name} (${id})`, lasting) }
      const users = [
        ...interfaces.map(({ NetworkInterfaceId, Status }) => `network interface ${NetworkInterfaceId} (${Status})`),
        ...naming.map(({ GroupId }) => `a rule of security group ${GroupId}`),
      ]
      if (users.length > 0) return { last: `used by ${users.join(', ')}` }
      try {
        await ifFound(ec2.deleteSecurityGroup(id), 'InvalidGroup.NotFound')
        return { done: undefined }
      } catch (error) {
        if (awsCode(error) !== 'DependencyViolation') throw error
        return { last: awsMessage(error) }
      }
    },
  })
  return id
}

/** The rules of other groups that let a group in: while there is one, the group can't go. */
async function rulesNaming(
  id: string,
  groups: readonly SecurityGroup[],
  { clients }: Context,
): Promise<readonly SecurityGroupRule[]> {
  const others = groups.flatMap(({ GroupId }) => (GroupId === undefined || GroupId === id ? [] : [GroupId]))
  if (others.length === 0) return []
  const rules = await clients.aws.ec2.securityGroupRules({ 'group-id': others })
  return rules.filter(({ ReferencedGroupInfo }) => ReferencedGroupInfo?.GroupId === id)
}

const namedByOthers = (group: string, rules: readonly SecurityGroupRule[]): Failure =>
  new Failure({
    code: 'STILL_IN_USE',
    message: `Security group ${group} is named by rules that ecs-ambient did not make.`,
    why: rules.map(({ SecurityGroupRuleId, GroupId }) => `rule ${SecurityGroupRuleId} of security group ${GroupId}`),
    suggestions: rules.map(
      ({ SecurityGroupRuleId: rule, GroupId, IsEgress }) =>
        `aws ec2 revoke-security-group-${IsEgress ? 'egress' : 'ingress'} --group-id ${GroupId} --security-group-rule-ids ${rule}`,
    ),
  })

const usedByOthers = (group: string, users: readonly GroupUser[]): Failure =>
  new Failure({
    code: 'STILL_IN_USE',
    message: `Security group ${group} is used by what ecs-ambient did not make, or what is to go on running.`,
    why: users.map(({ what }) => what),
    suggestions: [...new Set(users.map(({ finish }) => finish))],
  })

const NOT_EMPTY = [
  'ClusterContainsServicesException',
  'ClusterContainsTasksException',
  'ClusterContainsContainerInstancesException',
  'UpdateInProgressException',
]

/** A cluster that still holds something is not gone: what is ours in it is on its way out, the rest is named. */
async function deleteCluster({ name, id }: Change, context: Context): Promise<string | undefined> {
  const { ecs } = context.clients.aws
  await untilGone(context, `ECS cluster ${name}`, async () => {
    const cluster = await ecs.cluster(name)
    if (cluster === undefined || cluster.status === 'DEPROVISIONING') return statusPhrase(cluster)
    try {
      await ifFound(ecs.deleteCluster(name), 'ClusterNotFoundException')
    } catch (error) {
      if (!NOT_EMPTY.includes(awsCode(error) ?? '')) throw error
      const others = await notOursIn(name, context)
      if (others.length > 0) throw stillInUse(name, others)
      return awsMessage(error)
    }
    return statusPhrase(await ecs.cluster(name))
  })
  return id
}

async function notOursIn(ecsCluster: string, context: Context): Promise<readonly string[]> {
  const { ecs } = context.clients.aws
  const [services, tasks] = await Promise.all([
    ecs.serviceArns(ecsCluster).then(arns => ecs.services(ecsCluster, arns)),
    tasksOf(context, ecsCluster),
  ])
  const foreign = services.filter(({ tags }) => !isOurs(tagsOf(tags), context.desired))
  const alone = tasks.filter(
    ({ group, desiredStatus }) => !group?.startsWith('service:') && desiredStatus === 'RUNNING',
  )
  return [
    ...foreign.map(({ serviceName }) => `service ${serviceName}`),
    ...alone.map(({ taskArn }) => `task ${nameInArn(taskArn)}`),
  ]
}

const stillInUse = (ecsCluster: string, users: readonly string[]): Failure =>
  new Failure({
    code: 'STILL_IN_USE',
    message: `ECS cluster ${ecsCluster} holds what ecs-ambient did not make: ${users.join(', ')}.`,
    suggestions: [
      `aws ecs list-services --cluster ${ecsCluster}`,
      'Stop or move them if nobody needs them there, then run the same command again.',
    ],
  })

async function deleteRevisions({ name }: Change, context: Context): Promise<undefined> {
  const { ecs } = context.clients.aws
  const { active = [], inactive = [], described = [] } = familyOf(name, context) ?? {}
  const known = new Map(described.map(revision => [revision.taskDefinition.taskDefinitionArn, revision]))
  const all = await Promise.all([...active, ...inactive].map(arn => known.get(arn) ?? ecs.taskDefinition(arn)))
  const ours = all.flatMap(revision => {
    const arn = revision?.taskDefinition.taskDefinitionArn
    return revision && arn && isOurRevision(revision, context.desired) ? [arn] : []
  })
  const shows = async (arn: string): Promise<boolean> => {
    const status = (await ecs.taskDefinition(arn))?.taskDefinition.status
    return status !== undefined && status !== 'DELETE_IN_PROGRESS'
  }
  await Promise.all(ours.filter(arn => active.includes(arn)).map(arn => ecs.deregisterTaskDefinition(arn)))
  await context.waitFor({
    what: `the revisions of ${name} to be deleted`,
    limit: context.desired.timeout ?? DEREGISTERING,
    look: async (): Promise<Look<void>> => {
      const failures = await ecs.deleteTaskDefinitions(ours)
      const left = await Promise.all(
        failures.map(async ({ arn, why }) => ((await shows(arn)) ? [`${arn}: ${why}`] : [])),
      )
      return left.flat().length === 0 ? { done: undefined } : { last: left.flat().join('; ') }
    },
  })
  return undefined
}

const familyOf = (family: string, { seen }: Context) =>
  Object.values(seen.ecsClusters)
    .map(({ families }) => families[family])
    .find(found => found !== undefined)
