import type * as sdk from '@aws-sdk/client-ec2'
import type { Context } from '../../context.ts'
import { upperTags } from '../../tags.ts'
import type { Handlers } from '../../wire/service.ts'
import { describe, existing, type Kind } from './describe.ts'
import { checkVpcLimit } from './limits.ts'
import { deleteSubnet, deleteVpc } from './removal.ts'
import { addSubnet, addVpc, type Subnet, type Vpc } from './state.ts'
import { specifiedTags } from './tags.ts'

export const VPC: Kind<Vpc> = {
  notFound: 'InvalidVpcID.NotFound',
  noun: 'vpc ID',
  filters: {
    'vpc-id': vpc => vpc.id,
    cidr: vpc => vpc.cidr,
    'cidr-block-association.cidr-block': vpc => vpc.cidr,
    'is-default': vpc => vpc.isDefault,
    isDefault: vpc => vpc.isDefault,
    state: () => 'available',
  },
}

export const SUBNET: Kind<Subnet> = {
  notFound: 'InvalidSubnetID.NotFound',
  noun: 'subnet ID',
  filters: {
    'subnet-id': subnet => subnet.id,
    'vpc-id': subnet => subnet.vpcId,
    'availability-zone': subnet => subnet.zone,
    'map-public-ip-on-launch': subnet => subnet.mapPublicIp,
    'cidr-block': subnet => subnet.cidr,
    state: () => 'available',
  },
}

const shownVpc = (vpc: Vpc, { region }: Context) => ({
  VpcId: vpc.id,
  CidrBlock: vpc.cidr,
  IsDefault: vpc.isDefault,
  State: 'available' as const,
  OwnerId: region.account,
  InstanceTenancy: 'default' as const,
  DhcpOptionsId: 'dopt-00000000000000001',
  CidrBlockAssociationSet: [
    {
      AssociationId: vpc.id.replace('vpc-', 'vpc-cidr-assoc-'),
      CidrBlock: vpc.cidr,
      CidrBlockState: { State: 'associated' as const },
    },
  ],
  Tags: upperTags.write(vpc.tags),
})

const shownSubnet = (subnet: Subnet, { region }: Context) => ({
  SubnetId: subnet.id,
  SubnetArn: `arn:${region.partition}:ec2:${region.name}:${region.account}:subnet/${subnet.id}`,
  VpcId: subnet.vpcId,
  CidrBlock: subnet.cidr,
  AvailabilityZone: subnet.zone,
  AvailabilityZoneId: zoneId(subnet.zone),
  AvailableIpAddressCount: 2 ** (32 - Number(subnet.cidr.split('/')[1])) - 5 - (subnet.nextHost - 10),
  DefaultForAz: region.ec2.vpcs.get(subnet.vpcId)?.isDefault ?? false,
  MapPublicIpOnLaunch: subnet.mapPublicIp,
  AssignIpv6AddressOnCreation: false,
  OwnerId: region.account,
  State: 'available' as const,
  Tags: upperTags.write(subnet.tags),
})

/** `use1-az1` for `us-east-1a`. */
export function zoneId(zone: string): string {
  const [, area = '', direction = '', number = '', letter = 'a'] = /^(\w+)-(\w+)-(\d)(\w)$/.exec(zone) ?? []
  return `${area}${direction.charAt(0)}${number}-az${letter.charCodeAt(0) - 96}`
}

export const vpcOperations = {
  CreateVpc({ CidrBlock = '10.0.0.0/16', TagSpecifications }, context) {
    checkVpcLimit(context.region)
    const vpc = addVpc(context.region.ec2, CidrBlock, specifiedTags(TagSpecifications, 'vpc'))
    return { Vpc: shownVpc(vpc, context) }
  },

  DeleteVpc({ VpcId }, { region: { ec2 } }) {
    deleteVpc(ec2, existing(ec2.vpcs, VpcId, VPC))
    return {}
  },

  DescribeVpcs({ VpcIds, ...input }, context) {
    const { items, rest } = describe(context.region.ec2.vpcs, VpcIds, input, VPC)
    return { Vpcs: items.map(vpc => shownVpc(vpc, context)), ...rest }
  },

  DescribeVpcAttribute({ VpcId }, { region: { ec2 } }) {
    const vpc = existing(ec2.vpcs, VpcId, VPC)
    return { VpcId: vpc.id, EnableDnsHostnames: { Value: true }, EnableDnsSupport: { Value: true } }
  },

  CreateSubnet({ VpcId, CidrBlock = '', AvailabilityZone, TagSpecifications }, context) {
    const { ec2, name } = context.region
    const vpc = existing(ec2.vpcs, VpcId, VPC)
    const subnet = addSubnet(ec2, {
      vpcId: vpc.id,
      cidr: CidrBlock,
      zone: AvailabilityZone ?? `${name}a`,
      mapPublicIp: false,
      tags: specifiedTags(TagSpecifications, 'subnet'),
    })
    return { Subnet: shownSubnet(subnet, context) }
  },

  DeleteSubnet({ SubnetId }, { region: { ec2 } }) {
    deleteSubnet(ec2, existing(ec2.subnets, SubnetId, SUBNET))
    return {}
  },

  DescribeSubnets({ SubnetIds, ...input }, context) {
    const { items, rest } = describe(context.region.ec2.subnets, SubnetIds, input, SUBNET)
    return { Subnets: items.map(subnet => shownSubnet(subnet, context)), ...rest }
  },

  ModifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch }, { region: { ec2 } }) {
    const subnet = existing(ec2.subnets, SubnetId, SUBNET)
    subnet.mapPublicIp = MapPublicIpOnLaunch?.Value ?? subnet.mapPublicIp
    return {}
  },
} satisfies Handlers<typeof sdk>
