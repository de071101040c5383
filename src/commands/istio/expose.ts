import { adoptFlag, dryRunFlag, istioctlFlag, publicGatewayFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class IstioExpose extends StepCommand<typeof IstioExpose> {
  static override description = 'expose istiod to ECS through the east-west gateway'
  static override flags = { ...dryRunFlag, ...adoptFlag, ...publicGatewayFlag, ...istioctlFlag }
  static override readonly standsOn = ['istio']

  protected override async perform(session: Session): Promise<object> {
    const { eastWestStep } = await import('../../lib/steps/index.ts')
    return this.build(session, [eastWestStep])
  }
}
