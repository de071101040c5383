import { adoptFlag, dryRunFlag, eksctlFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class ClusterCreate extends StepCommand<typeof ClusterCreate> {
  static override description = 'create the EKS cluster with eksctl, or use the one that is there'
  static override flags = { ...dryRunFlag, ...adoptFlag, ...eksctlFlag }
  static override readonly standsOn = []

  protected override async perform(session: Session): Promise<object> {
    const { clusterStep } = await import('../../lib/steps/index.ts')
    return this.build(session, [clusterStep])
  }
}
