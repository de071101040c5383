import type { ElasticLoadBalancing, LoadBalancerDescription } from '@aws-sdk/client-elastic-load-balancing'
import { AwsService, allPages, ifFound, inChunks } from './service.ts'
import { type Tags, tagsOf } from './tags.ts'

/** Classic load balancers: what a Kubernetes Service of type LoadBalancer becomes on EKS by default. */
export class ElbReader extends AwsService<ElasticLoadBalancing> {
  async loadBalancers(): Promise<readonly LoadBalancerDescription[]> {
    const elb = await this.sdk()
    return allPages(
      token => elb.describeLoadBalancers(token ? { Marker: token } : {}),
      page => page.LoadBalancerDescriptions,
      page => page.NextMarker,
    )
  }

  async loadBalancer(name: string): Promise<LoadBalancerDescription | undefined> {
    const answer = (await this.sdk()).describeLoadBalancers({ LoadBalancerNames: [name] })
    return (await ifFound(answer, 'LoadBalancerNotFound', 'AccessPointNotFound'))?.LoadBalancerDescriptions?.[0]
  }

  /** Of how many instances it has, how many take traffic. */
  async instances(name: string): Promise<{ readonly inService: number; readonly all: number }> {
    const { InstanceStates = [] } = await (await this.sdk()).describeInstanceHealth({ LoadBalancerName: name })
    const inService = InstanceStates.filter(({ State }) => State === 'InService').length
    return { inService, all: InstanceStates.length }
  }

  /** Tags by the load balancer's name. */
  async tags(names: readonly string[]): Promise<ReadonlyMap<string, Tags>> {
    const elb = await this.sdk()
    const described = await inChunks(names, 20, async LoadBalancerNames => {
      return (await elb.describeTags({ LoadBalancerNames })).TagDescriptions ?? []
    })
    return new Map(described.map(({ LoadBalancerName = '', Tags }) => [LoadBalancerName, tagsOf(Tags)]))
  }
}

export class ElbWriter extends ElbReader {
  /** A load balancer that does not exist is no error. */
  async deleteLoadBalancer(name: string): Promise<void> {
    await (await this.sdk()).deleteLoadBalancer({ LoadBalancerName: name })
  }
}
