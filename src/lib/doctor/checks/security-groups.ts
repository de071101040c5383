import type { SecurityGroupRule } from '@aws-sdk/client-ec2'
import { securityGroupName } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import { groupIds } from '../../steps/ecs/decide-groups.ts'
import type { EcsSeen, EksNetwork, SeenGroup } from '../../steps/ecs/observe.ts'
import { ANYWHERE, type GroupIds, isOurRule, isRule, phraseOf, type Rule, wantedRules } from '../../steps/ecs/rules.ts'
import { type AnyCheck, type Check, counted, failed, notApplicable, ok, some, warning } from '../check.ts'
import type { Facts } from '../facts/index.ts'

export interface RulesSeen {
  readonly settings: Settings
  readonly network: EcsSeen['network']
  readonly groups: readonly SeenGroup[]
  readonly rules: readonly SecurityGroupRule[]
}

async function readRules({ settings, network }: Facts): Promise<RulesSeen> {
  const [shared, groups, rules] = await Promise.all([network.shared(), network.groups(), network.rules()])
  return { settings, network: shared, groups, rules }
}

/** Names of the tasks' groups, once they stand. */
function standingGroups({ settings, groups }: RulesSeen, network: EksNetwork): readonly SeenGroup[] {
  const names = settings.ecsClusters.map(({ name }) => securityGroupName(name))
  return groups.filter(({ name, vpcId }) => names.includes(name) && vpcId === network.vpcId)
}

const NONE = notApplicable("the tasks' security groups do not stand yet")

export const completeCheck: Check<RulesSeen> = {
  code: 'EA1551',
  area: 'security-groups',
  title: 'The mesh port is open between EKS and ECS',
  when: 'after',
  read: readRules,
  judge: seen => {
    const { settings, network, groups, rules } = seen
    if ('pending' in network || standingGroups(seen, network).length === 0) return NONE
    const ids = groupIds(groups, network, settings)
    const wanted = wantedRules({ ...settings, open: false })
    const lacking = wanted.filter(rule => !rules.some(other => letsIn(other, rule, ids)))
    return lacking.length === 0
      ? ok(counted(wanted.length, 'rule'))
      : failed(some(lacking.map(rule => `${rule.into} does not let in ${phraseOf(rule)}`)), 'ecs-ambient ecs deploy')
  },
}

/** The wanted rule itself, or a wider one. */
const letsIn = (seen: SecurityGroupRule, wanted: Rule, ids: GroupIds): boolean =>
  isRule(seen, wanted, ids) ||
  isRule(seen, { ...wanted, ports: 'all' }, ids) ||
  isRule(seen, { into: wanted.into, from: ANYWHERE, ports: 'all' }, ids)

export const closedCheck: Check<RulesSeen> = {
  code: 'EA1552',
  area: 'security-groups',
  title: "Nothing of the tasks' is open to everyone",
  when: 'after',
  read: readRules,
  judge: seen => {
    const { settings, network, rules } = seen
    if ('pending' in network) return NONE
    const own = standingGroups(seen, network)
    if (own.length === 0) return NONE
    const ids = [...own.map(({ id }) => id), network.groupId]
    const open = rules.filter(
      ({ IsEgress, GroupId, CidrIpv4, CidrIpv6 }) =>
        !IsEgress && ids.includes(GroupId ?? '') && (CidrIpv4 === ANYWHERE || CidrIpv6 === '::/0'),
    )
    const [first] = open
    if (first === undefined) return ok('only the mesh comes in')
    const rulesOf = open.map(({ GroupId, SecurityGroupRuleId }) => `${GroupId} by ${SecurityGroupRuleId}`)
    const why = `open to everyone: ${some(rulesOf)}`
    if (settings.open) return warning(`${why}, as --open asks`)
    // A run without --open takes ours away, and nobody else's.
    const foreign = open.find(rule => !isOurRule(rule, settings))
    return warning(
      why,
      foreign === undefined
        ? 'ecs-ambient ecs deploy'
        : `aws ec2 revoke-security-group-ingress --group-id ${foreign.GroupId} --security-group-rule-ids ${foreign.SecurityGroupRuleId}`,
    )
  },
}

/** HTTPS (images, logs, Session Manager), the mesh, istiod. */
const OUT = [443, 15008, 15012]

export const outCheck: Check<RulesSeen> = {
  code: 'EA1553',
  area: 'security-groups',
  title: 'The tasks are let out',
  when: 'after',
  read: readRules,
  judge: seen => {
    const { network, rules } = seen
    if ('pending' in network) return NONE
    const own = standingGroups(seen, network)
    if (own.length === 0) return NONE
    const shut = own.flatMap(({ id, name }) => {
      const egress = rules.filter(({ IsEgress, GroupId }) => IsEgress && GroupId === id)
      const ports = OUT.filter(port => !egress.some(rule => isAbout(rule, port)))
      return ports.length === 0 ? [] : [{ id, why: `${name} lets nothing out on ${ports.join(', ')}` }]
    })
    const [first] = shut
    return first === undefined
      ? ok(OUT.join(', '))
      : failed(
          some(shut.map(({ why }) => why)),
          `aws ec2 authorize-security-group-egress --group-id ${first.id} --ip-permissions IpProtocol=-1,IpRanges=[{CidrIp=${ANYWHERE}}]`,
        )
  },
}

const isAbout = ({ IpProtocol, FromPort = 0, ToPort = 65_535 }: SecurityGroupRule, port: number): boolean =>
  IpProtocol === '-1' || (IpProtocol === 'tcp' && FromPort <= port && port <= ToPort)

export const securityGroupChecks: readonly AnyCheck[] = [completeCheck, closedCheck, outCheck]
