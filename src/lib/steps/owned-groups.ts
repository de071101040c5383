import type { SecurityGroup, SecurityGroupRule } from '@aws-sdk/client-ec2'
import { awsCode, awsMessage } from '../aws/errors.ts'
import { ifFound } from '../aws/service.ts'
import type { Settings } from '../config/settings.ts'
import type { StepContext } from '../engine/step.ts'
import type { Look } from '../engine/wait.ts'
import type { WriteClients } from './clients.ts'

type Context = StepContext<Settings, WriteClients>

/** Milliseconds; a load balancer's network interfaces take minutes to go. */
const LIMIT = 15 * 60_000

/** The tag by which Kubernetes marks what it makes for a cluster; its value is then `owned`. */
export const ownedTag = ({ clusterName }: Pick<Settings, 'clusterName'>): string =>
  `kubernetes.io/cluster/${clusterName}`

/**
 * Deletes security groups that nobody needs any more, once they are free. They may name each other, and so may `others`,
 * groups of the same cluster that stay or that somebody else deletes.
 */
export async function deleteGroups(
  groups: readonly SecurityGroup[],
  context: Context,
  others: readonly SecurityGroup[] = [],
): Promise<void> {
  const ids = idsOf(groups)
  if (ids.length === 0) return
  const rules = await context.clients.aws.ec2.securityGroupRules({ 'group-id': [...ids, ...idsOf(others)] })
  const naming = rules.filter(({ ReferencedGroupInfo }) => ids.includes(ReferencedGroupInfo?.GroupId ?? ''))
  await revoke(naming, context)
  await Promise.all(groups.map(group => deleteGroup(group, context)))
}

const idsOf = (groups: readonly SecurityGroup[]) => groups.flatMap(({ GroupId }) => GroupId ?? [])

async function revoke(rules: readonly SecurityGroupRule[], { clients: { aws } }: Context): Promise<void> {
  await Promise.all(
    rules.map(({ GroupId = '', SecurityGroupRuleId = '', IsEgress }) => {
      const revoked = IsEgress
        ? aws.ec2.revokeEgress(GroupId, [SecurityGroupRuleId])
        : aws.ec2.revokeIngress(GroupId, [SecurityGroupRuleId])
      return ifFound(
        revoked,
        'InvalidSecurityGroupRuleId.NotFound',
        'InvalidPermission.NotFound',
        'InvalidGroup.NotFound',
      )
    }),
  )
}

function deleteGroup({ GroupId = '', GroupName }: SecurityGroup, context: Context): Promise<void> {
  const { ec2 } = context.clients.aws
  return context.waitFor<void>({
    what: `security group ${GroupName} to be free`,
    limit: context.desired.timeout ?? LIMIT,
    usual: 60_000,
    suggestions: [`aws ec2 delete-security-group --group-id ${GroupId}   (once nothing uses it)`],
    look: async (): Promise<Look<void>> => {
      try {
        await ifFound(ec2.deleteSecurityGroup(GroupId), 'InvalidGroup.NotFound')
        return { done: undefined }
      } catch (error) {
        if (awsCode(error) !== 'DependencyViolation') throw error
        return { last: awsMessage(error) }
      }
    },
  })
}
