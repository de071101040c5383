import { awsCode, awsMessage } from '../aws/errors.ts'
import { ifFound } from '../aws/service.ts'
import type { Settings } from '../config/settings.ts'
import type { StepContext } from '../engine/step.ts'
import type { Look } from '../engine/wait.ts'
import type { WriteClients } from './clients.ts'

/** Milliseconds; a load balancer's network interfaces take minutes to go. */
const LIMIT = 15 * 60_000

/** The tag by which Kubernetes marks what it makes for a cluster; its value is then `owned`. */
export const ownedTag = ({ clusterName }: Pick<Settings, 'clusterName'>): string =>
  `kubernetes.io/cluster/${clusterName}`

/**
 * Deletes the security groups that Kubernetes made for the cluster and that have these properties: `vpc-id`, `group-id`.
 * For when nothing in Kubernetes does it any more. A group is free once the network interfaces are gone.
 */
export async function deleteOwnedGroups(
  which: Readonly<Record<string, readonly string[]>>,
  { clients, desired, waitFor }: StepContext<Settings, WriteClients>,
): Promise<void> {
  const { ec2 } = clients.aws
  const groups = await ec2.securityGroups({ ...which, [`tag:${ownedTag(desired)}`]: ['owned'] })
  await Promise.all(
    groups.map(({ GroupId = '', GroupName }) =>
      waitFor<void>({
        what: `security group ${GroupName} to be free`,
        limit: desired.timeout ?? LIMIT,
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
      }),
    ),
  )
}
