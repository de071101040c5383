import { Flags } from '@oclif/core'
import { confirm } from '../cli/confirmation.ts'
import { dryRunFlag, eksctlFlag, istioctlFlag, yesFlag } from '../cli/flags.ts'
import { failureOf, Incomplete } from '../cli/outcome.ts'
import { plansText } from '../cli/results.ts'
import type { Session, WalkthroughStep } from '../cli/session.ts'
import { StepCommand } from '../cli/step-command.ts'
import { interrupted } from '../lib/engine/failure.ts'

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
    const { chosenGroups, removalSteps } = await import('../lib/steps/removal.ts')
    const { keptLines, leftoverFailure, sweep, withLeftovers } = await import('../lib/steps/sweep.ts')
    // Whoever names an ECS cluster here means that one.
    const named = this.flags['ecs-cluster'] !== undefined
    const steps = removalSteps(this.flags, { named })
    if (!this.dryRun && !this.yes) {
      this.say(plansText(await session.plan(steps, 'down')))
      await confirm('Delete all of this?', session.interruption.signal)
    }
    if (this.dryRun) return this.takeAway(session, steps)
    const { result, failure } = await this.#removal(session, steps)
    if (session.interruption.signal.aborted) throw new Incomplete(failure ?? interrupted(), result)
    // Also where the removal failed: what stands because of it, what that costs, how to finish.
    const states = await session.plan(steps, 'down')
    const swept = await session.telling('sweep', () => sweep(states, session.read, session.settings))
    const all = { ...result, left: swept.left, ...(swept.kept?.length ? { kept: swept.kept } : {}) }
    this.say(keptLines(swept))
    const parts = chosenGroups(this.flags)
    // The same parts again: what was not to go must not go by a command that was pasted.
    const again = ['ecs-ambient cleanup', ...parts.map(part => `--${part}`), '--yes'].join(' ')
    const left = failure ? withLeftovers(failureOf(failure), swept) : leftoverFailure(swept, again)
    if (left) throw new Incomplete(left, all)
    const { clusterName, region } = session.settings
    // Where it looked: a wrong region must not read as if all were gone.
    this.say([
      `Nothing of ours is left of ${clusterName} in ${region}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}.`,
    ])
    return all
  }

  async #removal(session: Session, steps: readonly WalkthroughStep[]): Promise<{ result: object; failure?: unknown }> {
    try {
      return { result: await this.takeAway(session, steps) }
    } catch (error) {
      if (error instanceof Incomplete) return error
      throw error
    }
  }
}
