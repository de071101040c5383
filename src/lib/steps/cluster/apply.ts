import { stringify } from 'yaml'
import { jsonAsset } from '../../assets.ts'
import { awsCode } from '../../aws/errors.ts'
import { clusterTags } from '../../aws/ownership.ts'
import { ISTIO_NAMESPACE, istiodRole } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import { isFailure } from '../../engine/failure.ts'
import { type Change, stagesOf } from '../../engine/plan.ts'
import type { ApplyContext } from '../../engine/step.ts'
import { together } from '../../engine/together.ts'
import type { Look } from '../../engine/wait.ts'
import { ref } from '../../kubernetes/objects.ts'
import type { Watch } from '../../tools/istioctl.ts'
import { needKubernetes, type WriteClients } from '../clients.ts'
import { eksctlConfig, fullAccessArn, ISTIOD_ACCOUNT, READ_ONLY_POLICY } from './config.ts'
import { type CreateDetail, decideCluster, Kinds, type RoleDetail } from './decide.ts'
import { type ClusterSeen, observeCluster, stacksOf } from './observe.ts'
import { deleteStack, deleteStacks, settledStacks, withStackEvents } from './stacks.ts'

type Applying = ApplyContext<Settings, WriteClients, ClusterSeen>
type Apply = (change: Change, context: Applying) => Promise<string | undefined>

/** Milliseconds. */
const DELETED_LIMIT = 30 * 60_000
const NEW_ROLE_LIMIT = 2 * 60_000
const ADDON_LIMIT = 5 * 60_000

/** How each change is made: `kind action`. */
const TABLE: Readonly<Record<string, Apply>> = {
  [`${Kinds.cluster} create`]: createCluster,
  [`${Kinds.cluster} delete`]: deleteCluster,
  [`${Kinds.stack} delete`]: async ({ name }, context) => {
    await deleteStack(name, context)
    return undefined
  },
  [`${Kinds.nodegroup} create`]: createNodes,
  [`${Kinds.addon} create`]: async ({ name }, { clients, desired }) => {
    await madeBySomebody(clients.aws.eks.createAddon(desired.clusterName, name, clusterTags(desired)))
    return undefined
  },
  [`${Kinds.addon} delete`]: deleteAddon,
  [`${Kinds.role} create`]: ensureRole,
  [`${Kinds.role} update`]: ensureRole,
  [`${Kinds.role} delete`]: deleteRole,
  [`${Kinds.association} create`]: createAssociation,
  [`${Kinds.association} update`]: updateAssociation,
  [`${Kinds.association} delete`]: async ({ id = '' }, { clients, desired }) => {
    await clients.aws.eks.deletePodIdentityAssociation(desired.clusterName, id)
    return undefined
  },
  [`${Kinds.deployment} run`]: restartIstiod,
}

export const applyCluster: Apply = (change, context) => {
  const apply = TABLE[`${change.kind} ${change.action}`]
  if (apply === undefined) throw new Error(`no way to ${change.action} ${change.kind}`)
  return apply(change, context)
}

async function createCluster({ detail }: Change, context: Applying): Promise<string | undefined> {
  const { clients, desired, seen } = context
  const eksctl = await clients.tools.eksctl()
  await waitForDeletion(context)
  // Somebody's eksctl may be at it already: here, where a run was killed, or on another machine.
  if (seen.stacks.length > 0 && (await madeMeanwhile(context))) {
    await finish(context)
  } else {
    const { version } = detail as CreateDetail
    const config = stringify(eksctlConfig(desired, version, seen.partition))
    await unlessOvertaken(context, watch => eksctl.createCluster(config, watch))
  }
  return (await clients.aws.eks.cluster(desired.clusterName))?.arn
}

async function createNodes(_change: Change, context: Applying): Promise<undefined> {
  const { clients, desired, seen } = context
  const eksctl = await clients.tools.eksctl()
  const config = stringify(eksctlConfig(desired, seen.cluster?.version ?? '', seen.partition))
  await unlessOvertaken(context, watch => eksctl.createNodegroup(config, watch))
  return undefined
}

/** Where another run makes the same at the same time, what it leaves undone is done when its stacks have settled. */
async function unlessOvertaken(context: Applying, work: (watch: Watch) => Promise<void>): Promise<void> {
  const { signal, output } = context
  try {
    await work({ signal, onLine: line => output('eksctl', line) })
  } catch (error) {
    const overtaken = isFailure(error) && error.why.some(line => /already exists/i.test(line))
    if (!overtaken || !(await madeMeanwhile(context))) throw await withStackEvents(error, context)
    await finish(context)
  }
}

/** Waits for stacks that are being made; whether there is a cluster then. What came to nothing is cleared away. */
async function madeMeanwhile(context: Applying): Promise<boolean> {
  const stacks = await settledStacks(context)
  const cluster = await context.clients.aws.eks.cluster(context.desired.clusterName)
  if (cluster !== undefined) return true
  const ours = stacks.filter(({ ours }) => ours)
  await deleteStacks(ours, context)
  return false
}

/** Adds what is missing of a cluster that was not there when the plan was made. */
async function finish(context: Applying): Promise<void> {
  const seen = await observeCluster(context)
  for (const stage of stagesOf(decideCluster(seen, context.desired))) {
    await together(stage.map(change => applyCluster(change, { ...context, seen })))
  }
}

async function waitForDeletion({ clients, desired, waitFor }: Applying): Promise<void> {
  await waitFor<void>({
    what: `the old EKS cluster ${desired.clusterName} to be gone`,
    limit: desired.timeout ?? DELETED_LIMIT,
    look: async (): Promise<Look<void>> => {
      const cluster = await clients.aws.eks.cluster(desired.clusterName)
      return cluster?.status === 'DELETING' ? { last: 'DELETING' } : { done: undefined }
    },
  })
}

/** Another run that makes the same thing at the same time is no failure. */
async function madeBySomebody<T>(making: Promise<T>): Promise<T | undefined> {
  try {
    return await making
  } catch (error) {
    if (/^ResourceInUse/.test(awsCode(error) ?? '') || /^EntityAlreadyExists/.test(awsCode(error) ?? ''))
      return undefined
    throw error
  }
}

async function deleteAddon({ name }: Change, { clients, desired, waitFor }: Applying): Promise<undefined> {
  const { eks } = clients.aws
  await eks.deleteAddon(desired.clusterName, name)
  await waitFor<void>({
    what: `addon ${name} to be gone`,
    limit: desired.timeout ?? ADDON_LIMIT,
    look: async (): Promise<Look<void>> => {
      const addon = await eks.addon(desired.clusterName, name)
      return addon ? { last: addon.status ?? 'no status' } : { done: undefined }
    },
  })
  return undefined
}

/** The role by which istiod sees ECS; eksctl makes it for a cluster of its own. */
async function ensureRole(
  { name }: Change,
  { clients, desired, seen, waitFor }: Applying,
): Promise<string | undefined> {
  const { iam } = clients.aws
  const { clusterName, istiodAccess } = desired
  const made = await madeBySomebody(
    iam.createRole({
      name,
      path: '/',
      trust: JSON.stringify(jsonAsset('iam/pod-identity-trust.json', {})),
      description: `Lets istiod of EKS cluster ${clusterName} read ECS`,
      tags: clusterTags(desired),
    }),
  )
  if (istiodAccess === 'full') await iam.attachPolicy(name, fullAccessArn(seen.partition))
  else await iam.putInlinePolicy(name, 'read-ecs', JSON.stringify(READ_ONLY_POLICY))
  await waitFor<void>({
    what: `role ${name} to show`,
    limit: NEW_ROLE_LIMIT,
    look: async (): Promise<Look<void>> => ((await iam.role(name)) ? { done: undefined } : {}),
  })
  return made
}

async function deleteRole({ name }: Change, { clients }: Applying): Promise<undefined> {
  const { iam } = clients.aws
  const [attached, inline] = await Promise.all([iam.attachedPolicies(name), iam.inlinePolicies(name)])
  await Promise.all([
    ...attached.map(arn => iam.detachPolicy(name, arn)),
    ...inline.map(policy => iam.deleteInlinePolicy(name, policy)),
  ])
  await iam.deleteRole(name)
  return undefined
}

async function createAssociation({ detail }: Change, context: Applying): Promise<string | undefined> {
  const { clients, desired } = context
  const { roleArn } = detail as RoleDetail
  return onceRoleIsKnown(context, () =>
    madeBySomebody(
      clients.aws.eks.createPodIdentityAssociation({
        clusterName: desired.clusterName,
        ...ISTIOD_ACCOUNT,
        roleArn,
        tags: clusterTags(desired),
      }),
    ),
  )
}

async function updateAssociation({ id = '', detail }: Change, context: Applying): Promise<undefined> {
  const { clients, desired } = context
  const { roleArn } = detail as RoleDetail
  await onceRoleIsKnown(context, () => clients.aws.eks.updatePodIdentityAssociation(desired.clusterName, id, roleArn))
  return undefined
}

/** A new role is not known everywhere at once. */
function onceRoleIsKnown<T>({ retry, desired }: Applying, attempt: () => Promise<T>): Promise<T> {
  return retry({
    what: `role ${istiodRole(desired.clusterName)} to be known to EKS`,
    limit: NEW_ROLE_LIMIT,
    attempt,
    transient: error => {
      const isRole =
        /^InvalidParameter/.test(awsCode(error) ?? '') && isFailure(error) && /role/i.test(error.why.join())
      return isRole ? error.why[0] : undefined
    },
  })
}

async function restartIstiod(_change: Change, { clients, desired, clock }: Applying): Promise<undefined> {
  const kubernetes = await needKubernetes(clients, desired)
  await kubernetes.restart(ref('Deployment', 'istiod', ISTIO_NAMESPACE), new Date(clock.now()))
  return undefined
}

async function deleteCluster({ name }: Change, context: Applying): Promise<undefined> {
  const { clients, desired, signal, output, seen } = context
  const eksctl = await clients.tools.eksctl()
  await settledStacks(context)
  if (seen.cluster?.status === 'DELETING') await waitForDeletion(context)
  try {
    await eksctl.deleteCluster(name, desired.region, { signal, onLine: line => output('eksctl', line) })
  } catch (error) {
    if (await clients.aws.eks.cluster(name)) throw await withStackEvents(error, context)
  }
  const left = (await stacksOf(clients, name)).filter(({ ours }) => ours)
  await deleteStacks(left, context)
  return undefined
}
