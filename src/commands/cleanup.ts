import { Flags } from '@oclif/core'
import { confirm } from '../cli/confirmation.ts'
import { dryRunFlag, eksctlFlag, istioctlFlag, yesFlag } from '../cli/flags.ts'
import { Incomplete } from '../cli/outcome.ts'
import { plansText } from '../cli/results.ts'
import type { Session } from '../cli/session.ts'
import { StepCommand } from '../cli/step-command.ts'

export default class Cleanup extends StepCommand<typeof Cleanup> {
  static override description = 'take away everything that is ours, and look whether anything is left'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --yes',
  ]
  static override flags = {
    ecs: Flags.boolean({ description: 'the ECS side: enrolment, services, task definitions, security groups' }),
    iam: Flags.boolean({ description: 'the IAM roles and policy' }),
    mesh: Flags.boolean({ description: 'policies, waypoint, test pods, namespace, gateway, Istio, Gateway API' }),
    cluster: Flags.boolean({ description: 'the EKS cluster' }),
    ...yesFlag,
    ...dryRunFlag,
    ...istioctlFlag,
    ...eksctlFlag,
  }
  static override readonly standsOn = 'everything'

  protected override async perform(session: Session): Promise<object> {
    const { removalSteps } = await import('../lib/steps/removal.ts')
    const { leftoverFailure, leftovers } = await import('../lib/steps/sweep.ts')
    const steps = removalSteps(this.flags)
    if (!this.dryRun && !this.yes) {
      this.say(plansText(await session.plan(steps, 'down')))
      await confirm('Delete all of this?')
    }
    const result = await this.takeAway(session, steps)
    if (this.dryRun) return result
    const states = await session.plan(steps, 'down')
    const swept = { ...result, left: leftovers(states) }
    const failure = leftoverFailure(states, 'ecs-ambient cleanup --yes')
    if (failure) throw new Incomplete(failure, swept)
    this.say(['Nothing of ours is left.'])
    return swept
  }
}
