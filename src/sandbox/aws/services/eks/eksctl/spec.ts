import type { Tags } from '../../../tags.ts'

/** What eksctl is asked to make; its configuration file says the same in more words. */
export interface EksctlSpec {
  readonly name: string
  readonly version: string
  readonly tags: Tags
  readonly withOidc: boolean
  readonly addons: readonly { readonly name: string; readonly version?: string }[]
  readonly podIdentities: readonly PodIdentitySpec[]
  readonly nodeGroups: readonly NodeGroupSpec[]
  /** ARN of the caller, who becomes the administrator. */
  readonly creatorArn: string
}

export interface PodIdentitySpec {
  readonly namespace: string
  readonly serviceAccount: string
  readonly roleName: string
  readonly policyArns: readonly string[]
  readonly inlinePolicy?: unknown
}

export interface NodeGroupSpec {
  readonly name: string
  readonly instanceType: string
  readonly desired: number
  readonly privateNetworking: boolean
}

export const clusterStack = (cluster: string): string => `eksctl-${cluster}-cluster`
export const nodeGroupStack = (cluster: string, group: string): string => `eksctl-${cluster}-nodegroup-${group}`
export const podIdentityStack = (cluster: string, { namespace, serviceAccount }: PodIdentitySpec): string =>
  `eksctl-${cluster}-podidentityrole-${namespace}-${serviceAccount}`

/** The tags that eksctl gives to everything it makes. */
export const eksctlTags = (cluster: string): [string, string][] => [
  ['alpha.eksctl.io/cluster-name', cluster],
  ['alpha.eksctl.io/eksctl-version', '0.215.0'],
  ['alpha.eksctl.io/cluster-oidc-enabled', 'true'],
  ['eksctl.cluster.k8s.io/v1alpha1/cluster-name', cluster],
]
