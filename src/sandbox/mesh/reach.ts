import type { Region } from '../aws/region.ts'
import type { Task } from '../aws/services/ecs/state.ts'
import type { Plane } from './plane.ts'
import { type GroupRules, mayConnect } from './security-groups.ts'

const XDS_PORT = 15012

/** The rules of a security group as they stand. */
export function rulesOf({ ec2 }: Region, groupId: string): GroupRules | undefined {
  if (!ec2.groups.has(groupId)) return undefined
  const rules = [...ec2.rules.values()].filter(rule => rule.groupId === groupId)
  const shown = (egress: boolean) =>
    rules
      .filter(rule => rule.egress === egress)
      .map(({ protocol, from, to, cidr, group }) => ({
        IpProtocol: protocol,
        FromPort: from,
        ToPort: to,
        IpRanges: cidr === undefined ? [] : [{ CidrIp: cidr }],
        UserIdGroupPairs: group === undefined ? [] : [{ GroupId: group }],
      }))
  return { GroupId: groupId, IpPermissions: shown(false), IpPermissionsEgress: shown(true) }
}

/** Can the ztunnel of a task get to istiod, through the load balancer of the east-west gateway? */
export function reachesIstiod({ networkInterface }: Task, plane: Plane, region: Region): boolean {
  const address = plane.istiodGateway?.address
  const balancer = [...region.elb.loadBalancers.values()].find(({ dnsName }) => dnsName === address)
  // One that somebody else keeps is not for us to judge.
  if (!balancer) return address !== undefined
  const from = { address: networkInterface?.privateIp ?? '', groupIds: networkInterface?.groups ?? [] }
  return balancer.interfaceIds.some(id => {
    const found = region.ec2.interfaces.get(id)
    const to = { address: found?.privateIp ?? '', groupIds: found?.groups ?? [] }
    return mayConnect(from, to, XDS_PORT, group => rulesOf(region, group))
  })
}
