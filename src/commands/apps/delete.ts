import { dryRunFlag, yesFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class AppsDelete extends StepCommand<typeof AppsDelete> {
  static override description = 'delete the test pods'
  static override flags = { ...dryRunFlag, ...yesFlag }
  static override readonly standsOn = ['apps']

  protected override async perform(session: Session): Promise<object> {
    const { appsStep } = await import('../../lib/steps/index.ts')
    return this.deleteSteps(session, [appsStep], 'the test pods')
  }
}
