import { inBlock } from './policy.ts'

/** One end of a connection as security groups see it. */
export interface NetworkInterface {
  readonly address: string
  readonly groupIds: readonly string[]
}

/** A security group's rule, as EC2 describes it; a port range of -1 or none, and protocol -1, mean all. */
export interface Permission {
  readonly IpProtocol?: string | undefined
  readonly FromPort?: number | undefined
  readonly ToPort?: number | undefined
  readonly IpRanges?: readonly { readonly CidrIp?: string | undefined }[] | undefined
  readonly UserIdGroupPairs?: readonly { readonly GroupId?: string | undefined }[] | undefined
}

export interface GroupRules {
  readonly GroupId?: string | undefined
  readonly IpPermissions?: readonly Permission[] | undefined
  readonly IpPermissionsEgress?: readonly Permission[] | undefined
}

/** May TCP go from one end to a port of the other? Security groups only permit: what no rule names is dropped. */
export function mayConnect(
  from: NetworkInterface,
  to: NetworkInterface,
  port: number,
  rulesOf: (groupId: string) => GroupRules | undefined,
): boolean {
  const out = from.groupIds.flatMap(id => rulesOf(id)?.IpPermissionsEgress ?? [])
  const into = to.groupIds.flatMap(id => rulesOf(id)?.IpPermissions ?? [])
  return out.some(rule => permits(rule, to, port)) && into.some(rule => permits(rule, from, port))
}

/** May TCP leave for an address that is not ours, such as one of the internet? */
export function mayLeave(
  from: NetworkInterface,
  address: string,
  port: number,
  rulesOf: (groupId: string) => GroupRules | undefined,
): boolean {
  const out = from.groupIds.flatMap(id => rulesOf(id)?.IpPermissionsEgress ?? [])
  return out.some(rule => permits(rule, { address, groupIds: [] }, port))
}

function permits(rule: Permission, peer: NetworkInterface, port: number): boolean {
  const { IpProtocol = '-1', FromPort = -1, ToPort = -1 } = rule
  if (IpProtocol !== '-1') {
    if (!['tcp', '6'].includes(IpProtocol)) return false
    if (FromPort !== -1 && (port < FromPort || port > ToPort)) return false
  }
  return (
    (rule.IpRanges ?? []).some(({ CidrIp }) => CidrIp !== undefined && inBlock(peer.address, CidrIp)) ||
    (rule.UserIdGroupPairs ?? []).some(({ GroupId }) => GroupId !== undefined && peer.groupIds.includes(GroupId))
  )
}
