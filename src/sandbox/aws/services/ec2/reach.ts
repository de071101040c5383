import type { Region } from '../../region.ts'
import type { NetworkInterface, SecurityGroupRule } from './state.ts'

/** Whether a network interface reaches HTTPS hosts on the internet: by its groups' rules and its subnet's route. */
export function reachesInternet(region: Region, networkInterface: NetworkInterface, publicIp: boolean): boolean {
  const { ec2 } = region
  const isLetOut = [...ec2.rules.values()].some(
    rule => rule.egress && networkInterface.groups.includes(rule.groupId) && allowsHttpsToAll(rule),
  )
  const tables = [...ec2.routeTables.values()].filter(({ vpcId }) => vpcId === networkInterface.vpcId)
  const table =
    tables.find(({ subnetIds }) => subnetIds.includes(networkInterface.subnetId)) ?? tables.find(({ main }) => main)
  const target = table?.routes.get('0.0.0.0/0') ?? ''
  return isLetOut && (target.startsWith('nat-') || (publicIp && target.startsWith('igw-')))
}

const HTTPS = 443

const allowsHttpsToAll = ({ cidr, protocol, from, to }: SecurityGroupRule): boolean =>
  cidr === '0.0.0.0/0' && (protocol === '-1' || (protocol === 'tcp' && from <= HTTPS && HTTPS <= to))
