import type { AwsWriters } from '../../aws/clients.ts'
import { awsCode, awsMessage } from '../../aws/errors.ts'
import { isManaged, otherUsers, sharedTags } from '../../aws/ownership.ts'
import { ifFound } from '../../aws/service.ts'
import { type Tags, tagsOf } from '../../aws/tags.ts'
import { IAM_PATH, userTag } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import { Failure, isFailure } from '../../engine/failure.ts'
import type { Action, Change } from '../../engine/plan.ts'
import type { ApplyContext } from '../../engine/step.ts'
import type { Look } from '../../engine/wait.ts'
import { ourServices, standsUnder } from '../ecs/our-services.ts'
import { ADOPT, notOurs } from '../not-ours.ts'
import type { Attachment, MarkedKind, PolicyAspect, RoleAspect } from './decide.ts'
import { sameDocument } from './documents.ts'
import type { IamSeen } from './observe.ts'
import { type WantedRole, wantedPolicy, wantedRoles } from './wanted.ts'

type Context = ApplyContext<Settings, { readonly aws: Pick<AwsWriters, 'iam' | 'ecs' | 'ec2'> }, IamSeen>

/** IAM keeps at most this many versions of a policy. */
const MOST_VERSIONS = 5
/** Milliseconds for which IAM may not know everywhere what was just changed. */
const SETTLING = 60_000

/** What a role and the policy have in common when it comes to changing them. */
interface Target {
  create(): Promise<unknown>
  tags(): Promise<Tags | undefined>
  tag(tags: Tags): Promise<void>
  untag(keys: readonly string[]): Promise<void>
  delete(): Promise<void>
  readonly mend: Readonly<Record<string, () => Promise<void>>>
}

/**
 * IAM answers from before the last change for a moment, and refuses two changes of one thing at once: both pass. What
 * it did not say whether it was done is looked up by the next attempt.
 */
const PASSING = ['ConcurrentModification', 'EntityTemporarilyUnmodifiable', 'OutcomeUnknown'] as const
const PASSING_BY_ACTION: Readonly<Partial<Record<Action, readonly string[]>>> = {
  create: [...PASSING, 'NoSuchEntity'],
  delete: [...PASSING, 'DeleteConflict'],
}

export async function applyIam(change: Change, context: Context): Promise<string | undefined> {
  if (change.kind === 'iam-role' && isRemoval(change)) await noneRunning(context)
  const passing: readonly string[] = PASSING_BY_ACTION[change.action] ?? PASSING
  await context.retry({
    what: `IAM to ${change.action} ${change.name}`,
    attempt: () => applyOnce(change, context),
    transient: error => (passing.includes(awsCode(error) ?? '') ? awsMessage(error) : undefined),
    limit: limitOf(context),
  })
  return change.id
}

/** @throws Failure `STILL_IN_USE` (exit 1) while there are ECS services of ours: their tasks can't do without */
async function noneRunning({ clients, desired }: Context): Promise<void> {
  const services = await ourServices(clients.aws, desired)
  if (services.length > 0) throw standsUnder(services, "run as the roles, which can't go under them")
}

const isRemoval = ({ action, detail }: Change): boolean =>
  action === 'delete' || (Array.isArray(detail) && detail.includes('release'))

async function applyOnce(change: Change, context: Context): Promise<void> {
  if (change.kind === 'iam-mark') {
    return targetOf({ ...change, kind: change.detail as MarkedKind }, context)?.mend.mark?.()
  }
  const target = targetOf(change, context)
  if (target === undefined) return attach(change.detail as Attachment, context)
  if (change.action === 'create') return create(change, target, context)
  if (change.action === 'delete') return release(target, context)
  for (const aspect of change.detail as readonly string[]) await target.mend[aspect]?.()
}

const attach = ({ role, policyArn }: Attachment, { clients }: Context): Promise<void> =>
  clients.aws.iam.attachPolicy(role, policyArn)

const limitOf = ({ desired }: Context): number => desired.timeout ?? SETTLING

function targetOf({ kind, name }: Pick<Change, 'kind' | 'name'>, context: Context): Target | undefined {
  const role = wantedRoles(context.seen).find(role => role.name === name)
  if (kind === 'iam-role' && role) return roleTarget(role, context)
  return kind === 'iam-policy' ? policyTarget(context) : undefined
}

function roleTarget(wanted: WantedRole, context: Context): Target {
  const { iam } = context.clients.aws
  const { name } = wanted
  const tags = sharedTags(context.desired)
  const target: Target = {
    create: () => iam.createRole({ ...wanted, path: IAM_PATH, tags }),
    tags: async () => {
      const role = await iam.role(name)
      return role && tagsOf(role.Tags)
    },
    tag: more => iam.tagRole(name, more),
    untag: keys => iam.untagRole(name, keys),
    delete: () => deleteRole(name, context),
    mend: {
      mark: () => iam.tagRole(name, tags),
      trust: () => iam.updateTrust(name, wanted.trust),
      release: () => release(target, context),
    } satisfies Record<RoleAspect | 'release', () => Promise<void>>,
  }
  return target
}

function policyTarget(context: Context): Target {
  const { iam } = context.clients.aws
  const wanted = wantedPolicy(context.seen)
  const tags = sharedTags(context.desired)
  const target: Target = {
    create: () => iam.createPolicy({ ...wanted, path: IAM_PATH, tags }),
    tags: async () => {
      const policy = await iam.policy(wanted.arn)
      return policy && tagsOf(policy.Tags)
    },
    tag: more => iam.tagPolicy(wanted.arn, more),
    untag: keys => iam.untagPolicy(wanted.arn, keys),
    delete: () => deletePolicy(wanted.arn, context),
    mend: {
      mark: () => iam.tagPolicy(wanted.arn, tags),
      document: () => newVersion(wanted.arn, wanted.document, context),
      release: () => release(target, context),
    } satisfies Record<PolicyAspect | 'release', () => Promise<void>>,
  }
  return target
}

/** That it exists by now is a race with another run: it made the same, and we become another of its users. */
async function create({ kind, name }: Change, target: Target, context: Context): Promise<void> {
  try {
    await target.create()
  } catch (error) {
    if (awsCode(error) !== 'EntityAlreadyExists') throw error
    const tags = await shown(name, target, context, error).catch(failure => {
      throw isFailure(failure) && failure.code === 'TIMED_OUT' ? elsewhere(kind, name, error) : failure
    })
    if (!isManaged(tags) && !context.desired.adopt) throw notOurs(`${kind} ${name}`, [awsMessage(error)], [ADOPT])
    await target.tag(sharedTags(context.desired))
  }
}

const shown = (name: string, target: Target, context: Context, refusal: unknown): Promise<Tags> =>
  context.waitFor({
    what: `IAM to show ${name}`,
    limit: limitOf(context),
    look: async (): Promise<Look<Tags>> => {
      const tags = await target.tags()
      return tags ? { done: tags } : { last: awsMessage(refusal) }
    },
  })

/** Names are unique in an account whatever their paths: somebody's stands under another one. */
const elsewhere = (kind: string, name: string, refusal: unknown): Failure =>
  notOurs(
    `${kind} ${name}`,
    [awsMessage(refusal), `It does not stand under the path ${IAM_PATH}.`],
    [`aws iam list-policies --scope Local --query "Policies[?PolicyName=='${name}'].Arn"`, 'Rename or delete it.'],
  )

/** Takes our mark away, and the thing itself where nobody else's is left by then. */
async function release(target: Target, { desired }: Context): Promise<void> {
  await ifFound(target.untag([userTag(desired)]), 'NoSuchEntity')
  const tags = await target.tags()
  if (tags === undefined || otherUsers(tags, desired).length > 0) return
  await ifFound(target.delete(), 'NoSuchEntity')
}

async function deleteRole(name: string, context: Context): Promise<void> {
  const { iam } = context.clients.aws
  const [attached, inline] = await Promise.all([iam.attachedPolicies(name), iam.inlinePolicies(name)])
  await Promise.all([
    ...attached.map(arn => ifFound(iam.detachPolicy(name, arn), 'NoSuchEntity')),
    ...inline.map(policy => ifFound(iam.deleteInlinePolicy(name, policy), 'NoSuchEntity')),
  ])
  await iam.deleteRole(name)
}

async function deletePolicy(arn: string, context: Context): Promise<void> {
  const { iam } = context.clients.aws
  const [roles, versions] = await Promise.all([iam.rolesWithPolicy(arn), iam.policyVersions(arn)])
  // Our own roles are gone by now; IAM may not have noticed.
  const foreign = roles.filter(role => !isManaged(context.seen.roles[role]?.tags ?? {}))
  if (foreign.length > 0) {
    throw new Failure({
      code: 'STILL_IN_USE',
      message: `IAM policy ${arn} is attached to a role that isn't ours: ${foreign.join(', ')}.`,
      suggestions: foreign.map(role => `aws iam detach-role-policy --role-name ${role} --policy-arn ${arn}`),
    })
  }
  const old = versions.flatMap(version => (version.IsDefaultVersion ? [] : (version.VersionId ?? [])))
  await Promise.all(old.map(version => ifFound(iam.deletePolicyVersion(arn, version), 'NoSuchEntity')))
  await iam.deletePolicy(arn)
}

async function newVersion(arn: string, document: string, { clients }: Context): Promise<void> {
  const { iam } = clients.aws
  const versions = await iam.policyVersions(arn)
  const inForce = versions.find(version => version.IsDefaultVersion)?.VersionId
  if (inForce && sameDocument((await iam.policyDocument(arn, inForce)) ?? '', document)) return
  const [oldest] = versions
    .filter(version => !version.IsDefaultVersion)
    .sort((a, b) => Number(a.CreateDate) - Number(b.CreateDate))
  if (versions.length >= MOST_VERSIONS && oldest?.VersionId) await iam.deletePolicyVersion(arn, oldest.VersionId)
  await iam.createPolicyVersion(arn, document)
}
