import { isManaged, otherUsers } from '../../aws/ownership.ts'
import type { Tags } from '../../aws/tags.ts'
import { userTag } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import type { Action, Change, Plan, Resource } from '../../engine/plan.ts'
import { ADOPT, notOurs, usedAsItIs } from '../not-ours.ts'
import { sameDocument, trustsEcsTasks } from './documents.ts'
import type { IamSeen, SeenPolicy, SeenRole } from './observe.ts'
import { type AccountFacts, type WantedPolicy, type WantedRole, wantedPolicy, wantedRoles } from './wanted.ts'

export type RoleAspect = 'mark' | 'trust'
export type PolicyAspect = 'mark' | 'document'

/** What an `iam-mark` is put on. */
export type MarkedKind = 'iam-role' | 'iam-policy'

/** What a change of an `iam-attachment` is about. */
export interface Attachment {
  readonly role: string
  readonly policyArn: string
}

const ROLES_AND_POLICY = 0
const ATTACHMENTS = 1
const MARKS = 1

type Part = Pick<Plan, 'changes' | 'present'> & { readonly warnings?: readonly string[] }

export function decideIam(seen: IamSeen, desired: Settings): Plan {
  const isNew = isNewUser(seen, desired)
  const parts = [
    ...wantedRoles(seen).map(wanted => decideRole(wanted, seen.roles[wanted.name], desired, isNew)),
    decidePolicy(wantedPolicy(seen), seen.policy, desired, isNew),
  ]
  return {
    changes: parts.flatMap(part => part.changes),
    present: parts.flatMap(part => part.present),
    warnings: parts.flatMap(part => part.warnings ?? []),
    facts: iamFacts(seen),
  }
}

export function iamFacts(account: AccountFacts) {
  const [taskRole, executionRole] = wantedRoles(account)
  return {
    taskRoleArn: taskRole?.arn,
    taskPolicyArn: wantedPolicy(account).arn,
    executionRoleArn: executionRole?.arn,
  }
}

/** What is wrong with something, each with the part of it that has to be changed. */
type Wrongs<Aspect> = readonly { readonly aspect: Aspect; readonly reason: string }[]

/** Whether others use what is there and we do not yet. Where our mark is on a part of it, it was taken off the rest. */
function isNewUser({ roles, policy }: IamSeen, desired: Settings): boolean {
  const tags = [...Object.values(roles), ...(policy ? [policy] : [])].map(part => part.tags)
  return tags.some(tags => otherUsers(tags, desired).length > 0) && !tags.some(tags => userTag(desired) in tags)
}

function decideRole(wanted: WantedRole, seen: SeenRole | undefined, desired: Settings, isNew: boolean): Part {
  const { name, arn, policyArn } = wanted
  const attach: Change = {
    action: 'create',
    kind: 'iam-attachment',
    name: `${name}/${policyArn.slice(policyArn.lastIndexOf('/') + 1)}`,
    reason: 'is not attached',
    stage: ATTACHMENTS,
    detail: { role: name, policyArn } satisfies Attachment,
  }
  if (seen === undefined) return { changes: [missing('iam-role', name, arn), attach], present: [] }
  if (seen.arn !== arn) {
    throw notOurs(`IAM role ${name}`, [`It is ${seen.arn}, want ${arn}`], [`Rename or delete the role ${seen.arn}.`])
  }
  const ours = isManaged(seen.tags) || desired.adopt
  const present: Resource[] = [{ kind: 'iam-role', name, id: arn, ours }]
  const attachments = seen.attached.includes(policyArn) ? [] : [attach]
  if (!ours) {
    const why = [
      ...(trustsEcsTasks(seen.trust) ? [] : ['It does not trust ecs-tasks.amazonaws.com.']),
      ...attachments.map(() => `${policyArn} is not attached to it.`),
    ]
    if (why.length > 0) throw notOurs(`IAM role ${name}`, why, [ADOPT])
    return { changes: [], present, warnings: [usedAsItIs(`IAM role ${name}`)] }
  }
  const wrongs: Wrongs<RoleAspect> = [
    ...unmarked(seen.tags, desired),
    ...(sameDocument(seen.trust, wanted.trust)
      ? []
      : [{ aspect: 'trust' as const, reason: 'its trust policy differs' }]),
  ]
  return { changes: [...mended('iam-role', name, arn, seen.tags, wrongs, isNew), ...attachments], present }
}

function decidePolicy(wanted: WantedPolicy, seen: SeenPolicy | undefined, desired: Settings, isNew: boolean): Part {
  const { name, arn } = wanted
  if (seen === undefined) return { changes: [missing('iam-policy', name, arn)], present: [] }
  const ours = isManaged(seen.tags) || desired.adopt
  const present: Resource[] = [{ kind: 'iam-policy', name, id: arn, ours }]
  const same = sameDocument(seen.document, wanted.document)
  if (!ours) {
    const differs = same ? [] : [`What IAM policy ${name} allows differs from what this program would allow.`]
    return { changes: [], present, warnings: [usedAsItIs(`IAM policy ${name}`), ...differs] }
  }
  const wrongs: Wrongs<PolicyAspect> = [
    ...unmarked(seen.tags, desired),
    ...(same ? [] : [{ aspect: 'document' as const, reason: 'its document differs' }]),
  ]
  return { changes: mended('iam-policy', name, arn, seen.tags, wrongs, isNew), present }
}

const missing = (kind: string, name: string, id: string): Change => ({
  action: 'create',
  kind,
  name,
  id,
  reason: 'does not exist',
  stage: ROLES_AND_POLICY,
})

function unmarked(tags: Tags, desired: Settings): Wrongs<'mark'> {
  if (isManaged(tags) && userTag(desired) in tags) return []
  return [{ aspect: 'mark', reason: `is not marked as used by ${desired.clusterName}` }]
}

function mended(
  kind: MarkedKind,
  name: string,
  id: string,
  tags: Tags,
  wrongs: Wrongs<string>,
  isNew: boolean,
): readonly Change[] {
  const joins = isNew && isManaged(tags) && wrongs.some(({ aspect }) => aspect === 'mark')
  const rest = joins ? wrongs.filter(({ aspect }) => aspect !== 'mark') : wrongs
  const [action, why]: [Action, string] = isManaged(tags) ? ['update', ''] : ['adopt', 'was not made by ecs-ambient; ']
  const reason = why + rest.map(wrong => wrong.reason).join(', ')
  const detail = rest.map(wrong => wrong.aspect)
  return [
    ...(rest.length > 0 ? [{ action, kind, name, id, reason, stage: ROLES_AND_POLICY, detail }] : []),
    ...(joins ? [joining(kind, name, id)] : []),
  ]
}

/** Nothing is wrong with what another cluster made: there is only one user more to note. */
const joining = (kind: MarkedKind, name: string, id: string): Change => ({
  action: 'create',
  kind: 'iam-mark',
  name,
  id,
  reason: `${kind} is not marked as used by this cluster yet`,
  stage: MARKS,
  detail: kind,
})

/** The last cluster that uses a role or the policy takes it away; the others take away only their mark. */
export function decideIamRemoval(seen: IamSeen, desired: Settings): Plan {
  const existing = [
    ...wantedRoles(seen).map(({ name, arn }) => ({ kind: 'iam-role', name, arn, tags: seen.roles[name]?.tags })),
    { kind: 'iam-policy', ...wantedPolicy(seen), tags: seen.policy?.tags },
  ].flatMap(({ kind, name, arn, tags }) => (tags ? [{ kind, name, id: arn, tags }] : []))
  const others = new Set(existing.flatMap(({ tags }) => (isManaged(tags) ? otherUsers(tags, desired) : [])))
  return {
    changes: existing.flatMap(({ kind, name, id, tags }): Change[] => {
      if (!isManaged(tags)) return []
      // A policy goes once no role holds it any more.
      const what = { kind, name, id, stage: kind === 'iam-role' ? 0 : 1 }
      const others = otherUsers(tags, desired)
      if (others.length === 0) return [{ ...what, action: 'delete', reason: 'no other cluster uses it' }]
      if (!(userTag(desired) in tags)) return []
      return [
        {
          ...what,
          action: 'update',
          reason: `stays for ${others.join(', ')}: only our mark goes`,
          detail: ['release'],
        },
      ]
    }),
    present: existing.map(({ kind, name, id, tags }) => ({ kind, name, id, ours: isManaged(tags) })),
    warnings: [...others].map(other => `The roles and the policy stay as long as ${other} (region.cluster) uses them.`),
  }
}
