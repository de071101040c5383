import type * as sdk from '@aws-sdk/client-ec2'
import type { IpPermission } from '@aws-sdk/client-ec2'
import type { Context } from '../../context.ts'
import type { Region } from '../../region.ts'
import { type Tags, upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import { describe, existing, type Kind } from './describe.ts'
import { addRule, type Ec2State, type RuleSource, type SecurityGroupRule } from './state.ts'
import { specifiedTags } from './tags.ts'
import { checkDescription } from './text.ts'

export const GROUP = { notFound: 'InvalidGroup.NotFound', noun: 'security group' }

const RULE: Kind<SecurityGroupRule> = {
  notFound: 'InvalidSecurityGroupRuleId.NotFound',
  noun: 'security group rule ID',
  filters: {
    'group-id': rule => rule.groupId,
    'security-group-rule-id': rule => rule.id,
  },
}

/** A rule that a request asks for, not yet one that exists. */
interface WantedRule extends RuleSource {
  readonly groupId: string
  readonly egress: boolean
  readonly protocol: string
  readonly from: number
  readonly to: number
  readonly note?: string | undefined
}

/** EC2 takes protocols by number too. */
const PROTOCOLS: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6', all: '-1' }

/** One rule for each source that a permission names. */
function wanted(permission: IpPermission, groupId: string, egress: boolean): WantedRule[] {
  const given = permission.IpProtocol ?? ''
  const protocol = PROTOCOLS[given] ?? given
  const isAll = protocol === '-1'
  if (!isAll && permission.FromPort === undefined)
    throw new AwsError('MissingParameter', 'The request must contain the parameter fromPort')
  const base = {
    groupId,
    egress,
    protocol,
    from: isAll ? -1 : (permission.FromPort ?? -1),
    to: isAll ? -1 : (permission.ToPort ?? permission.FromPort ?? -1),
  }
  if (base.from > base.to)
    throw new AwsError('InvalidParameterValue', `Invalid TCP/UDP port range (${base.from}:${base.to})`)
  return [
    ...(permission.IpRanges ?? []).map(range => ({ ...base, cidr: cidr(range.CidrIp), note: range.Description })),
    ...(permission.Ipv6Ranges ?? []).map(range => ({ ...base, cidrV6: range.CidrIpv6 ?? '', note: range.Description })),
    ...(permission.PrefixListIds ?? []).map(list => ({
      ...base,
      prefixList: list.PrefixListId ?? '',
      note: list.Description,
    })),
    ...(permission.UserIdGroupPairs ?? []).map(pair => ({
      ...base,
      group: pair.GroupId ?? '',
      note: pair.Description,
    })),
  ]
}

function cidr(text = ''): string {
  if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(text))
    throw new AwsError('InvalidParameterValue', `CIDR block ${text} is malformed`)
  return text
}

const isSame = (a: WantedRule, b: WantedRule): boolean =>
  a.groupId === b.groupId &&
  a.egress === b.egress &&
  a.protocol === b.protocol &&
  a.from === b.from &&
  a.to === b.to &&
  a.cidr === b.cidr &&
  a.cidrV6 === b.cidrV6 &&
  a.prefixList === b.prefixList &&
  a.group === b.group

function words(rule: WantedRule): string {
  const peer = rule.cidr ?? rule.cidrV6 ?? rule.prefixList ?? rule.group
  if (rule.protocol === '-1') return `peer: ${peer}, ALL, ALLOW`
  return `peer: ${peer}, ${rule.protocol.toUpperCase()}, from port: ${rule.from}, to port: ${rule.to}, ALLOW`
}

function authorize(ec2: Ec2State, rules: WantedRule[], tags: Tags): SecurityGroupRule[] {
  for (const [index, rule] of rules.entries()) {
    checkSource(ec2, rule)
    checkDescription('rule', rule.note)
    const isTwice = rules.slice(0, index).some(other => isSame(other, rule))
    if (isTwice || [...ec2.rules.values()].some(other => isSame(other, rule)))
      throw new AwsError('InvalidPermission.Duplicate', `the specified rule "${words(rule)}" already exists`)
  }
  return rules.map(rule => addRule(ec2, { ...rule, tags: new Map(tags) }))
}

function checkSource(ec2: Ec2State, rule: WantedRule): void {
  if (rule.group === undefined) return
  const source = existing(ec2.groups, rule.group, GROUP)
  if (source.vpcId !== ec2.groups.get(rule.groupId)?.vpcId)
    throw new AwsError('InvalidGroup.NotFound', 'You have specified two resources that belong to different networks.')
}

function revoke(ec2: Ec2State, groupId: string, egress: boolean, ids: string[] | undefined, rules: WantedRule[]) {
  const byId = (ids ?? []).map(id => {
    const rule = existing(ec2.rules, id, RULE)
    if (rule.groupId !== groupId || rule.egress !== egress)
      throw new AwsError(RULE.notFound, `The ${RULE.noun} '${id}' does not exist in this security group`)
    return rule
  })
  const byContent = rules.map(wantedRule => {
    const rule = [...ec2.rules.values()].find(rule => isSame(rule, wantedRule))
    if (rule === undefined)
      throw new AwsError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.')
    return rule
  })
  const revoked = [...byId, ...byContent]
  for (const { id } of revoked) ec2.rules.delete(id)
  return revoked
}

interface RulesInput {
  readonly GroupId?: string | undefined
  readonly IpPermissions?: IpPermission[] | undefined
  readonly TagSpecifications?: sdk.TagSpecification[] | undefined
  readonly SecurityGroupRuleIds?: string[] | undefined
}

function rulesOf({ GroupId, IpPermissions = [] }: RulesInput, ec2: Ec2State, egress: boolean): WantedRule[] {
  const group = existing(ec2.groups, GroupId, GROUP)
  return IpPermissions.flatMap(permission => wanted(permission, group.id, egress))
}

const authorizer =
  (egress: boolean) =>
  (input: RulesInput, { region }: Context) => {
    const rules = rulesOf(input, region.ec2, egress)
    if (rules.length === 0)
      throw new AwsError('MissingParameter', 'The request must contain the parameter ipPermissions')
    const made = authorize(region.ec2, rules, specifiedTags(input.TagSpecifications, 'security-group-rule'))
    return { Return: true, SecurityGroupRules: made.map(rule => shown(rule, region)) }
  }

const revoker =
  (egress: boolean) =>
  (input: RulesInput, { region }: Context) => {
    const rules = rulesOf(input, region.ec2, egress)
    const revoked = revoke(region.ec2, input.GroupId ?? '', egress, input.SecurityGroupRuleIds, rules)
    return {
      Return: true,
      RevokedSecurityGroupRules: revoked.map(({ id, groupId, protocol, from, to, cidr, cidrV6, group, note }) => ({
        SecurityGroupRuleId: id,
        GroupId: groupId,
        IsEgress: egress,
        IpProtocol: protocol,
        FromPort: from,
        ToPort: to,
        CidrIpv4: cidr,
        CidrIpv6: cidrV6,
        ReferencedGroupId: group,
        Description: note,
      })),
    }
  }

export const ruleOperations = {
  AuthorizeSecurityGroupIngress: authorizer(false),
  AuthorizeSecurityGroupEgress: authorizer(true),
  RevokeSecurityGroupIngress: revoker(false),
  RevokeSecurityGroupEgress: revoker(true),

  DescribeSecurityGroupRules({ SecurityGroupRuleIds, ...input }, { region }) {
    const { items, rest } = describe(region.ec2.rules, SecurityGroupRuleIds, input, RULE)
    return { SecurityGroupRules: items.map(rule => shown(rule, region)), ...rest }
  },
} satisfies Handlers<typeof sdk>

const shown = (rule: SecurityGroupRule, { account, partition, name, ec2 }: Region) => ({
  SecurityGroupRuleId: rule.id,
  GroupId: rule.groupId,
  GroupOwnerId: account,
  IsEgress: rule.egress,
  IpProtocol: rule.protocol,
  FromPort: rule.from,
  ToPort: rule.to,
  CidrIpv4: rule.cidr,
  CidrIpv6: rule.cidrV6,
  PrefixListId: rule.prefixList,
  ReferencedGroupInfo:
    rule.group === undefined
      ? undefined
      : { GroupId: rule.group, UserId: account, VpcId: ec2.groups.get(rule.group)?.vpcId },
  Description: rule.note,
  Tags: upperTags.write(rule.tags),
  SecurityGroupRuleArn: `arn:${partition}:ec2:${name}:${account}:security-group-rule/${rule.id}`,
})

/** The rules of a group in the older form, one entry for each protocol and port range. */
export function permissionsOf(groupId: string, egress: boolean, { ec2, account }: Region): IpPermission[] {
  const rules = [...ec2.rules.values()].filter(rule => rule.groupId === groupId && rule.egress === egress)
  const byPorts = Map.groupBy(rules, ({ protocol, from, to }) => `${protocol} ${from} ${to}`)
  return [...byPorts.values()].map(same => permission(same, account))
}

function permission(rules: SecurityGroupRule[], account: string): IpPermission {
  const [first] = rules
  const all = first?.protocol === '-1'
  const noted = (note: string | undefined) => (note === undefined ? {} : { Description: note })
  return {
    IpProtocol: first?.protocol,
    ...(all ? {} : { FromPort: first?.from, ToPort: first?.to }),
    IpRanges: rules.flatMap(({ cidr, note }) => (cidr === undefined ? [] : [{ CidrIp: cidr, ...noted(note) }])),
    Ipv6Ranges: rules.flatMap(({ cidrV6, note }) =>
      cidrV6 === undefined ? [] : [{ CidrIpv6: cidrV6, ...noted(note) }],
    ),
    PrefixListIds: rules.flatMap(({ prefixList, note }) =>
      prefixList === undefined ? [] : [{ PrefixListId: prefixList, ...noted(note) }],
    ),
    UserIdGroupPairs: rules.flatMap(({ group, note }) =>
      group === undefined ? [] : [{ GroupId: group, UserId: account, ...noted(note) }],
    ),
  }
}
