import type { NatGateway, RouteTable, Subnet, VpcEndpoint } from '@aws-sdk/client-ec2'
import { Needs } from '../check.ts'
import type { Facts } from '../facts/index.ts'

/** How the subnets of the tasks are connected. */
export interface WaySeen {
  readonly region: string
  readonly vpcId: string
  readonly subnets: readonly Subnet[]
  readonly routeTables: readonly RouteTable[]
  readonly natGateways: readonly NatGateway[]
  readonly endpoints: readonly VpcEndpoint[]
  /** Whether the tasks have public addresses, with which an internet gateway is a way out. */
  readonly publicAddresses: boolean
}

/** Where packets of one subnet can go. */
export interface Way {
  readonly subnet: string
  /** To the internet, as far as the VPC shows it. */
  readonly out: boolean
  /** Services of AWS with an endpoint: `ssmmessages`, `ecr.api`. */
  readonly services: ReadonlySet<string>
}

/** @throws Needs where there is no subnet for tasks */
export async function serviceWays({ settings, network }: Facts): Promise<WaySeen> {
  const [subnets, routeTables, natGateways, endpoints, publicAddresses] = await Promise.all([
    network.subnets(),
    network.routeTables(),
    network.natGateways(),
    network.endpoints(),
    network.publicAddresses(),
  ])
  const [first] = subnets
  if (first === undefined) throw new Needs('subnets for the tasks', 'EA1601')
  return {
    region: settings.region,
    vpcId: first.VpcId ?? '',
    subnets,
    routeTables,
    natGateways,
    endpoints,
    publicAddresses,
  }
}

export const waysOf = (seen: WaySeen): readonly Way[] =>
  seen.subnets.map(({ SubnetId = '' }) => {
    const table = tableOf(SubnetId, seen.routeTables)
    return { subnet: SubnetId, out: leadsOut(table, seen), services: servicesOf(table, seen) }
  })

/** A subnet without a table of its own uses the main one. */
function tableOf(subnet: string, tables: readonly RouteTable[]): RouteTable | undefined {
  const associated = (
    matches: (association: { SubnetId?: string | undefined; Main?: boolean | undefined }) => boolean,
  ) => tables.find(({ Associations = [] }) => Associations.some(matches))
  return associated(({ SubnetId }) => SubnetId === subnet) ?? associated(({ Main }) => Main === true)
}

/** What lies behind a transit gateway, an appliance or a peer can't be seen from here: it counts as a way out. */
function leadsOut(table: RouteTable | undefined, { natGateways, publicAddresses }: WaySeen): boolean {
  const route = table?.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0')
  if (route === undefined || route.State === 'blackhole') return false
  if (route.NatGatewayId !== undefined) {
    return natGateways.some(({ NatGatewayId, State }) => NatGatewayId === route.NatGatewayId && State === 'available')
  }
  return route.GatewayId?.startsWith('igw-') ? publicAddresses : true
}

/** An interface endpoint serves the whole VPC by its private name; a gateway endpoint the tables that it is in. */
function servicesOf(table: RouteTable | undefined, { endpoints, region }: WaySeen): ReadonlySet<string> {
  const usable = endpoints.filter(({ State, VpcEndpointType, PrivateDnsEnabled, RouteTableIds = [] }) => {
    if (!/^available$/i.test(State ?? '')) return false
    return VpcEndpointType === 'Gateway'
      ? RouteTableIds.includes(table?.RouteTableId ?? '')
      : PrivateDnsEnabled !== false
  })
  const prefix = new RegExp(`^com\\.amazonaws\\.(?:${region}\\.)?`)
  return new Set(usable.flatMap(({ ServiceName }) => ServiceName?.replace(/^cn\./, '').replace(prefix, '') ?? []))
}
