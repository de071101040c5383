import { Flags } from '@oclif/core'
import { askInTerminal } from '../cli/confirmation.ts'
import { adoptFlag, dryRunFlag, eksctlFlag, istioctlFlag, openFlag, publicGatewayFlag, yesFlag } from '../cli/flags.ts'
import { selectSteps } from '../cli/selection.ts'
import type { Session } from '../cli/session.ts'
import { StepCommand } from '../cli/step-command.ts'

export default class Up extends StepCommand<typeof Up> {
  static override description = 'build the whole mesh, or the part between two steps; again to go on after a failure'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --sandbox --yes',
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --until ecs --yes',
  ]
  static override flags = {
    from: Flags.string({ description: 'begin with this step: it and what depends on it', helpValue: 'STEP' }),
    until: Flags.string({ description: 'end with this step: it and what it depends on', helpValue: 'STEP' }),
    ...yesFlag,
    ...dryRunFlag,
    ...adoptFlag,
    ...openFlag,
    ...publicGatewayFlag,
    ...istioctlFlag,
    ...eksctlFlag,
  }

  protected override async perform(session: Session): Promise<object> {
    const { allSteps } = await import('../lib/steps/index.ts')
    const steps = selectSteps(allSteps, this.flags.from, this.flags.until)
    return this.build(session, steps, this.yes ? undefined : askInTerminal())
  }
}
