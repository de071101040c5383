import { CLUSTER_TAG, ISTIO_NAMESPACE } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import type { CreateDetail } from './decide.ts'

export const NODE_GROUP = 'managed-nodes'
/** What the mesh needs of any cluster. */
export const ADDONS: readonly string[] = ['vpc-cni', 'eks-pod-identity-agent']
/** What no node and no name works without; eksctl adds them to a cluster of its own, unless it is broken off. */
export const OWN_ADDONS: readonly string[] = [...ADDONS, 'kube-proxy', 'coredns']
export const ISTIOD_ACCOUNT = { namespace: ISTIO_NAMESPACE, serviceAccount: 'istiod' } as const

/** Reads everything of ECS and changes nothing: the narrower choice for istiod. */
export const READ_ONLY_POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['ecs:Describe*', 'ecs:List*'], Resource: '*' }],
} as const

export const fullAccessArn = (partition: string): string => `arn:${partition}:iam::aws:policy/AmazonECS_FullAccess`

export type ConfigSettings = Pick<
  Settings,
  'clusterName' | 'region' | 'ownerName' | 'nodeType' | 'numberNodes' | 'istiodAccess'
>

/** What eksctl is asked for: the guide's cluster, with our mark on everything that it makes. */
export function eksctlConfig(
  settings: ConfigSettings,
  { version, roleName }: CreateDetail,
  partition: string,
): unknown {
  const { clusterName, region, ownerName, nodeType, numberNodes, istiodAccess } = settings
  const permissions =
    istiodAccess === 'full'
      ? { permissionPolicyARNs: [fullAccessArn(partition)] }
      : { permissionPolicy: READ_ONLY_POLICY }
  return {
    apiVersion: 'eksctl.io/v1alpha5',
    kind: 'ClusterConfig',
    metadata: { name: clusterName, region, version, tags: { owner: ownerName, [CLUSTER_TAG]: clusterName } },
    addons: ADDONS.map(name => ({ name })),
    iam: {
      withOIDC: true,
      podIdentityAssociations: [
        {
          namespace: ISTIOD_ACCOUNT.namespace,
          serviceAccountName: ISTIOD_ACCOUNT.serviceAccount,
          roleName,
          ...permissions,
        },
      ],
    },
    managedNodeGroups: [
      {
        name: NODE_GROUP,
        instanceType: nodeType,
        desiredCapacity: numberNodes,
        privateNetworking: true,
        updateConfig: { maxUnavailable: 2 },
      },
    ],
  }
}

/** eksctl's name for the stack that holds the cluster and its network. */
export const clusterStack = (clusterName: string): string => `eksctl-${clusterName}-cluster`
