import { BaseCommand } from '../cli/base-command.ts'
import { Incomplete } from '../cli/outcome.ts'
import { statesJson } from '../cli/results.ts'
import type { Session } from '../cli/session.ts'

export default class Status extends BaseCommand<typeof Status> {
  static override description = 'say of every step whether it is absent, partial, ready, drifted or unknown'
  static override readonly standsOn = 'everything'

  protected override async perform(session: Session): Promise<object> {
    const { allSteps } = await import('../lib/steps/index.ts')
    const { statusLines } = await import('../lib/ui/status.ts')
    const states = await session.plan(allSteps)
    const result = statesJson(states)
    const [first] = states
    if (first && states.every(({ error }) => error !== undefined)) throw new Incomplete(first.error, result)
    this.say(statusLines(states))
    return result
  }
}
