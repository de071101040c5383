import type { Settings } from '../../config/settings.ts'
import { Exit, Failure } from '../../engine/failure.ts'
import type { StepContext } from '../../engine/step.ts'
import type { ReadClients } from '../clients.ts'

/**
 * A mesh that is still to be built needs what Solo.io gives. Where a cluster stands the step itself finds out, from what
 * is installed.
 *
 * @throws Failure `HUB_MISSING`, `TOOL_NOT_FOUND`, `TOOL_VERSION` (exit 3)
 */
export async function precheckIstio({ clients, desired }: StepContext<Settings, ReadClients>): Promise<void> {
  if ((await clients.aws.eks.cluster(desired.clusterName)) !== undefined) return
  if (desired.hub === undefined) throw hubMissing()
  await clients.tools.istioctlVersion()
}

export const hubMissing = (): Failure =>
  new Failure({
    code: 'HUB_MISSING',
    exit: Exit.missing,
    message: 'HUB is not set: the registry of the Istio images.',
    suggestions: [
      'Ask Solo.io for it, then: export HUB=…',
      'As far as it goes without: ecs-ambient up --until gateway-api',
    ],
  })
