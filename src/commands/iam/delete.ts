import { dryRunFlag, yesFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class IamDelete extends StepCommand<typeof IamDelete> {
  static override description = 'delete the roles and the policy, unless another cluster uses them'
  static override flags = { ...dryRunFlag, ...yesFlag }
  static override readonly standsOn = ['iam']

  protected override async perform(session: Session): Promise<object> {
    const { iamStep } = await import('../../lib/steps/index.ts')
    return this.deleteSteps(session, [iamStep], 'the IAM roles and policy')
  }
}
