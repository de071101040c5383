import { sessionWay } from '../../../../src/lib/doctor/checks/ecs-exec/sessions.ts'
import { addressesCheck, subnetsCheck, wayOutCheck } from '../../../../src/lib/doctor/checks/network.ts'
import { judged } from './support.ts'

const NAT = { DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: 'nat-1', State: 'active' }
const way = ({
  route = NAT as object,
  nat = 'available',
  services = [] as string[],
  publicAddresses = false,
} = {}) => ({
  region: 'us-east-1',
  vpcId: 'vpc-1',
  subnets: [{ SubnetId: 'subnet-1', VpcId: 'vpc-1' }],
  routeTables: [
    { RouteTableId: 'rtb-0', Associations: [{ Main: true }], Routes: [] },
    { RouteTableId: 'rtb-1', Associations: [{ SubnetId: 'subnet-1' }], Routes: [route] },
  ],
  natGateways: [{ NatGatewayId: 'nat-1', State: nat }],
  endpoints: services.map(service => ({
    ServiceName: `com.amazonaws.us-east-1.${service}`,
    State: 'available',
    ...(service === 's3' ? { VpcEndpointType: 'Gateway', RouteTableIds: ['rtb-1'] } : { VpcEndpointType: 'Interface' }),
  })),
  publicAddresses,
})
const ALL_ENDPOINTS = ['ecr.api', 'ecr.dkr', 's3', 'logs', 'ssmmessages', 'sts']

describe('doctor: network', () => {
  judged([
    [
      sessionWay,
      [
        [way({ nat: 'failed' }), 'failed', /no way from subnet-1/, /us-east-1.ssmmessages/],
        [way({ nat: 'failed', services: ['ssmmessages'] }), 'ok', /ssmmessages/],
      ],
    ],
    [
      subnetsCheck,
      [
        [{ vpcId: 'vpc-1', groupId: 'sg-1', privateSubnets: [] }, 'failed', /public addresses/, /NAT gateway/],
        [{ vpcId: 'vpc-1', groupId: 'sg-1', privateSubnets: ['subnet-1'] }, 'ok', /1 in vpc-1/],
        [{ pending: 'EKS cluster x is CREATING' }, 'not-applicable', /CREATING/],
      ],
    ],
    [
      wayOutCheck,
      [
        [
          way({ route: { ...NAT, State: 'blackhole' } }),
          'failed',
          /neither a NAT gateway nor endpoints for ecr.api/,
          /create-nat-gateway/,
        ],
        [way({ route: { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1' } }), 'failed', /neither/],
        [way({ route: {}, services: ALL_ENDPOINTS }), 'warning', /endpoints alone/],
        [way({ route: {}, services: ALL_ENDPOINTS.filter(name => name !== 's3') }), 'failed', /endpoints for s3$/],
        [
          way({ route: { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1' }, publicAddresses: true }),
          'ok',
          /1 subnet$/,
        ],
        [way({ route: { DestinationCidrBlock: '0.0.0.0/0', TransitGatewayId: 'tgw-1' } }), 'ok', /1 subnet$/],
        [way(), 'ok', /1 subnet$/],
      ],
    ],
    [
      addressesCheck,
      [
        [[{ SubnetId: 's1', AvailableIpAddressCount: 2 }], 'failed', /s1 has 2/, /associate-vpc-cidr-block/],
        [
          [
            { SubnetId: 's1', AvailableIpAddressCount: 2 },
            { SubnetId: 's2', AvailableIpAddressCount: 200 },
          ],
          'warning',
          /s1 has 2/,
        ],
        [[{ SubnetId: 's2', AvailableIpAddressCount: 200 }], 'ok', /1 subnet$/],
        [[], 'not-applicable', /EA1601/],
      ],
    ],
  ])
})
