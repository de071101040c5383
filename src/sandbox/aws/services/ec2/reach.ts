import type { Region } from '../../region.ts'
import type { NetworkInterface, SecurityGroupRule } from './state.ts'

/** Where something is in a network. */
export interface Place {
  readonly networkInterface: NetworkInterface
  readonly publicIp: boolean
}

/** Whether HTTPS hosts on the internet can be reached: by the groups' rules and the subnet's route. */
export function reachesInternet(region: Region, { networkInterface, publicIp }: Place): boolean {
  const { ec2 } = region
  const tables = [...ec2.routeTables.values()].filter(({ vpcId }) => vpcId === networkInterface.vpcId)
  const table =
    tables.find(({ subnetIds }) => subnetIds.includes(networkInterface.subnetId)) ?? tables.find(({ main }) => main)
  const target = table?.routes.get(ANYWHERE) ?? ''
  const nat = ec2.natGateways.get(target)?.state === 'available'
  return isLetOut(region, networkInterface) && (nat || (publicIp && ec2.internetGateways.has(target)))
}

/** Whether a service of AWS can be reached, such as `ssmmessages`: over the internet or by an endpoint in the VPC. */
export function reachesService(region: Region, place: Place, service: string): boolean {
  const { vpcId } = place.networkInterface
  const hasEndpoint = [...region.ec2.endpoints.values()].some(
    endpoint => endpoint.vpcId === vpcId && endpoint.serviceName === `com.amazonaws.${region.name}.${service}`,
  )
  return reachesInternet(region, place) || (hasEndpoint && isLetOut(region, place.networkInterface))
}

const ANYWHERE = '0.0.0.0/0'
const HTTPS = 443

const isLetOut = ({ ec2 }: Region, { groups }: NetworkInterface): boolean =>
  [...ec2.rules.values()].some(rule => rule.egress && groups.includes(rule.groupId) && allowsHttps(rule))

const allowsHttps = ({ cidr, protocol, from, to }: SecurityGroupRule): boolean =>
  cidr === ANYWHERE && (protocol === '-1' || (protocol === 'tcp' && from <= HTTPS && HTTPS <= to))
