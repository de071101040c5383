import { quote } from 'shlex'
import { EXECUTION_ROLE, iamArn, TASK_POLICY, TASK_ROLE } from './names.ts'
import type { Settings } from './settings.ts'

type Variables = Readonly<Record<string, string>>

/** The guide's variables as they stand, and what its scripts export; never the licence. What is not set is left out. */
export function guideVariables(settings: Settings, caller: { partition: string; account: string }): Variables {
  const [ecs] = settings.ecsClusters
  const arn = (kind: 'role' | 'policy', name: string) => iamArn(caller.partition, caller.account, kind, name)
  const variables: Record<string, string | undefined> = {
    AWS_REGION: settings.region,
    OWNER_NAME: settings.ownerName,
    EKS_VERSION: settings.eksVersion,
    CLUSTER_NAME: settings.clusterName,
    NUMBER_NODES: String(settings.numberNodes),
    NODE_TYPE: settings.nodeType,
    ISTIO_VERSION: settings.istioVersion,
    OS: settings.os,
    ARCH: settings.arch,
    HUB: settings.hub,
    ECS_NS: ecs?.namespace,
    ECS_SERVICE_ACCOUNT_NAME: ecs?.serviceAccount,
    ECS_CLUSTER_NAME: ecs?.name,
    TASK_ROLE_ARN: arn('role', TASK_ROLE),
    TASK_POLICY_ARN: arn('policy', TASK_POLICY),
    EXECUTION_ROLE_ARN: arn('role', EXECUTION_ROLE),
  }
  return Object.fromEntries(Object.entries(variables).filter((pair): pair is [string, string] => pair[1] !== undefined))
}

export const exportLines = (variables: Variables): readonly string[] =>
  Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}`)
