import { jsonAsset } from '../../assets.ts'
import { awsCode } from '../../aws/errors.ts'
import { clusterTags } from '../../aws/ownership.ts'
import { userTag } from '../../config/names.ts'
import { isFailure } from '../../engine/failure.ts'
import type { Change } from '../../engine/plan.ts'
import type { Look } from '../../engine/wait.ts'
import { fullAccessArn, ISTIOD_ACCOUNT, READ_ONLY_POLICY } from './config.ts'
import type { Applying } from './context.ts'
import type { RoleDetail } from './decide.ts'
import { madeBySomebody } from './race.ts'

/** Milliseconds. */
const NEW_ROLE_LIMIT = 2 * 60_000

/** The role by which istiod sees ECS; eksctl makes it for a cluster of its own. */
export async function ensureRole(
  { name }: Change,
  { clients, desired, seen, waitFor }: Applying,
): Promise<string | undefined> {
  const { iam } = clients.aws
  const { clusterName, istiodAccess } = desired
  const made = await madeBySomebody(
    iam.createRole({
      name,
      path: '/',
      trust: JSON.stringify(jsonAsset('iam/pod-identity-trust.json', {})),
      description: `Lets istiod of EKS cluster ${clusterName} read ECS`,
      // Whose it is among the regions too: IAM is shared by all of them.
      tags: { ...clusterTags(desired), [userTag(desired)]: 'true' },
    }),
  )
  if (istiodAccess === 'full') await iam.attachPolicy(name, fullAccessArn(seen.partition))
  else await iam.putInlinePolicy(name, 'read-ecs', JSON.stringify(READ_ONLY_POLICY))
  await waitFor<void>({
    what: `role ${name} to show`,
    limit: NEW_ROLE_LIMIT,
    look: async (): Promise<Look<void>> => ((await iam.role(name)) ? { done: undefined } : {}),
  })
  return made
}

export async function deleteRole({ name }: Change, { clients }: Applying): Promise<undefined> {
  const { iam } = clients.aws
  const [attached, inline] = await Promise.all([iam.attachedPolicies(name), iam.inlinePolicies(name)])
  await Promise.all([
    ...attached.map(arn => iam.detachPolicy(name, arn)),
    ...inline.map(policy => iam.deleteInlinePolicy(name, policy)),
  ])
  await iam.deleteRole(name)
  return undefined
}

export async function createAssociation({ detail }: Change, context: Applying): Promise<string | undefined> {
  const { clients, desired } = context
  const { roleArn } = detail as RoleDetail
  return onceRoleIsKnown(context, () =>
    madeBySomebody(
      clients.aws.eks.createPodIdentityAssociation({
        clusterName: desired.clusterName,
        ...ISTIOD_ACCOUNT,
        roleArn,
        tags: clusterTags(desired),
      }),
    ),
  )
}

export async function updateAssociation({ id = '', detail }: Change, context: Applying): Promise<undefined> {
  const { clients, desired } = context
  const { roleArn } = detail as RoleDetail
  await onceRoleIsKnown(context, () => clients.aws.eks.updatePodIdentityAssociation(desired.clusterName, id, roleArn))
  return undefined
}

/** A new role is not known everywhere at once. */
function onceRoleIsKnown<T>({ retry, seen }: Applying, attempt: () => Promise<T>): Promise<T> {
  return retry({
    what: `role ${seen.istiodRoleName} to be known to EKS`,
    limit: NEW_ROLE_LIMIT,
    attempt,
    transient: error => {
      const isRole =
        /^InvalidParameter/.test(awsCode(error) ?? '') && isFailure(error) && /role/i.test(error.why.join())
      return isRole ? error.why[0] : undefined
    },
  })
}
