import type { Settings } from '../config/settings.ts'
import { isFailure } from '../engine/failure.ts'
import type { AnyStep, StepContext } from '../engine/step.ts'
import type { ReadClients, WriteClients } from './clients.ts'

type WalkthroughStep = AnyStep<Settings, ReadClients, WriteClients>

/**
 * For removals: a step that loses the Kubernetes API because the EKS cluster goes at that moment, by somebody's eksctl,
 * goes on as if there were no cluster. What was in it goes with it.
 */
export const besideGoingCluster = (step: WalkthroughStep): WalkthroughStep => ({
  ...step,
  observe: async context => {
    try {
      return await step.observe(context)
    } catch (error) {
      if (!(await isLost(error, context))) throw error
      return step.observe({ ...context, clients: { ...context.clients, kubernetes: async () => undefined } })
    }
  },
  apply: async (change, context) => {
    try {
      return await step.apply(change, context)
    } catch (error) {
      if (!(await isLost(error, context))) throw error
      return undefined
    }
  },
})

/** Whether the API does not answer any more, and EKS says why. */
async function isLost(
  error: unknown,
  { clients, desired }: Pick<StepContext<Settings, ReadClients>, 'clients' | 'desired'>,
): Promise<boolean> {
  if (!isFailure(error) || error.code !== 'KUBERNETES_UNREACHABLE') return false
  const status = (await clients.aws.eks.cluster(desired.clusterName))?.status
  return status === undefined || status === 'DELETING'
}
