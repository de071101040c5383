import { adoptFlag, dryRunFlag, istioctlFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class IstioInstall extends StepCommand<typeof IstioInstall> {
  static override description = "install Istio in ambient mode with the ECS platform, by Solo's istioctl"
  static override flags = { ...dryRunFlag, ...adoptFlag, ...istioctlFlag }
  static override readonly standsOn = ['gateway-api']

  protected override async perform(session: Session): Promise<object> {
    const { istioStep } = await import('../../lib/steps/index.ts')
    return this.build(session, [istioStep])
  }
}
