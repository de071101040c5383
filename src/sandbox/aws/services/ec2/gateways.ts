import type * as sdk from '@aws-sdk/client-ec2'
import { upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import { describe, existing, type Kind } from './describe.ts'
import { checkAddressLimit } from './limits.ts'
import { addNatGateway, type Gateway, type RouteTable } from './state.ts'
import { specifiedTags } from './tags.ts'
import { SUBNET } from './vpcs.ts'

const ROUTE_TABLE: Kind<RouteTable> = {
  notFound: 'InvalidRouteTableID.NotFound',
  noun: 'routeTable ID',
  filters: {
    'vpc-id': table => table.vpcId,
    'route-table-id': table => table.id,
    'association.subnet-id': table => table.subnetIds,
    'association.main': table => table.main,
    'route.nat-gateway-id': table => [...table.routes.values()].filter(id => id.startsWith('nat-')),
    'route.gateway-id': table => [...table.routes.values()].filter(id => id.startsWith('igw-')),
  },
}

const NAT_GATEWAY: Kind<Gateway> = {
  notFound: 'NatGatewayNotFound',
  noun: 'NAT gateway',
  filters: {
    'nat-gateway-id': gateway => gateway.id,
    'vpc-id': gateway => gateway.vpcId,
    'subnet-id': gateway => gateway.subnetId,
    state: gateway => gateway.state,
  },
}

const INTERNET_GATEWAY: Kind<Gateway> = {
  notFound: 'InvalidInternetGatewayID.NotFound',
  noun: 'internetGateway ID',
  filters: {
    'internet-gateway-id': gateway => gateway.id,
    'attachment.vpc-id': gateway => gateway.vpcId,
  },
}

function shownTable(table: RouteTable) {
  const association = (id: string, subnet: string | undefined) => ({
    RouteTableAssociationId: id.replace(/^\w+-/, 'rtbassoc-'),
    RouteTableId: table.id,
    Main: subnet === undefined,
    SubnetId: subnet,
    AssociationState: { State: 'associated' as const },
  })
  return {
    RouteTableId: table.id,
    VpcId: table.vpcId,
    Associations: [
      ...(table.main ? [association(table.id, undefined)] : []),
      ...table.subnetIds.map(id => association(id, id)),
    ],
    Routes: Array.from(table.routes, ([destination, target]) => ({
      DestinationCidrBlock: destination,
      ...(target.startsWith('nat-') ? { NatGatewayId: target } : { GatewayId: target }),
      Origin: target === 'local' ? ('CreateRouteTable' as const) : ('CreateRoute' as const),
      State: 'active' as const,
    })),
    Tags: upperTags.write(table.tags),
  }
}

/** Milliseconds that a NAT gateway takes to come and to go. */
const TIMES = { pending: 90_000, deleting: 60_000 } as const

const shownNatGateway = (gateway: Gateway): sdk.NatGateway => ({
  NatGatewayId: gateway.id,
  VpcId: gateway.vpcId,
  SubnetId: gateway.subnetId,
  State: gateway.state as sdk.NatGatewayState,
  ConnectivityType: 'public',
  Tags: upperTags.write(gateway.tags),
})

export const gatewayOperations = {
  DescribeRouteTables({ RouteTableIds, ...input }, { region: { ec2 } }) {
    const { items, rest } = describe(ec2.routeTables, RouteTableIds, input, ROUTE_TABLE)
    return { RouteTables: items.map(shownTable), ...rest }
  },

  CreateRoute({ RouteTableId, DestinationCidrBlock = '', NatGatewayId, GatewayId }, { region: { ec2 } }) {
    const table = existing(ec2.routeTables, RouteTableId, ROUTE_TABLE)
    const target = NatGatewayId ?? GatewayId
    if (target === undefined)
      throw new AwsError('MissingParameter', 'The request must contain exactly one of: gatewayId, natGatewayId')
    if (NatGatewayId !== undefined) existing(ec2.natGateways, NatGatewayId, NAT_GATEWAY)
    else existing(ec2.internetGateways, GatewayId, INTERNET_GATEWAY)
    if (table.routes.has(DestinationCidrBlock))
      throw new AwsError('RouteAlreadyExists', `The route identified by ${DestinationCidrBlock} already exists.`)
    table.routes.set(DestinationCidrBlock, target)
    return { Return: true }
  },

  DeleteRoute({ RouteTableId, DestinationCidrBlock = '' }, { region: { ec2 } }) {
    const table = existing(ec2.routeTables, RouteTableId, ROUTE_TABLE)
    if (!table.routes.delete(DestinationCidrBlock))
      throw new AwsError('InvalidRoute.NotFound', `no route with destination-cidr-block ${DestinationCidrBlock}`)
    return {}
  },

  CreateNatGateway({ SubnetId, TagSpecifications }, { region }) {
    const { ec2, clock } = region
    const { id, vpcId } = existing(ec2.subnets, SubnetId, SUBNET)
    checkAddressLimit(region)
    const gateway = addNatGateway(ec2, vpcId, id, specifiedTags(TagSpecifications, 'natgateway'))
    gateway.state = 'pending'
    clock.after(TIMES.pending, () => {
      gateway.state = 'available'
    })
    return { NatGateway: shownNatGateway(gateway) }
  },

  DeleteNatGateway({ NatGatewayId }, { region: { ec2, clock } }) {
    const gateway = existing(ec2.natGateways, NatGatewayId, NAT_GATEWAY)
    gateway.state = 'deleting'
    clock.after(TIMES.deleting, () => ec2.natGateways.delete(gateway.id))
    return { NatGatewayId: gateway.id }
  },

  DescribeNatGateways({ NatGatewayIds, Filter, ...input }, { region: { ec2 } }) {
    const { items, rest } = describe(ec2.natGateways, NatGatewayIds, { ...input, Filters: Filter }, NAT_GATEWAY)
    return { NatGateways: items.map(shownNatGateway), ...rest }
  },

  DescribeInternetGateways({ InternetGatewayIds, ...input }, { region: { ec2 } }) {
    const { items, rest } = describe(ec2.internetGateways, InternetGatewayIds, input, INTERNET_GATEWAY)
    return {
      InternetGateways: items.map(gateway => ({
        InternetGatewayId: gateway.id,
        Attachments: [{ VpcId: gateway.vpcId, State: 'attached' as const }],
        Tags: upperTags.write(gateway.tags),
      })),
      ...rest,
    }
  },
} satisfies Handlers<typeof sdk>
