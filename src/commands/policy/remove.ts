import { Args } from '@oclif/core'
import { dryRunFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class PolicyRemove extends StepCommand<typeof PolicyRemove> {
  static override description = 'remove a policy by name or as a file has it; a waypoint stays'
  static override args = {
    policy: Args.string({ description: 'name of a built-in policy, or a file', required: true }),
  }
  static override flags = { ...dryRunFlag }
  static override readonly standsOn = ['namespace', 'enroll', 'apps']

  protected override async perform(session: Session): Promise<object> {
    const { policyStep } = await import('../../lib/steps/index.ts')
    return this.takeAway(session, [policyStep(this.args.policy, session.settings)])
  }
}
