import { EXECUTION_ROLE, iamArn, istiodRole, logGroupName, TASK_POLICY, TASK_ROLE } from '../config/names.ts'
import type { Settings } from '../config/settings.ts'

/** On what an action is done, as far as policies can tell it apart. */
export type Place =
  | 'anything'
  | 'task roles'
  | 'task policy'
  | 'istiod role'
  | 'EKS cluster'
  | 'ECS cluster'
  | 'log group'

/** The ARNs of each place. */
export function placesOf(
  { region, clusterName, ecsClusters }: Pick<Settings, 'region' | 'clusterName' | 'ecsClusters'>,
  { account, partition }: { readonly account: string; readonly partition: string },
): Readonly<Record<Place, readonly string[]>> {
  const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:${account}:${rest}`
  return {
    anything: ['*'],
    'task roles': [TASK_ROLE, EXECUTION_ROLE].map(name => iamArn(partition, account, 'role', name)),
    'task policy': [iamArn(partition, account, 'policy', TASK_POLICY)],
    'istiod role': [istiodRole(clusterName), istiodRole(clusterName, region)].map(
      name => `arn:${partition}:iam::${account}:role/${name}`,
    ),
    'EKS cluster': [arn('eks', `cluster/${clusterName}`)],
    'ECS cluster': ecsClusters.map(({ name }) => arn('ecs', `cluster/${name}`)),
    'log group': ecsClusters.map(({ name }) => arn('logs', `log-group:${logGroupName(name)}`)),
  }
}
