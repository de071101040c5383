import { randomUUID } from 'node:crypto'
import type { AwsWriters } from '../../aws/clients.ts'
import { awsCode, awsMessage } from '../../aws/errors.ts'
import { clusterTags, isOurs } from '../../aws/ownership.ts'
import { ifFound } from '../../aws/service.ts'
import { tagsOf } from '../../aws/tags.ts'
import { familyName, securityGroupName } from '../../config/names.ts'
import type { EcsClusterSettings, EcsServiceSettings, Settings } from '../../config/settings.ts'
import type { Change } from '../../engine/plan.ts'
import type { ApplyContext, StepContext } from '../../engine/step.ts'
import { ADOPT, notOurs } from '../not-ours.ts'
import { clusterTagsOf } from './decide.ts'
import { groupIds } from './decide-groups.ts'
import type { ServiceChange } from './decide-service.ts'
import type { EcsSeen, EksNetwork } from './observe.ts'
import { EKS_GROUP, permissionOf, type Rule } from './rules.ts'
import { serviceSettings } from './service.ts'
import { isReusable, type TaskRoles, wantedDefinition } from './task-definitions.ts'

export type Context = ApplyContext<Settings, { readonly aws: AwsWriters }, EcsSeen>
/** What needs no look at what stood before. */
export type Waiting = StepContext<Settings, { readonly aws: AwsWriters }>
export type Apply = (change: Change, context: Context) => Promise<string | undefined>

/** Milliseconds within which a new role can be assumed everywhere, and a new security group is known. */
const SETTLING = 180_000
/** Milliseconds that the last tasks of what was deleted may take to stop. */
const DRAINING = 600_000

/** How each kind of thing is made, changed and taken over. */
export const BUILD: Readonly<Record<string, Apply>> = {
  'create log-group': async ({ name }, context) => {
    const { logs } = context.clients.aws
    const create = () => ifFound(logs.createGroup(name, clusterTags(context.desired)), 'ResourceAlreadyExistsException')
    await oneAtATime(context, `CloudWatch Logs to make group ${name}`, create)
    return undefined
  },
  'adopt log-group': async ({ id = '' }, { clients, desired }) => {
    await clients.aws.logs.tagGroup(id, clusterTags(desired))
    return id
  },
  'create ecs-cluster': createCluster,
  'adopt ecs-cluster': tagCluster,
  'update ecs-cluster': tagCluster,
  'create task-definition': registerTaskDefinition,
  'create ecs-service': createService,
  'adopt ecs-service': async ({ id = '' }, { clients, desired }) => {
    await clients.aws.ecs.tag(id, clusterTags(desired))
    return id
  },
  'update ecs-service': updateService,
  'create security-group': createSecurityGroup,
  'adopt security-group': async ({ id = '' }, { clients, desired }) => {
    await clients.aws.ec2.tag([id], clusterTags(desired))
    return id
  },
  'create security-group-rules': authorize,
}

async function createCluster({ name }: Change, context: Context): Promise<string | undefined> {
  const { ecs } = context.clients.aws
  const before = context.seen.ecsClusters[name]?.cluster
  if (before) await untilGone(context, `ECS cluster ${name}`, async () => statusPhrase(await ecs.cluster(name)))
  const tags = clusterTagsOf(context.seen, context.desired)
  const made = await settled(context, `ECS to make cluster ${name}`, () => ecs.createCluster(name, tags))
  if (made?.status === 'ACTIVE') return made.clusterArn
  return context.waitFor({
    what: `ECS cluster ${name} to be ACTIVE`,
    limit: context.desired.timeout ?? SETTLING,
    look: async () => {
      const cluster = await ecs.cluster(name)
      return cluster?.status === 'ACTIVE' ? { done: cluster.clusterArn } : { last: `it is ${cluster?.status}` }
    },
  })
}

async function tagCluster({ id = '' }: Change, { clients, desired, seen }: Context): Promise<string> {
  await clients.aws.ecs.tag(id, clusterTagsOf(seen, desired))
  return id
}

async function registerTaskDefinition({ name }: Change, context: Context): Promise<string> {
  const { desired, seen } = context
  const { ecsCluster, service } = byFamily(desired, name)
  const definition = wantedDefinition(desired, ecsCluster, service, seen.roles as TaskRoles)
  const { ecs } = context.clients.aws
  return settled(context, `ECS to accept task definition ${name}`, async () => {
    try {
      return await ecs.registerTaskDefinition(definition)
    } catch (error) {
      const newest = awsCode(error) === 'OutcomeUnknown' ? await ecs.taskDefinition(name) : undefined
      const arn = newest?.taskDefinition.taskDefinitionArn
      if (newest === undefined || arn === undefined || !isReusable(newest, definition, desired)) throw error
      return arn
    }
  })
}

function byFamily(desired: Settings, family: string): { ecsCluster: EcsClusterSettings; service: EcsServiceSettings } {
  const all = desired.ecsClusters.flatMap(ecsCluster => ecsCluster.services.map(service => ({ ecsCluster, service })))
  const found = all.find(({ ecsCluster, service }) => familyName(ecsCluster.name, service.name) === family)
  if (found === undefined) throw new Error(`no service has the family ${family}`)
  return found
}

async function createService({ detail }: Change, context: Context): Promise<string | undefined> {
  const { ecs } = context.clients.aws
  const { ecsCluster, service, revision } = detail as ServiceChange
  const status = async () => statusPhrase(await ecs.service(ecsCluster, service))
  if (context.seen.ecsClusters[ecsCluster]?.services[service])
    await untilGone(context, `ECS service ${service}`, status)
  const input = {
    cluster: ecsCluster,
    serviceName: service,
    taskDefinition: revision?.arn ?? context.idOf('task-definition', familyName(ecsCluster, service)),
    launchType: 'FARGATE' as const,
    ...serviceSettings(placement(ecsCluster, context)),
    clientToken: randomUUID(),
    tags: clusterTags(context.desired),
  }
  try {
    const made = await settled(context, `ECS to make service ${service}`, () => ecs.createService(input))
    return made?.serviceArn
  } catch (error) {
    // Another run has made it just now; `verify` looks at what it is.
    if (!/not idempotent/i.test(awsMessage(error))) throw error
    return (await ecs.service(ecsCluster, service))?.serviceArn
  }
}

async function updateService({ detail, id }: Change, context: Context): Promise<string | undefined> {
  const { ecsCluster, service, revision, redeploy } = detail as ServiceChange
  const registered = context.idOf('task-definition', familyName(ecsCluster, service))
  const taskDefinition = revision ? (revision.arn ?? registered) : undefined
  const input = {
    cluster: ecsCluster,
    service,
    ...(taskDefinition === undefined ? {} : { taskDefinition }),
    ...serviceSettings(placement(ecsCluster, context)),
    forceNewDeployment: redeploy,
  }
  await settled(context, `ECS to change service ${service}`, () => context.clients.aws.ecs.updateService(input))
  return id
}

const networkOf = ({ seen }: Context): EksNetwork => {
  if ('pending' in seen.network) throw new Error(seen.network.pending)
  return seen.network
}

const placement = (ecsCluster: string, context: Context) => ({
  subnets: networkOf(context).privateSubnets,
  securityGroup: context.idOf('security-group', securityGroupName(ecsCluster)),
})

async function createSecurityGroup({ name }: Change, context: Context): Promise<string | undefined> {
  const { clients, desired } = context
  const { ec2 } = clients.aws
  const { vpcId } = networkOf(context)
  const description = `ECS tasks of the mesh of EKS cluster ${desired.clusterName}`
  try {
    return await ec2.createSecurityGroup({ name, description, vpcId, tags: clusterTags(desired) })
  } catch (error) {
    if (awsCode(error) !== 'InvalidGroup.Duplicate') throw error
    const [group] = await ec2.securityGroups({ 'group-name': [name], 'vpc-id': [vpcId] })
    if (!isOurs(tagsOf(group?.Tags), desired)) throw notOurs(`Security group ${name}`, [awsMessage(error)], [ADOPT])
    return group?.GroupId
  }
}

async function authorize({ name, detail }: Change, context: Context): Promise<string | undefined> {
  const { clients, desired, seen, idOf } = context
  const rules = detail as readonly Rule[]
  const before = groupIds(seen.groups, networkOf(context), desired)
  const named = [name, ...rules.map(({ from }) => from)]
  const ids = Object.fromEntries(
    named.map(group => [group, group === EKS_GROUP ? before[group] : idOf('security-group', group)]),
  )
  const group = ids[name] ?? ''
  const permissions = rules.map(rule => permissionOf(rule, ids))
  await settled(context, `EC2 to know security group ${name}`, () =>
    togetherOrApart(permissions, some => clients.aws.ec2.authorizeIngress(group, some, clusterTags(desired)), [
      'InvalidPermission.Duplicate',
    ]),
  )
  return group
}

/** One call for all; where that is refused because some are done already, one call each for the others. */
export async function togetherOrApart<T>(
  items: readonly T[],
  call: (items: readonly T[]) => Promise<void>,
  already: readonly string[],
): Promise<void> {
  try {
    await call(items)
  } catch (error) {
    if (!already.includes(awsCode(error) ?? '')) throw error
    if (items.length > 1) for (const item of items) await togetherOrApart([item], call, already)
  }
}

export const statusPhrase = (seen: { readonly status?: string | undefined } | undefined): string | undefined =>
  seen && `it is ${seen.status}`

/** Waits until something that is on its way out is gone: until nothing is left to say of it. */
export function untilGone(context: Waiting, what: string, say: () => Promise<string | undefined>): Promise<void> {
  return context.waitFor({
    what: `${what} to be gone`,
    limit: context.desired.timeout ?? DRAINING,
    usual: 60_000,
    look: async () => {
      const last = await say()
      return last === undefined ? { done: undefined } : { last }
    },
  })
}

/** CloudWatch Logs refuses two changes of one group at once; the other one may be a first attempt of ours. */
export const oneAtATime = (context: Context, what: string, attempt: () => Promise<void>): Promise<void> =>
  context.retry({
    what,
    attempt,
    limit: context.desired.timeout ?? SETTLING,
    transient: error => (awsCode(error) === 'OperationAbortedException' ? awsMessage(error) : undefined),
  })

/** Errors that pass by themselves: a role, a group or a cluster that was made just now is not known everywhere yet. */
const PASSING: readonly { readonly codes: readonly string[]; readonly says: RegExp }[] = [
  { codes: ['ClientException', 'InvalidParameterException'], says: /unable to assume|role is not valid|invalid role/i },
  { codes: ['InvalidParameterException'], says: /security ?group.*(not exist|not found)/i },
  { codes: ['ClientException'], says: /too many concurrent attempts/i },
  { codes: ['OutcomeUnknown'], says: /./ },
  { codes: ['ClusterNotFoundException', 'InvalidGroup.NotFound', 'InvalidGroupId.NotFound'], says: /./ },
]
const NO_SERVICE_LINKED_ROLE = /service.linked role/i

const passing = (error: unknown): string | undefined => {
  const [code, message] = [awsCode(error) ?? '', awsMessage(error)]
  return PASSING.some(({ codes, says }) => codes.includes(code) && says.test(message)) ? message : undefined
}

/**
 * Tries again while the error is one of those. An account that has never used ECS lacks the service-linked role: the
 * first call makes ECS create it; where that did not happen, we do.
 */
function settled<T>(context: Context, what: string, attempt: () => Promise<T>): Promise<T> {
  let refusals = 0
  return context.retry({
    what,
    limit: context.desired.timeout ?? SETTLING,
    suggestions: ['Are the roles as they should be? ecs-ambient iam ensure'],
    transient: passing,
    attempt: async () => {
      try {
        return await attempt()
      } catch (error) {
        if (NO_SERVICE_LINKED_ROLE.test(awsMessage(error)) && ++refusals === 2) await ensureServiceLinkedRole(context)
        throw error
      }
    },
  })
}

/** InvalidInput: it is there already. */
const ensureServiceLinkedRole = ({ clients }: Context): Promise<void> =>
  ifFound(clients.aws.iam.createServiceLinkedRole('ecs.amazonaws.com'), 'InvalidInput')
