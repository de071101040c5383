import { Args } from '@oclif/core'
import { adoptFlag, dryRunFlag, istioctlFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class PolicyApply extends StepCommand<typeof PolicyApply> {
  static override description = 'apply a policy by name (eks-deny, ecs-deny, post-only) or from a file'
  static override args = {
    policy: Args.string({ description: 'name of a built-in policy, or a file', required: true }),
  }
  static override flags = { ...dryRunFlag, ...adoptFlag, ...istioctlFlag }
  static override readonly standsOn = ['namespace', 'enroll', 'apps']

  protected override async perform(session: Session): Promise<object> {
    const { policyStep } = await import('../../lib/steps/index.ts')
    return this.build(session, [policyStep(this.args.policy, session.settings)])
  }
}
