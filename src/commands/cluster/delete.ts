import { dryRunFlag, eksctlFlag, yesFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class ClusterDelete extends StepCommand<typeof ClusterDelete> {
  static override description = 'delete the EKS cluster with eksctl'
  static override flags = { ...dryRunFlag, ...yesFlag, ...eksctlFlag }
  static override readonly standsOn = ['cluster']

  protected override async perform(session: Session): Promise<object> {
    const { removalSteps } = await import('../../lib/steps/removal.ts')
    return this.deleteSteps(session, removalSteps({ cluster: true }), 'the EKS cluster')
  }
}
