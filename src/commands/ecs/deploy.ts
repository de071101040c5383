import { adoptFlag, dryRunFlag, istioctlFlag, openFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class EcsDeploy extends StepCommand<typeof EcsDeploy> {
  static override description = 'deploy the ECS cluster, its security groups, task definitions and services'
  static override flags = { ...dryRunFlag, ...adoptFlag, ...openFlag, ...istioctlFlag }
  static override readonly standsOn = ['cluster', 'iam']

  protected override async perform(session: Session): Promise<object> {
    const { ecsStep } = await import('../../lib/steps/index.ts')
    return this.build(session, [ecsStep])
  }
}
