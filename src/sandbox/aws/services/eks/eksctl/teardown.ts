import type { Region } from '../../../region.ts'
import { AwsError } from '../../../wire/error.ts'
import { deleteStack } from '../../cloudformation/lifecycle.ts'
import type { Stack } from '../../cloudformation/state.ts'
import type { Progress } from './provision.ts'
import { clusterStack } from './spec.ts'

/**
 * Deletes what eksctl made of a cluster, also where only some of its stacks are left.
 *
 * @param wait whether to stay until the cluster's own stack is gone, as eksctl does with `--wait`
 * @returns the stack that failed to go, or undefined
 * @throws AwsError `ResourceNotFoundException` where there is neither a cluster nor a stack of it
 */
export async function teardown(
  region: Region,
  cluster: string,
  progress: Progress & { readonly wait: boolean },
): Promise<Stack | undefined> {
  const stacks = stacksOf(region, cluster)
  if (stacks.length === 0 && !region.eks.clusters.has(cluster))
    throw new AwsError('ResourceNotFoundException', `No cluster found for name: ${cluster}.`, { status: 404 })
  region.eks.clusters.get(cluster)?.podIdentities.clear()
  removeOidcProvider(region, cluster)
  for (const { name } of stacks.filter(({ name }) => name !== clusterStack(cluster))) {
    if (progress.signal.aborted) return undefined
    progress.tell(`will delete stack "${name}"`)
    progress.tell(`waiting for stack "${name}" to get deleted`)
    const failed = failure(await deleteStack(region, name))
    if (failed !== undefined) return failed
  }
  if (progress.signal.aborted) return undefined
  progress.tell(`will delete stack "${clusterStack(cluster)}"`)
  const gone = deleteStack(region, clusterStack(cluster))
  if (!progress.wait) return undefined
  progress.tell(`waiting for stack "${clusterStack(cluster)}" to get deleted`)
  return failure(await gone)
}

const failure = (stack: Stack | undefined): Stack | undefined => (stack?.status === 'DELETE_FAILED' ? stack : undefined)

const stacksOf = ({ cloudformation }: Region, cluster: string): Stack[] =>
  [...cloudformation.stacks.values()].filter(
    ({ tags, deleted }) => deleted === undefined && tags.get('alpha.eksctl.io/cluster-name') === cluster,
  )

function removeOidcProvider({ iam, eks }: Region, cluster: string): void {
  const issuer = eks.clusters.get(cluster)?.oidcIssuer.replace('https://', '')
  for (const provider of iam.oidcProviders.values()) if (provider.url === issuer) iam.oidcProviders.delete(provider.arn)
}
