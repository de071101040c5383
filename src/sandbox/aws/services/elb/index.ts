import type * as sdk from '@aws-sdk/client-elastic-load-balancing'
import { page } from '../../paging.ts'
import type { Region } from '../../region.ts'
import { type Tags, upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers, ServiceDefinition } from '../../wire/service.ts'
import { removeLoadBalancer } from './lifecycle.ts'
import type { LoadBalancer } from './state.ts'

function named({ elb }: Region, name: string): LoadBalancer {
  const found = elb.loadBalancers.get(name)
  if (found === undefined)
    throw new AwsError('LoadBalancerNotFound', `There is no ACTIVE Load Balancer named '${name}'`)
  return found
}

/** Nodes of the EKS cluster whose tag it carries. */
const instancesOf = ({ eks }: Region, tags: Tags): string[] =>
  [...eks.clusters.values()]
    .filter(({ name }) => tags.has(`kubernetes.io/cluster/${name}`))
    .flatMap(({ nodeGroups }) => [...nodeGroups.values()].flatMap(({ instanceIds }) => instanceIds))

const shown = (region: Region, balancer: LoadBalancer): sdk.LoadBalancerDescription => ({
  LoadBalancerName: balancer.name,
  DNSName: balancer.dnsName,
  CanonicalHostedZoneName: balancer.dnsName,
  CanonicalHostedZoneNameID: 'Z35SXDOTRQ7X7K',
  Scheme: balancer.scheme,
  VPCId: balancer.vpcId,
  Subnets: [...balancer.subnetIds],
  AvailabilityZones: balancer.subnetIds.flatMap(id => region.ec2.subnets.get(id)?.zone ?? []),
  SecurityGroups: [balancer.securityGroup],
  SourceSecurityGroup: { OwnerAlias: 'amazon', GroupName: region.ec2.groups.get(balancer.securityGroup)?.name },
  CreatedTime: balancer.created,
  Instances: instancesOf(region, balancer.tags).map(InstanceId => ({ InstanceId })),
  ListenerDescriptions: balancer.ports.map((port, index) => ({
    Listener: {
      Protocol: 'TCP',
      LoadBalancerPort: port,
      InstanceProtocol: 'TCP',
      InstancePort: 30_000 + index,
    },
    PolicyNames: [],
  })),
})

const elbOperations = {
  DescribeLoadBalancers({ LoadBalancerNames, Marker, PageSize = 400 }, { region }) {
    const wanted = LoadBalancerNames?.length
      ? LoadBalancerNames.map(name => named(region, name))
      : region.elb.loadBalancers.values()
    const { items, next } = page(wanted, {
      key: ({ name }) => name,
      token: Marker,
      size: PageSize,
      invalidToken: () => new AwsError('ValidationError', 'The marker is invalid.'),
    })
    return {
      LoadBalancerDescriptions: items.map(balancer => shown(region, balancer)),
      ...(next === undefined ? {} : { NextMarker: next }),
    }
  },

  /** The nodes of the cluster that it is for, all of them well. */
  DescribeInstanceHealth({ LoadBalancerName = '' }, { region }) {
    const { tags } = named(region, LoadBalancerName)
    return { InstanceStates: instancesOf(region, tags).map(InstanceId => ({ InstanceId, State: 'InService' })) }
  },

  DescribeTags: ({ LoadBalancerNames = [] }, { region }) => ({
    TagDescriptions: LoadBalancerNames.map(name => ({
      LoadBalancerName: name,
      Tags: upperTags.write(named(region, name).tags),
    })),
  }),

  /** Deleting what isn't there is no error. */
  DeleteLoadBalancer({ LoadBalancerName = '' }, { region }) {
    removeLoadBalancer(region, LoadBalancerName)
    return {}
  },
} satisfies Handlers<typeof sdk>

export const elb = {
  signingName: 'elasticloadbalancing',
  load: () => import('@aws-sdk/client-elastic-load-balancing'),
  client: 'ElasticLoadBalancingClient',
  missingMember: 'ValidationError',
  operations: elbOperations,
} satisfies ServiceDefinition
