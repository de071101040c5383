import type { SecurityGroupRule } from '@aws-sdk/client-ec2'
import { securityGroupName } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import type { Change } from '../../engine/plan.ts'
import { ADOPT, notOurs } from '../not-ours.ts'
import { decideTagged, idOf, missing, ON_TOP, type Part } from './changes.ts'
import type { EcsSeen, EksNetwork, SeenGroup } from './observe.ts'
import {
  EKS_GROUP,
  type GroupIds,
  isAbout,
  isOurRule,
  isRule,
  phraseOf,
  type Rule,
  seenPhrase,
  wantedRules,
} from './rules.ts'

/** Ids of the groups that the rules are about: the EKS cluster's and those of the tasks in its VPC. */
export function groupIds(groups: readonly SeenGroup[], network: EksNetwork, { ecsClusters }: Settings): GroupIds {
  const idOf = (name: string) => groups.find(group => group.name === name && group.vpcId === network.vpcId)?.id
  const tasks = ecsClusters.map(({ name }) => securityGroupName(name))
  return { ...Object.fromEntries(tasks.map(name => [name, idOf(name)])), [EKS_GROUP]: network.groupId }
}

export function decideGroups(seen: EcsSeen, network: EksNetwork, ids: GroupIds, desired: Settings): readonly Part[] {
  const lacking = wantedRules(desired).filter(rule => !seen.rules.some(other => isRule(other, rule, ids)))
  const parts = desired.ecsClusters.map(({ name }) =>
    decideGroup(securityGroupName(name), seen, network, lacking, desired),
  )
  const additions = [...Map.groupBy(lacking, rule => rule.into)].map(([into, rules]) => authorize(into, rules, ids))
  return [...parts, { changes: [...additions, ...revocations(seen, ids, desired)] }]
}

function decideGroup(
  name: string,
  { groups }: EcsSeen,
  network: EksNetwork,
  lacking: readonly Rule[],
  desired: Settings,
): Part {
  const kind = 'security-group'
  const group = groups.find(other => other.name === name && other.vpcId === network.vpcId)
  if (group === undefined) return { changes: [missing(kind, name)] }
  const label = `Security group ${name} (${group.id})`
  const { mayChange, ...part } = decideTagged({ kind, name, id: group.id, label }, group.tags, desired)
  const why = lacking.filter(({ into }) => into === name).map(rule => `It does not let in ${phraseOf(rule)}.`)
  if (!mayChange && why.length > 0) throw notOurs(label, why, [ADOPT])
  return part
}

const authorize = (into: string, rules: readonly Rule[], ids: GroupIds): Change => ({
  action: 'create',
  kind: 'security-group-rules',
  name: into,
  ...idOf(ids[into]),
  reason: `lets in ${rules.map(phraseOf).join(', ')}`,
  stage: ON_TOP,
  detail: rules,
})

/** Rules of ours that are not wanted any more; those of an ECS cluster that is not in this configuration stay. */
function revocations({ rules, groups }: EcsSeen, ids: GroupIds, desired: Settings): readonly Change[] {
  const known = Object.values(ids)
  const others = groups.filter(({ id }) => !known.includes(id))
  const wanted = wantedRules(desired)
  // A rule that names a group which we have not seen is younger than our look: another run is just making both.
  const seen = [...known, ...groups.map(({ id }) => id)]
  const isNew = ({ ReferencedGroupInfo: from }: SecurityGroupRule) => from !== undefined && !seen.includes(from.GroupId)
  const unwanted = rules.filter(
    rule =>
      isOurRule(rule, desired) &&
      !isNew(rule) &&
      !isAbout(rule, others) &&
      !wanted.some(want => isRule(rule, want, ids)),
  )
  return revoke(unwanted, ids, ON_TOP, 'is not wanted any more')
}

/** One change for each group that rules are taken out of. */
export function revoke(
  rules: readonly SecurityGroupRule[],
  ids: GroupIds,
  stage: number,
  why: string,
): readonly Change[] {
  const names = new Map(Object.entries(ids).map(([name, id]) => [id, name]))
  return [...Map.groupBy(rules, ({ GroupId }) => GroupId ?? '')].map(([group, ofGroup]) => ({
    action: 'delete',
    kind: 'security-group-rules',
    name: names.get(group) ?? group,
    id: group,
    reason: `${ofGroup.map(seenPhrase).join(', ')}: ${why}`,
    stage,
    detail: ofGroup.flatMap(({ SecurityGroupRuleId }) => SecurityGroupRuleId ?? []),
  }))
}
