import { adoptFlag, dryRunFlag, istioctlFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'
import { StepCommand } from '../../cli/step-command.ts'

export default class EcsEnroll extends StepCommand<typeof EcsEnroll> {
  static override description = "enrol ECS services in the mesh (default: the demo's)"
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> my-service --ecs-cluster my-cluster',
  ]
  static override strict = false
  static override usage = 'ecs enroll [SERVICE…] [FLAGS]'
  static override flags = { ...dryRunFlag, ...adoptFlag, ...istioctlFlag }
  static override readonly standsOn = ['namespace', 'east-west', 'ecs']

  protected override async perform(session: Session): Promise<object> {
    const { newEnrollStep } = await import('../../lib/steps/index.ts')
    const named = this.words.length > 0 ? { services: this.words } : {}
    return this.build(session, [newEnrollStep(named)])
  }
}
