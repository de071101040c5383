import { adoptFlag, dryRunFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class IamEnsure extends StepCommand<typeof IamEnsure> {
  static override description = 'make sure of the task role, its policy and the execution role'
  static override flags = { ...dryRunFlag, ...adoptFlag }
  static override readonly standsOn = []

  protected override async perform(session: Session): Promise<object> {
    const { iamStep } = await import('../../lib/steps/index.ts')
    return this.build(session, [iamStep])
  }
}
