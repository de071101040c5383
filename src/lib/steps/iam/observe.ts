import type { AwsReaders } from '../../aws/clients.ts'
import type { IamReader } from '../../aws/iam.ts'
import { type Tags, tagsOf } from '../../aws/tags.ts'
import { EXECUTION_ROLE, TASK_ROLE } from '../../config/names.ts'
import { type AccountFacts, wantedPolicy } from './wanted.ts'

export interface SeenRole {
  readonly arn: string
  readonly trust: string
  readonly tags: Tags
  /** ARNs of the managed policies that are attached. */
  readonly attached: readonly string[]
}

export interface SeenPolicy {
  readonly document: string
  readonly tags: Tags
}

export interface IamSeen extends AccountFacts {
  /** By name; those that do not exist are left out. */
  readonly roles: Readonly<Record<string, SeenRole>>
  readonly policy?: SeenPolicy
}

export async function observeIam({ iam, sts }: Pick<AwsReaders, 'iam' | 'sts'>): Promise<IamSeen> {
  const caller = sts.caller()
  const [{ account, partition }, policy, ...roles] = await Promise.all([
    caller,
    caller.then(facts => seenPolicy(iam, wantedPolicy(facts).arn)),
    ...[TASK_ROLE, EXECUTION_ROLE].map(async name => ({ name, role: await seenRole(iam, name) })),
  ])
  return {
    account,
    partition,
    roles: Object.fromEntries(roles.flatMap(({ name, role }) => (role ? [[name, role]] : []))),
    ...(policy ? { policy } : {}),
  }
}

async function seenRole(iam: IamReader, name: string): Promise<SeenRole | undefined> {
  const [role, attached] = await Promise.all([iam.role(name), iam.attachedPolicies(name)])
  return role && { arn: role.Arn ?? '', trust: role.AssumeRolePolicyDocument ?? '', tags: tagsOf(role.Tags), attached }
}

/** A policy is found by its ARN, which follows from its name: nothing is searched for. */
async function seenPolicy(iam: IamReader, arn: string): Promise<SeenPolicy | undefined> {
  const policy = await iam.policy(arn)
  if (policy === undefined) return undefined
  const document = await iam.policyDocument(arn, policy.DefaultVersionId ?? 'v1')
  return { document: document ?? '', tags: tagsOf(policy.Tags) }
}
