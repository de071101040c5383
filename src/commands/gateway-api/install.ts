import { adoptFlag, dryRunFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class GatewayApiInstall extends StepCommand<typeof GatewayApiInstall> {
  static override description = 'install the Gateway API CRDs'
  static override flags = { ...dryRunFlag, ...adoptFlag }
  static override readonly standsOn = ['cluster']

  protected override async perform(session: Session): Promise<object> {
    const { gatewayApiStep } = await import('../../lib/steps/index.ts')
    return this.build(session, [gatewayApiStep])
  }
}
