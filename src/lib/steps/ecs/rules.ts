import type { IpPermission, SecurityGroupRule } from '@aws-sdk/client-ec2'
import { isOurs } from '../../aws/ownership.ts'
import { tagsOf } from '../../aws/tags.ts'
import { securityGroupName } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'

/** HBONE: what the proxies of the mesh talk to each other. */
const HBONE_PORT = 15008
export const ANYWHERE = '0.0.0.0/0'

/** How a plan names the security group that EKS made for its cluster; the tasks' groups go by their own names. */
export const EKS_GROUP = 'EKS cluster security group'

/** Traffic that one group lets in; groups by name, as some do not exist yet when the rules are decided. */
export interface Rule {
  readonly into: string
  /** A group, or `0.0.0.0/0`. */
  readonly from: string
  readonly ports: 'hbone' | 'all'
}

/**
 * Groups of tasks let in the mesh's traffic from the EKS cluster and from all tasks, the EKS cluster from the tasks.
 * Nothing else is open: once a service is enrolled, its own port would be a plain-text way past the mesh.
 */
export function wantedRules({ ecsClusters, open }: Pick<Settings, 'ecsClusters' | 'open'>): readonly Rule[] {
  const tasks = ecsClusters.map(({ name }) => securityGroupName(name))
  const mesh = [
    ...tasks.flatMap(into => [EKS_GROUP, ...tasks].map(from => ({ into, from, ports: 'hbone' as const }))),
    ...tasks.map(from => ({ into: EKS_GROUP, from, ports: 'hbone' as const })),
  ]
  const wide = [...tasks, EKS_GROUP].map(into => ({ into, from: ANYWHERE, ports: 'all' as const }))
  return open ? [...mesh, ...wide] : mesh
}

export const phraseOf = ({ from, ports }: Pick<Rule, 'from' | 'ports'>): string =>
  ports === 'hbone' ? `port ${HBONE_PORT} from ${from}` : `everything from ${from}`

/** Ids of the groups that exist, by name. */
export type GroupIds = Readonly<Record<string, string | undefined>>

export function permissionOf({ from, ports }: Rule, ids: GroupIds): IpPermission {
  const source = from === ANYWHERE ? { IpRanges: [{ CidrIp: from }] } : { UserIdGroupPairs: [{ GroupId: ids[from] }] }
  return ports === 'hbone'
    ? { IpProtocol: 'tcp', FromPort: HBONE_PORT, ToPort: HBONE_PORT, ...source }
    : { IpProtocol: '-1', ...source }
}

/** Whether a rule that exists is the wanted one, whoever made it. */
export function isRule(seen: SecurityGroupRule, { into, from, ports }: Rule, ids: GroupIds): boolean {
  const inGroup = seen.IsEgress === false && seen.GroupId !== undefined && seen.GroupId === ids[into]
  const wide = seen.IpProtocol === '-1'
  const hbone = seen.IpProtocol === 'tcp' && seen.FromPort === HBONE_PORT && seen.ToPort === HBONE_PORT
  if (!inGroup || !(ports === 'hbone' ? hbone : wide)) return false
  if (from === ANYWHERE) return seen.CidrIpv4 === ANYWHERE
  return ids[from] !== undefined && seen.ReferencedGroupInfo?.GroupId === ids[from]
}

export const isOurRule = (rule: SecurityGroupRule, desired: Settings): boolean => isOurs(tagsOf(rule.Tags), desired)

/** Whether a rule is in one of the groups or lets one of them in. */
export const isAbout = (rule: SecurityGroupRule, groups: readonly { readonly id: string }[]): boolean =>
  groups.some(({ id }) => id === rule.GroupId || id === rule.ReferencedGroupInfo?.GroupId)

/** A rule that exists, in a few words. */
export function seenPhrase({ FromPort, IpProtocol, ReferencedGroupInfo, CidrIpv4 }: SecurityGroupRule): string {
  const from = ReferencedGroupInfo?.GroupId ?? CidrIpv4 ?? 'elsewhere'
  return IpProtocol === '-1' ? `everything from ${from}` : `port ${FromPort} from ${from}`
}
