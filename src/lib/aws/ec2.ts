import type {
  EC2,
  Filter,
  IpPermission,
  NatGateway,
  NetworkInterface,
  RouteTable,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
  Volume,
  VpcEndpoint,
} from '@aws-sdk/client-ec2'
import { AwsService, allPages, ifFound } from './service.ts'
import { type Tags, upperTags } from './tags.ts'

/** EC2's filters by name: `{ 'vpc-id': [...], 'tag:name': [...] }`. */
export type Filters = Readonly<Record<string, readonly string[]>>

const filterList = (filters: Filters): Filter[] =>
  Object.entries(filters).map(([Name, values]) => ({ Name, Values: [...values] }))

const paged = (token: string | undefined) => (token ? { NextToken: token } : {})

export class Ec2Reader extends AwsService<EC2> {
  /** Names of the regions that the account can use. */
  async regions(): Promise<readonly string[]> {
    const { Regions = [] } = await (await this.sdk()).describeRegions({})
    return Regions.flatMap(({ RegionName }) => RegionName ?? []).toSorted()
  }

  async subnets(filters: Filters): Promise<readonly Subnet[]> {
    const ec2 = await this.sdk()
    return allPages(
      token => ec2.describeSubnets({ Filters: filterList(filters), ...paged(token) }),
      page => page.Subnets,
      page => page.NextToken,
    )
  }

  async securityGroups(filters: Filters): Promise<readonly SecurityGroup[]> {
    const ec2 = await this.sdk()
    return allPages(
      token => ec2.describeSecurityGroups({ Filters: filterList(filters), ...paged(token) }),
      page => page.SecurityGroups,
      page => page.NextToken,
    )
  }

  async securityGroupRules(filters: Filters): Promise<readonly SecurityGroupRule[]> {
    const ec2 = await this.sdk()
    return allPages(
      token => ec2.describeSecurityGroupRules({ Filters: filterList(filters), ...paged(token) }),
      page => page.SecurityGroupRules,
      page => page.NextToken,
    )
  }

  async networkInterfaces(filters: Filters): Promise<readonly NetworkInterface[]> {
    const ec2 = await this.sdk()
    return allPages(
      token => ec2.describeNetworkInterfaces({ Filters: filterList(filters), ...paged(token) }),
      page => page.NetworkInterfaces,
      page => page.NextToken,
    )
  }

  async routeTables(filters: Filters): Promise<readonly RouteTable[]> {
    const ec2 = await this.sdk()
    return allPages(
      token => ec2.describeRouteTables({ Filters: filterList(filters), ...paged(token) }),
      page => page.RouteTables,
      page => page.NextToken,
    )
  }

  async natGateways(filters: Filters): Promise<readonly NatGateway[]> {
    const ec2 = await this.sdk()
    return allPages(
      token => ec2.describeNatGateways({ Filter: filterList(filters), ...paged(token) }),
      page => page.NatGateways,
      page => page.NextToken,
    )
  }

  async vpcEndpoints(filters: Filters): Promise<readonly VpcEndpoint[]> {
    const ec2 = await this.sdk()
    return allPages(
      token => ec2.describeVpcEndpoints({ Filters: filterList(filters), ...paged(token) }),
      page => page.VpcEndpoints,
      page => page.NextToken,
    )
  }

  async instanceIds(filters: Filters): Promise<readonly string[]> {
    const ec2 = await this.sdk()
    const reservations = await allPages(
      token => ec2.describeInstances({ Filters: filterList(filters), ...paged(token) }),
      page => page.Reservations,
      page => page.NextToken,
    )
    return reservations.flatMap(({ Instances = [] }) => Instances.flatMap(({ InstanceId }) => InstanceId ?? []))
  }

  async volumes(filters: Filters): Promise<readonly Volume[]> {
    const ec2 = await this.sdk()
    return allPages(
      token => ec2.describeVolumes({ Filters: filterList(filters), ...paged(token) }),
      page => page.Volumes,
      page => page.NextToken,
    )
  }

  /** Everything in EC2 that carries a tag, for a while also what is deleted. Types in EC2's words: `vpc`, `natgateway`. */
  async tagged(key: string, value: string): Promise<readonly { readonly id: string; readonly type: string }[]> {
    const ec2 = await this.sdk()
    const Filters = filterList({ key: [key], value: [value] })
    const tags = await allPages(
      token => ec2.describeTags({ Filters, ...paged(token) }),
      page => page.Tags,
      page => page.NextToken,
    )
    return tags.map(({ ResourceId: id = '', ResourceType: type = '' }) => ({ id, type }))
  }

  /** How many VPCs the region has, whoever's. */
  async vpcCount(): Promise<number> {
    const ec2 = await this.sdk()
    const vpcs = await allPages(
      token => ec2.describeVpcs(paged(token)),
      page => page.Vpcs,
      page => page.NextToken,
    )
    return vpcs.length
  }

  /** How many elastic IP addresses the region has, whoever's. */
  async addressCount(): Promise<number> {
    return ((await (await this.sdk()).describeAddresses({})).Addresses ?? []).length
  }

  /** Whether the VPC is still there. */
  async vpcExists(vpcId: string): Promise<boolean> {
    const answer = await ifFound((await this.sdk()).describeVpcs({ VpcIds: [vpcId] }), 'InvalidVpcID.NotFound')
    return (answer?.Vpcs ?? []).length > 0
  }
}

export interface NewSecurityGroup {
  readonly name: string
  readonly description: string
  readonly vpcId: string
  readonly tags: Tags
}

export class Ec2Writer extends Ec2Reader {
  async createSecurityGroup({ name, description, vpcId, tags }: NewSecurityGroup): Promise<string | undefined> {
    const answer = await (await this.sdk()).createSecurityGroup({
      GroupName: name,
      Description: description,
      VpcId: vpcId,
      TagSpecifications: [{ ResourceType: 'security-group', Tags: upperTags(tags) }],
    })
    return answer.GroupId
  }

  async deleteSecurityGroup(groupId: string): Promise<void> {
    await (await this.sdk()).deleteSecurityGroup({ GroupId: groupId })
  }

  /** Lets traffic into a group; the rules carry the tags. */
  async authorizeIngress(groupId: string, permissions: readonly IpPermission[], tags: Tags): Promise<void> {
    await (await this.sdk()).authorizeSecurityGroupIngress({
      GroupId: groupId,
      IpPermissions: [...permissions],
      TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: upperTags(tags) }],
    })
  }

  async revokeIngress(groupId: string, ruleIds: readonly string[]): Promise<void> {
    await (await this.sdk()).revokeSecurityGroupIngress({ GroupId: groupId, SecurityGroupRuleIds: [...ruleIds] })
  }

  async revokeEgress(groupId: string, ruleIds: readonly string[]): Promise<void> {
    await (await this.sdk()).revokeSecurityGroupEgress({ GroupId: groupId, SecurityGroupRuleIds: [...ruleIds] })
  }

  async deleteNetworkInterface(id: string): Promise<void> {
    await (await this.sdk()).deleteNetworkInterface({ NetworkInterfaceId: id })
  }

  async tag(ids: readonly string[], tags: Tags): Promise<void> {
    await (await this.sdk()).createTags({ Resources: [...ids], Tags: upperTags(tags) })
  }

  async untag(ids: readonly string[], keys: readonly string[]): Promise<void> {
    await (await this.sdk()).deleteTags({ Resources: [...ids], Tags: keys.map(Key => ({ Key })) })
  }
}
