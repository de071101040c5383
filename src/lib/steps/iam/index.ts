import type { AwsReaders, AwsWriters } from '../../aws/clients.ts'
import type { Settings } from '../../config/settings.ts'
import type { Facts } from '../../engine/plan.ts'
import type { Step, StepContext } from '../../engine/step.ts'
import { applyIam } from './apply.ts'
import { decideIam, decideIamRemoval, iamFacts } from './decide.ts'
import { type IamSeen, observeIam } from './observe.ts'
import { wantedRoles } from './wanted.ts'

interface Read {
  readonly aws: AwsReaders
}
interface Write extends Read {
  readonly aws: AwsWriters
}

/** Milliseconds until what IAM has made is readable everywhere; usually seconds. */
const VISIBLE = 120_000

export const iamStep: Step<Settings, Read, Write, IamSeen> = {
  id: 'iam',
  title: 'IAM roles and policy of the ECS tasks',
  dependsOn: [],
  observe: ({ clients }) => observeIam(clients.aws),
  decide: decideIam,
  decideRemoval: decideIamRemoval,
  apply: applyIam,
  verify,
}

async function verify({ clients, desired, waitFor }: StepContext<Settings, Read>): Promise<Facts> {
  return waitFor({
    what: 'the roles and the policy to be readable',
    limit: desired.timeout ?? VISIBLE,
    usual: 5_000,
    look: async () => {
      const seen = await observeIam(clients.aws)
      const missing = missingParts(seen)
      return missing.length === 0 ? { done: iamFacts(seen) } : { last: `not there yet: ${missing.join(', ')}` }
    },
  })
}

function missingParts(seen: IamSeen): readonly string[] {
  return [
    ...(seen.policy ? [] : ['policy']),
    ...wantedRoles(seen).flatMap(({ name, policyArn }) => {
      const role = seen.roles[name]
      if (role === undefined) return [name]
      return role.attached.includes(policyArn) ? [] : [`policy of ${name}`]
    }),
  ]
}
