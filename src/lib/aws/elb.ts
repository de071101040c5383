import type {
  ElasticLoadBalancing,
  LoadBalancerDescription,
  TagDescription,
} from '@aws-sdk/client-elastic-load-balancing'
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

  /** Tags by the load balancer's name; none of one that is gone. */
  async tags(names: readonly string[]): Promise<ReadonlyMap<string, Tags>> {
    const described = await inChunks(names, 20, chunk => this.#described(chunk))
    return new Map(described.map(({ LoadBalancerName = '', Tags }) => [LoadBalancerName, tagsOf(Tags)]))
  }

  /** One that went since it was listed has the whole question refused: then each is asked for by itself. */
  async #described(names: readonly string[]): Promise<readonly TagDescription[]> {
    const answer = (await this.sdk()).describeTags({ LoadBalancerNames: [...names] })
    const found = await ifFound(answer, 'LoadBalancerNotFound', 'AccessPointNotFound')
    if (found !== undefined) return found.TagDescriptions ?? []
    if (names.length <= 1) return []
    return (await Promise.all(names.map(name => this.#described([name])))).flat()
  }
}

export class ElbWriter extends ElbReader {
  /** A load balancer that does not exist is no error. */
  async deleteLoadBalancer(name: string): Promise<void> {
    await (await this.sdk()).deleteLoadBalancer({ LoadBalancerName: name })
  }
}
