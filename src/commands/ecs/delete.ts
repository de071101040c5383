import { dryRunFlag, istioctlFlag, yesFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class EcsDelete extends StepCommand<typeof EcsDelete> {
  static override description = 'delete the ECS services, cluster, task definitions and security groups'
  static override flags = { ...dryRunFlag, ...yesFlag, ...istioctlFlag }
  static override readonly standsOn = ['enroll']

  protected override async perform(session: Session): Promise<object> {
    const { removalSteps } = await import('../../lib/steps/removal.ts')
    return this.deleteSteps(session, removalSteps({ ecs: true }, { named: true }), 'everything of this mesh on ECS')
  }
}
