/** One ECS service of the mesh. `family` and container names follow from it: names.ts. */
export interface EcsServiceSettings {
  readonly name: string
  /** The file under assets/task-definitions, without its ending. */
  readonly taskDefinition: string
}

export interface EcsClusterSettings {
  readonly name: string
  /** The Kubernetes namespace that holds the configuration objects of this cluster's workloads. */
  readonly namespace: string
  readonly serviceAccount: string
  readonly services: readonly EcsServiceSettings[]
}

/**
 * Everything that the program was asked for, valid and complete: what the steps call the desired.
 * It holds one secret, `license`; no other part of the program keeps a copy.
 */
export interface Settings {
  readonly region: string
  readonly profile?: string
  readonly ownerName: string
  readonly clusterName: string
  /** Undefined: the region's own default version. */
  readonly eksVersion?: string
  readonly numberNodes: number
  readonly nodeType: string
  /** Version of Solo's Istio, without `-solo`. Undefined: whatever istioctl is found. */
  readonly istioVersion?: string
  /** Image registry for Istio, from Solo.io. */
  readonly hub?: string
  /** Licence key from Solo.io. A secret. */
  readonly license?: string
  readonly os: string
  readonly arch: string
  /** Path of the istioctl to use, or undefined: our data directory, then PATH. */
  readonly istioctl?: string
  readonly eksctl?: string
  /** URL or file of the Gateway API CRDs. */
  readonly gatewayApi: string
  /** The guide's is a list of one. */
  readonly ecsClusters: readonly EcsClusterSettings[]
  readonly images: { readonly shell: string; readonly echo: string }
  /** Host that stands for the internet in the checks. */
  readonly internetTarget: string
  /** Which AWS managed policy istiod gets to read ECS: the guide's AmazonECS_FullAccess, or read-only. */
  readonly istiodAccess: 'full' | 'read-only'
  /** An internet-facing load balancer for istiod's port, rather than an internal one. */
  readonly publicGateway: boolean
  /** The guide's 0.0.0.0/0 rules. */
  readonly open: boolean
  /** Take over what has the right name but isn't ours. */
  readonly adopt: boolean
  /** A kubeconfig to use instead of the private one; its current context must be this cluster's. */
  readonly kubeconfig?: string
  /** Milliseconds for each wait, instead of the step's own limit. */
  readonly timeout?: number
}
