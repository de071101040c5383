import { clusterTags } from '../../aws/ownership.ts'
import { ISTIO_NAMESPACE } from '../../config/names.ts'
import { type Change, stagesOf } from '../../engine/plan.ts'
import { together } from '../../engine/together.ts'
import type { Look } from '../../engine/wait.ts'
import { ref } from '../../kubernetes/objects.ts'
import { needKubernetes } from '../clients.ts'
import { deleteService } from '../ecs/apply-removal.ts'
import { createAssociation, deleteRole, ensureRole, updateAssociation } from './access.ts'
import { createCluster, createNodes, deleteCluster, deleteHalfMade, type Made } from './by-eksctl.ts'
import { NODE_GROUP } from './config.ts'
import type { Apply, Applying } from './context.ts'
import { decideCluster, Kinds, type ScaleDetail } from './decide.ts'
import { observeCluster } from './observe.ts'
import { madeBySomebody } from './race.ts'

/** Milliseconds. */
const ADDON_LIMIT = 5 * 60_000

/** How each change is made: `kind action`. */
const TABLE: Readonly<Record<string, Apply>> = {
  [`${Kinds.cluster} create`]: finishing(createCluster),
  [`${Kinds.cluster} delete`]: deleteCluster,
  [`${Kinds.stack} delete`]: deleteHalfMade,
  'ecs-service delete': deleteService,
  [`${Kinds.nodegroup} create`]: finishing(createNodes),
  [`${Kinds.nodegroup} update`]: async ({ detail }, { clients, desired }) => {
    await clients.aws.eks.scaleNodegroup(desired.clusterName, NODE_GROUP, detail as ScaleDetail)
    return undefined
  },
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

/** Adds what another run, that made the cluster meanwhile, left out of it. */
function finishing(make: (change: Change, context: Applying) => Promise<Made>): Apply {
  return async (change, context) => {
    const { clients, desired } = context
    if ((await make(change, context)) === 'overtaken') {
      const seen = await observeCluster(context)
      for (const stage of stagesOf(decideCluster(seen, desired))) {
        await together(stage.map(missing => applyCluster(missing, { ...context, seen })))
      }
    }
    return change.kind === Kinds.cluster ? (await clients.aws.eks.cluster(desired.clusterName))?.arn : undefined
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

async function restartIstiod(_change: Change, { clients, desired, clock }: Applying): Promise<undefined> {
  const kubernetes = await needKubernetes(clients, desired)
  await kubernetes.restart(ref('Deployment', 'istiod', ISTIO_NAMESPACE), new Date(clock.now()))
  return undefined
}
