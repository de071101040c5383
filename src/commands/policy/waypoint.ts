import { Flags } from '@oclif/core'
import { dryRunFlag, istioctlFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class PolicyWaypoint extends StepCommand<typeof PolicyWaypoint> {
  static override description = 'apply the waypoint of the ECS namespace, which layer 7 policies need, or remove it'
  static override flags = {
    remove: Flags.boolean({ description: 'remove it' }),
    ...dryRunFlag,
    ...istioctlFlag,
  }
  static override readonly standsOn = ['namespace', 'enroll', 'apps']

  protected override async perform(session: Session): Promise<object> {
    const { waypointStep } = await import('../../lib/steps/index.ts')
    return this.flags.remove ? this.takeAway(session, [waypointStep]) : this.build(session, [waypointStep])
  }
}
