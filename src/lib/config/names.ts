import { createHash } from 'node:crypto'
import type { Settings } from './settings.ts'

/** Every name that the program gives to something, and every mark by which it knows it again. */

export const FIELD_MANAGER = 'ecs-ambient'
export const MANAGED_BY_LABEL = { 'app.kubernetes.io/managed-by': FIELD_MANAGER } as const

/** Tag of what belongs to one cluster; its value is the EKS cluster's name. */
export const CLUSTER_TAG = 'ecs-ambient/cluster'
/** Tag of the account-wide IAM resources that are ours. */
export const MANAGED_TAG = 'ecs-ambient/managed'
/** Tag, one for each cluster, that says who still uses an account-wide resource. */
export const userTag = ({ region, clusterName }: Pick<Settings, 'region' | 'clusterName'>): string =>
  `ecs-ambient/user:${region}.${clusterName}`

/** The IAM resources, account-wide, under the guide's names and path. */
export const IAM_PATH = '/ecs/ambient/'
export const TASK_ROLE = 'eks-ecs-task-role'
export const TASK_POLICY = 'eks-ecs-task-policy'
export const EXECUTION_ROLE = 'ecs-task-execution-role'

export const iamArn = (partition: string, account: string, kind: 'role' | 'policy', name: string): string =>
  `arn:${partition}:iam::${account}:${kind}${IAM_PATH}${name}`

/**
 * Under the guide's name; with a region, the one that a cluster gets there while another region's of its name has that:
 * IAM is shared by all regions.
 */
export const istiodRole = (clusterName: string, region?: string): string =>
  fitting(['istiod-eks-ecs', ...(region === undefined ? [] : [region]), clusterName].join('-'))

/** IAM's names of roles have at most 64 characters: of a longer one the end gives way to a hash of the whole. */
const fitting = (name: string): string =>
  name.length <= MOST
    ? name
    : `${name.slice(0, MOST - 9)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
const MOST = 64

export const ecsClusterName = (clusterName: string): string => `ecs-${clusterName}`
export const securityGroupName = (ecsCluster: string): string => `${ecsCluster}-tasks`
export const logGroupName = (ecsCluster: string): string => `/ecs/${ecsCluster}`
export const familyName = (ecsCluster: string, service: string): string => `${ecsCluster}-${service}`

export const ISTIO_NAMESPACE = 'istio-system'
export const GATEWAY_NAME = 'eastwest'
/** Where the version and fingerprint of what we installed are kept; never the licence. */
export const ISTIO_CONFIG_MAP = 'ecs-ambient-istio'
/** The container that enrolment adds to a task definition. */
export const ZTUNNEL_CONTAINER = 'ztunnel'
/** Service tag that says for which EKS cluster's mesh it was enrolled, and the fingerprint of what was baked in. */
export const ENROLLED_TAG = 'ecs-ambient/enrolled'
export const enrolledValue = (clusterName: string, fingerprint: string): string => `${clusterName}/${fingerprint}`
