import { stringify } from 'yaml'
import { isFailure } from '../../engine/failure.ts'
import type { Change } from '../../engine/plan.ts'
import type { Look } from '../../engine/wait.ts'
import type { Watch } from '../../tools/istioctl.ts'
import { retryTool } from '../retry-tool.ts'
import { clusterStack, eksctlConfig } from './config.ts'
import type { Applying } from './context.ts'
import type { CreateDetail } from './decide.ts'
import { stacksOf } from './observe.ts'
import { deleteStack, deleteStacks, settledStacks, withStackEvents } from './stacks.ts'
import { noneStranded } from './stranded.ts'
import { waitForCluster } from './verify.ts'

/** Milliseconds. */
const DELETED_LIMIT = 30 * 60_000

/** Whether our run made it, or found that another was at it and waited for that: it may have left something out. */
export type Made = 'made' | 'overtaken'

export async function createCluster({ detail }: Change, context: Applying): Promise<Made> {
  const { clients, desired, seen } = context
  const eksctl = await clients.tools.eksctl()
  await waitForDeletion(context)
  // Somebody's eksctl may be at it already: here, where a run was killed, or on another machine.
  if (seen.stacks.length > 0 && (await madeMeanwhile(context))) return 'overtaken'
  const config = stringify(eksctlConfig(desired, detail as CreateDetail, seen.partition))
  return unlessOvertaken(context, watch => eksctl.createCluster(config, watch))
}

export async function createNodes(_change: Change, context: Applying): Promise<Made> {
  const { clients, desired, seen } = context
  const eksctl = await clients.tools.eksctl()
  await settledStacks(context)
  if (seen.cluster?.status === 'CREATING') {
    await waitForCluster(context)
    return 'overtaken'
  }
  const config = stringify(
    eksctlConfig(desired, { version: seen.cluster?.version ?? '', roleName: seen.istiodRoleName }, seen.partition),
  )
  return unlessOvertaken(context, watch => eksctl.createNodegroup(config, watch))
}

async function unlessOvertaken(context: Applying, make: (watch: Watch) => Promise<void>): Promise<Made> {
  const { signal, output } = context
  try {
    await make({ signal, onLine: line => output('eksctl', line) })
    return 'made'
  } catch (error) {
    const overtaken = isFailure(error) && error.why.some(line => /already exists/i.test(line))
    if (overtaken && (await madeMeanwhile(context))) return 'overtaken'
    throw await withStackEvents(error, context)
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

export async function deleteCluster({ name }: Change, context: Applying): Promise<undefined> {
  const { clients, desired, signal, output, seen } = context
  const eksctl = await clients.tools.eksctl()
  await settledStacks(context)
  const vpcId = seen.cluster?.resourcesVpcConfig?.vpcId
  if (vpcId !== undefined) await noneStranded(vpcId, context)
  if (seen.cluster?.status === 'DELETING') await waitForDeletion(context)
  try {
    const force = (await clients.kubernetes()) === undefined
    const watch = { signal, onLine: (line: string) => output('eksctl', line), force }
    await retryTool(context, 'eksctl delete cluster', () => eksctl.deleteCluster(name, desired.region, watch))
  } catch (error) {
    // A cluster that went by itself meanwhile is no failure; what eksctl left of it is deleted below.
    const isGone = isFailure(error) && error.code === 'TOOL_FAILED' && !(await clients.aws.eks.cluster(name))
    if (!isGone) throw await withStackEvents(error, context)
  }
  const left = (await stacksOf(clients, name)).filter(({ ours }) => ours)
  await deleteStacks(left, context)
  return undefined
}

/**
 * Deletes a stack of which no cluster had come. CloudFormation, or an eksctl that is alive somewhere, may still be at it:
 * what comes of it is waited for, as nothing can be taken from under a cluster, and then goes by eksctl.
 */
export async function deleteHalfMade({ name, ...change }: Change, context: Applying): Promise<undefined> {
  const { clients, desired, seen } = context
  await settledStacks(context)
  const cluster = await clients.aws.eks.cluster(desired.clusterName)
  if (cluster !== undefined && name === clusterStack(desired.clusterName)) {
    return deleteCluster({ ...change, name: desired.clusterName }, { ...context, seen: { ...seen, cluster } })
  }
  await deleteStack(name, context)
  return undefined
}
