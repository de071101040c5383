import type * as sdk from '@aws-sdk/client-ec2'
import { upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import { describe, type Kind } from './describe.ts'
import type { Instance } from './state.ts'
import { zoneId } from './vpcs.ts'

const REGIONS = [
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
]

const ZONES = ['a', 'b', 'c']

const INSTANCE: Kind<Instance> = {
  notFound: 'InvalidInstanceID.NotFound',
  noun: 'instance ID',
  filters: {
    'instance-id': instance => instance.id,
    'instance-state-name': instance => instance.state,
    'vpc-id': instance => instance.vpcId,
    'subnet-id': instance => instance.subnetId,
    'instance-type': instance => instance.type,
    'private-ip-address': instance => instance.privateIp,
  },
}

/** Where instance types are offered, as the kind of location that was asked for. */
function locationsOf(region: string, type: sdk.LocationType): readonly string[] {
  if (type === 'region') return [region]
  const zones = ZONES.map(letter => `${region}${letter}`)
  return type === 'availability-zone' ? zones : zones.map(zoneId)
}

const STATE_CODES = { running: 16, terminated: 48 } as const

export const readOperations = {
  DescribeRegions({ RegionNames }) {
    const unknown = RegionNames?.find(name => !REGIONS.includes(name))
    if (unknown !== undefined) throw new AwsError('InvalidParameterValue', `Invalid region provided: [${unknown}]`)
    return {
      Regions: (RegionNames ?? REGIONS).map(name => ({
        RegionName: name,
        Endpoint: `ec2.${name}.amazonaws.com`,
        OptInStatus: 'opt-in-not-required',
      })),
    }
  },

  DescribeAvailabilityZones: (_, { region }) => ({
    AvailabilityZones: ZONES.map(letter => ({
      ZoneName: `${region.name}${letter}`,
      ZoneId: zoneId(`${region.name}${letter}`),
      ZoneType: 'availability-zone',
      RegionName: region.name,
      GroupName: region.name,
      NetworkBorderGroup: region.name,
      State: 'available' as const,
      OptInStatus: 'opt-in-not-required' as const,
      Messages: [],
    })),
  }),

  DescribeAccountAttributes: ({ AttributeNames }, { region: { ec2 } }) => ({
    AccountAttributes: [
      { AttributeName: 'supported-platforms', AttributeValues: [{ AttributeValue: 'VPC' }] },
      {
        AttributeName: 'default-vpc',
        AttributeValues: [{ AttributeValue: [...ec2.vpcs.values()].find(vpc => vpc.isDefault)?.id ?? 'none' }],
      },
      { AttributeName: 'max-instances', AttributeValues: [{ AttributeValue: '20' }] },
      { AttributeName: 'vpc-max-security-groups-per-interface', AttributeValues: [{ AttributeValue: '5' }] },
      { AttributeName: 'max-elastic-ips', AttributeValues: [{ AttributeValue: '5' }] },
      { AttributeName: 'vpc-max-elastic-ips', AttributeValues: [{ AttributeValue: '5' }] },
    ].filter(({ AttributeName }) => (AttributeNames as string[] | undefined)?.includes(AttributeName) ?? true),
  }),

  DescribeAddresses: (_, { region: { ec2 } }) => ({
    Addresses: [...ec2.natGateways.values()]
      .filter(({ state }) => state === 'available')
      .map(({ id }) => ({ AllocationId: id.replace('nat-', 'eipalloc-'), Domain: 'vpc' as const })),
  }),

  DescribeInstanceTypeOfferings({ Filters, LocationType = 'region' }, { region }) {
    const filtered = (name: string) => Filters?.find(({ Name }) => Name === name)?.Values
    const types = filtered('instance-type') ?? ['t2.medium', 't3.medium', 'm5.large']
    const known = types.filter(type => /^[a-z]+\d[a-z]*\.(\d*x?large|medium|small|micro|nano|metal)$/.test(type))
    const locations = locationsOf(region.name, LocationType)
    const wanted = locations.filter(location => filtered('location')?.includes(location) ?? true)
    return {
      InstanceTypeOfferings: known.flatMap(type =>
        wanted.map(Location => ({ InstanceType: type as sdk._InstanceType, LocationType, Location })),
      ),
    }
  },

  DescribeInstances({ InstanceIds, ...input }, { region }) {
    const { items, rest } = describe(region.ec2.instances, InstanceIds, input, INSTANCE)
    return {
      Reservations: items.map(instance => ({
        ReservationId: instance.id.replace('i-', 'r-'),
        OwnerId: region.account,
        Instances: [
          {
            InstanceId: instance.id,
            InstanceType: instance.type as sdk._InstanceType,
            State: { Name: instance.state, Code: STATE_CODES[instance.state] },
            LaunchTime: instance.launched,
            VpcId: instance.vpcId,
            SubnetId: instance.subnetId,
            PrivateIpAddress: instance.privateIp,
            Tags: upperTags.write(instance.tags),
          },
        ],
      })),
      ...rest,
    }
  },
} satisfies Handlers<typeof sdk>
