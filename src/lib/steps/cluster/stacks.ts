import type { Settings } from '../../config/settings.ts'
import { Failure, isFailure } from '../../engine/failure.ts'
import type { StepContext } from '../../engine/step.ts'
import type { Look } from '../../engine/wait.ts'
import type { ReadClients, WriteClients } from '../clients.ts'
import { hourlyCost } from '../costs.ts'
import { clusterStack } from './config.ts'
import { isOnItsWay } from './decide.ts'
import { type SeenStack, stacksOf } from './observe.ts'
import { deleteOrphans } from './orphans.ts'

/** Milliseconds. */
const SETTLE_LIMIT = 45 * 60_000
const DELETE_LIMIT = 30 * 60_000

/** Waits until none of the cluster's stacks is being made any more, whoever makes them; answers those that stand. */
export async function settledStacks({
  clients,
  desired,
  waitFor,
}: StepContext<Settings, ReadClients>): Promise<readonly SeenStack[]> {
  return waitFor<readonly SeenStack[]>({
    what: `the stacks of EKS cluster ${desired.clusterName} to settle`,
    limit: desired.timeout ?? SETTLE_LIMIT,
    usual: 12 * 60_000,
    look: async (): Promise<Look<readonly SeenStack[]>> => {
      const stacks = await stacksOf(clients, desired.clusterName)
      const moving = stacks.filter(({ status }) => isOnItsWay(status))
      if (moving.length === 0) return { done: stacks }
      return { last: moving.map(({ name, status }) => `${name}: ${status}`).join(', ') }
    },
  })
}

/** Deletes a stack and waits until it is gone. A stack that can't be deleted says why. */
export async function deleteStack(name: string, context: StepContext<Settings, WriteClients>): Promise<void> {
  const { clients, desired, waitFor } = context
  const { cloudFormation } = clients.aws
  if (name === clusterStack(desired.clusterName)) await deleteOrphans(name, context)
  await cloudFormation.deleteStack(name)
  await waitFor<void>({
    what: `stack ${name} to be deleted`,
    limit: desired.timeout ?? DELETE_LIMIT,
    usual: 5 * 60_000,
    look: async (): Promise<Look<void>> => {
      const stack = await cloudFormation.stack(name)
      if (stack === undefined || stack.StackStatus === 'DELETE_COMPLETE') return { done: undefined }
      if (stack.StackStatus !== 'DELETE_FAILED') return { last: stack.StackStatus ?? 'no status' }
      return { failed: await cannotDelete(name, context) }
    },
  })
}

async function cannotDelete(name: string, { clients, desired }: StepContext<Settings, ReadClients>): Promise<Failure> {
  return new Failure({
    code: 'STACK_NOT_DELETED',
    message: `CloudFormation could not delete stack ${name}.`,
    why: await failedEvents(clients, name),
    stands: [`stack ${name} and what is left in it`],
    suggestions: [
      'Delete by hand what the reasons name, then run the same command again.',
      `aws cloudformation delete-stack --region ${desired.region} --stack-name ${name}`,
    ],
  })
}

/** Nodes go before the network that they stand in. */
export async function deleteStacks(
  stacks: readonly SeenStack[],
  context: StepContext<Settings, WriteClients>,
): Promise<void> {
  const [last, first] = partition(stacks, ({ name }) => name === clusterStack(context.desired.clusterName))
  await Promise.all(first.map(({ name }) => deleteStack(name, context)))
  await Promise.all(last.map(({ name }) => deleteStack(name, context)))
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(isFirst), items.filter(item => !isFirst(item))]
}

/** Why a stack failed: the resources and CloudFormation's reasons, oldest first, as the first is the cause. */
async function failedEvents({ aws }: Pick<ReadClients, 'aws'>, name: string): Promise<readonly string[]> {
  const events = await aws.cloudFormation.events(name)
  return events
    .filter(({ ResourceStatus = '' }) => ResourceStatus.endsWith('_FAILED'))
    .toReversed()
    .slice(0, 5)
    .map(({ LogicalResourceId, ResourceStatus, ResourceStatusReason }) =>
      [LogicalResourceId, ResourceStatus, ResourceStatusReason].filter(Boolean).join(': '),
    )
}

/** eksctl's failure with CloudFormation's own reasons, and with what stands and costs all the same. */
export async function withStackEvents(
  error: unknown,
  { clients, desired }: StepContext<Settings, ReadClients>,
): Promise<unknown> {
  if (!isFailure(error) || !(error.code === 'TOOL_FAILED' || error.code === 'INTERRUPTED')) return error
  const stacks = await stacksOf(clients, desired.clusterName)
  const stands = stacks.map(({ name, status }) => `stack ${name}: ${status}${stackCost(name, desired)}`)
  // Nothing has failed then; CloudFormation goes on by itself.
  if (error.code === 'INTERRUPTED') return error.with({ stands })
  const events = await Promise.all(stacks.map(({ name }) => failedEvents(clients, name)))
  return error.with({
    why: events.flat(),
    stands,
    suggestions: ['Run the same command again: it clears away what is half made.', 'ecs-ambient cluster delete'],
  })
}

function stackCost(name: string, settings: Settings): string {
  const dollars = stackHourly(name, settings)
  return dollars === 0 ? '' : `, up to about $${dollars.toFixed(2)} an hour`
}

/** What a stack costs once all that it is to hold is there: dollars an hour. */
export function stackHourly(name: string, { clusterName, numberNodes }: Settings): number {
  const parts =
    name === clusterStack(clusterName)
      ? ['eks-cluster', 'nat-gateway']
      : name.includes('-nodegroup-')
        ? Array.from({ length: numberNodes }, () => 'ec2-instance')
        : []
  return parts.reduce((sum, part) => sum + hourlyCost(part), 0)
}
