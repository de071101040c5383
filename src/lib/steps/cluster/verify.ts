import { isOurs } from '../../aws/ownership.ts'
import type { Settings } from '../../config/settings.ts'
import { Failure, isFailure } from '../../engine/failure.ts'
import type { Facts } from '../../engine/plan.ts'
import type { StepContext } from '../../engine/step.ts'
import type { Look } from '../../engine/wait.ts'
import { ref } from '../../kubernetes/objects.ts'
import { needKubernetes, type ReadClients } from '../clients.ts'
import { factsOf } from './decide.ts'
import { nodegroupsOf } from './observe.ts'

/** Milliseconds. */
const ACTIVE_LIMIT = 30 * 60_000
const NODES_LIMIT = 20 * 60_000
const ACCESS_LIMIT = 3 * 60_000

type Verifying = StepContext<Settings, ReadClients>

export async function verifyCluster(context: Verifying): Promise<Facts> {
  const { clients, desired } = context
  const cluster = await waitForCluster(context)
  if (isOurs(cluster.tags ?? {}, desired)) await waitForNodes(context)
  await waitForAccess(context)
  return { ...factsOf({ cluster }), kubeconfig: await clients.kubeconfig() }
}

export function waitForCluster({ clients, desired: { clusterName, region, timeout }, waitFor }: Verifying) {
  return waitFor({
    what: `EKS cluster ${clusterName} to be ACTIVE`,
    limit: timeout ?? ACTIVE_LIMIT,
    usual: 10 * 60_000,
    look: async () => {
      const cluster = await clients.aws.eks.cluster(clusterName)
      if (cluster?.status === 'ACTIVE' || cluster?.status === 'UPDATING') return { done: cluster }
      if (cluster?.status !== 'FAILED') return { last: cluster?.status ?? 'does not exist' }
      const why = (cluster.health?.issues ?? []).map(({ code, message }) => `${code}: ${message}`)
      const suggestions = [`aws eks describe-cluster --region ${region} --name ${clusterName}`]
      const message = `EKS cluster ${clusterName} has failed.`
      return { failed: new Failure({ code: 'CLUSTER_FAILED', message, why, suggestions }) }
    },
  })
}

async function waitForNodes({ clients, desired: { clusterName, timeout }, waitFor }: Verifying): Promise<void> {
  await waitFor<void>({
    what: `the nodes of EKS cluster ${clusterName} to be ACTIVE`,
    limit: timeout ?? NODES_LIMIT,
    usual: 4 * 60_000,
    look: async (): Promise<Look<void>> => {
      const nodegroups = await nodegroupsOf(clients, clusterName)
      const broken = nodegroups.find(({ status = '' }) => /FAILED|DEGRADED/.test(status))
      if (broken) {
        const why = (broken.health?.issues ?? []).map(({ code, message }) => `${code}: ${message}`)
        const message = `Node group ${broken.nodegroupName} is ${broken.status}.`
        return { failed: new Failure({ code: 'NODES_FAILED', message, why }) }
      }
      const lagging = nodegroups.filter(({ status }) => status !== 'ACTIVE' && status !== 'UPDATING')
      if (nodegroups.length > 0 && lagging.length === 0) return { done: undefined }
      return {
        last: lagging.map(({ nodegroupName, status }) => `${nodegroupName}: ${status}`).join(', ') || 'none yet',
      }
    },
  })
}

/** Rights to the API server of a new cluster take a moment to be known there. */
async function waitForAccess({ clients, desired, retry }: Verifying): Promise<void> {
  const kubernetes = await needKubernetes(clients, desired)
  await retry({
    what: 'access to the Kubernetes API',
    limit: ACCESS_LIMIT,
    attempt: () => kubernetes.get(ref('Namespace', 'kube-system')),
    transient: error => (isFailure(error) && error.code === 'KUBERNETES_UNAUTHORIZED' ? error.why[0] : undefined),
  })
}
