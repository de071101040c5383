import { adoptFlag, dryRunFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class AppsDeploy extends StepCommand<typeof AppsDeploy> {
  static override description = 'deploy the test pods on EKS'
  static override flags = { ...dryRunFlag, ...adoptFlag }
  static override readonly standsOn = ['istio']

  protected override async perform(session: Session): Promise<object> {
    const { appsStep } = await import('../../lib/steps/index.ts')
    return this.build(session, [appsStep])
  }
}
