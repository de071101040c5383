import type { AwsReaders } from '../../aws/clients.ts'
import { isOurs } from '../../aws/ownership.ts'
import { tagsOf } from '../../aws/tags.ts'
import { securityGroupName } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import type { SeenGroup } from './observe.ts'

/**
 * The ECS clusters of this mesh that the configuration does not name: one that was taken out of it, or was made with
 * another --ecs-cluster. Told by their tags, and where a cluster is gone already by the group of its tasks.
 */
export async function unnamedClusters(
  { ecs }: Pick<AwsReaders, 'ecs'>,
  groups: Promise<readonly SeenGroup[]> | readonly SeenGroup[],
  desired: Settings,
): Promise<readonly string[]> {
  const [clusters, seen] = await Promise.all([ecs.clusterArns().then(arns => ecs.clusters(arns)), groups])
  const tagged = clusters.filter(({ tags }) => isOurs(tagsOf(tags), desired))
  const names = [...tagged.flatMap(({ clusterName }) => clusterName ?? []), ...clustersOfGroups(seen, desired)]
  return [...new Set(names)].filter(name => !desired.ecsClusters.some(named => named.name === name)).sort()
}

const SUFFIX = securityGroupName('')

/** The ECS clusters whose tasks' groups are ours. */
const clustersOfGroups = (groups: readonly SeenGroup[], desired: Settings): readonly string[] =>
  groups.flatMap(({ name, tags }) =>
    isOurs(tags, desired) && name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : [],
  )

/** What is known of such a cluster beforehand: nothing but its name. */
export const unnamed = (name: string): Settings['ecsClusters'][number] => ({
  name,
  namespace: '',
  serviceAccount: '',
  services: [],
})

/** What a plan that leaves them alone says of them. */
export const unnamedWarning = (name: string, { clusterName }: Settings): string =>
  `ECS cluster ${name} of ${clusterName} is not in this configuration and is left as it is, with what it costs: ecs-ambient ecs delete --ecs-cluster ${name}`
