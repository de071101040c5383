import { dryRunFlag, istioctlFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class EcsUnenroll extends StepCommand<typeof EcsUnenroll> {
  static override description = 'take ECS services out of the mesh again: back to their revision without ztunnel'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> my-service --ecs-cluster my-cluster',
  ]
  static override strict = false
  static override usage = 'ecs unenroll [SERVICE…] [FLAGS]'
  static override flags = { ...dryRunFlag, ...istioctlFlag }
  static override readonly standsOn = ['enroll']

  protected override async perform(session: Session): Promise<object> {
    const { newEnrollStep } = await import('../../lib/steps/index.ts')
    const named = this.words.length > 0 ? { services: this.words } : {}
    return this.takeAway(session, [newEnrollStep({ ...named, unenrollAll: true })])
  }
}
