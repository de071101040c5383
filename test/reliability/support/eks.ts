import { removeCluster, removeNodeGroup } from '../../../src/sandbox/aws/services/eks/lifecycle.ts'
import type { EksCluster } from '../../../src/sandbox/aws/services/eks/state.ts'
import type { World } from './world.ts'

/** @throws Error where there is none */
export function eksCluster({ sandbox: { aws } }: World): EksCluster {
  const cluster = aws.region().eks.clusters.get('ambient-ecs')
  if (cluster === undefined) throw new Error('there is no cluster')
  return cluster
}

/** Somebody deletes the EKS cluster with its nodes, by hand: the stacks stay. */
export async function loseCluster(world: World): Promise<void> {
  const region = world.sandbox.aws.region()
  const cluster = eksCluster(world)
  await Promise.all([...cluster.nodeGroups.values()].map(group => removeNodeGroup(region, cluster, group)))
  await removeCluster(region, cluster)
}
