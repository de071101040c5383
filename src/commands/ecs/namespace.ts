import { adoptFlag, dryRunFlag, istioctlFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class EcsNamespace extends StepCommand<typeof EcsNamespace> {
  static override description = 'create the namespace and service account that stand for the ECS workloads'
  static override flags = { ...dryRunFlag, ...adoptFlag, ...istioctlFlag }
  static override readonly standsOn = ['cluster', 'iam']

  protected override async perform(session: Session): Promise<object> {
    const { namespaceStep } = await import('../../lib/steps/index.ts')
    return this.build(session, [namespaceStep])
  }
}
