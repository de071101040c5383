import type { Tags } from '../../tags.ts'

export interface LoadBalancer {
  readonly name: string
  readonly dnsName: string
  readonly scheme: 'internet-facing' | 'internal'
  readonly vpcId: string
  readonly subnetIds: readonly string[]
  readonly securityGroup: string
  readonly ports: readonly number[]
  readonly created: Date
  readonly tags: Tags
  /** Its network interfaces, which appear after it and go after it. */
  readonly interfaceIds: string[]
  /** Shuts its ports, once they are open. */
  shut: () => void
}

/** Classic load balancers of one region, by name. */
export interface ElbState {
  readonly loadBalancers: Map<string, LoadBalancer>
}

export const createElbState = (): ElbState => ({ loadBalancers: new Map() })
