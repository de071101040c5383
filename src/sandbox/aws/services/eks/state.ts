import type { Tags } from '../../tags.ts'

export interface Addon {
  readonly name: string
  readonly arn: string
  version: string
  status: 'CREATING' | 'ACTIVE' | 'DELETING'
  configuration: string | undefined
  serviceAccountRole: string | undefined
  readonly created: Date
  modified: Date
  readonly tags: Tags
}

export interface PodIdentityAssociation {
  readonly id: string
  readonly arn: string
  readonly namespace: string
  readonly serviceAccount: string
  roleArn: string
  readonly created: Date
  modified: Date
  readonly tags: Tags
}

export interface NodeGroup {
  readonly name: string
  readonly arn: string
  status: 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING'
  readonly instanceType: string
  desired: number
  readonly subnetIds: readonly string[]
  readonly roleArn: string
  readonly created: Date
  readonly tags: Tags
  readonly instanceIds: string[]
}

export interface AccessEntry {
  readonly principalArn: string
  readonly arn: string
  readonly created: Date
  readonly kind: string
  groups: string[]
  /** ARN of the access policy to its scope. */
  readonly policies: Map<string, { kind: 'cluster' | 'namespace'; namespaces: string[] }>
  readonly tags: Tags
}

export interface EksCluster {
  readonly name: string
  readonly arn: string
  readonly version: string
  status: 'CREATING' | 'ACTIVE' | 'DELETING' | 'FAILED'
  readonly roleArn: string
  readonly created: Date
  readonly vpcId: string
  readonly subnetIds: readonly string[]
  /** EKS makes it for the control plane and the nodes. */
  readonly securityGroupId: string
  readonly additionalGroups: readonly string[]
  /** Of the control plane, in the cluster's subnets. */
  readonly interfaceIds: string[]
  /** Once it is ACTIVE. */
  endpoint: string | undefined
  certificateAuthority: string | undefined
  readonly oidcIssuer: string
  readonly tags: Tags
  readonly addons: Map<string, Addon>
  readonly podIdentities: Map<string, PodIdentityAssociation>
  readonly nodeGroups: Map<string, NodeGroup>
  readonly accessEntries: Map<string, AccessEntry>
}

/** EKS of one region. */
export interface EksState {
  readonly clusters: Map<string, EksCluster>
}

export const createEksState = (): EksState => ({ clusters: new Map() })

/** Milliseconds of sandbox time. */
export const TIMES = {
  cluster: 480_000,
  clusterRemoval: 180_000,
  nodeGroup: 150_000,
  nodeGroupRemoval: 120_000,
  addon: 30_000,
} as const
