import { BaseCommand } from '../cli/base-command.ts'
import { istioctlFlag } from '../cli/flags.ts'
import { Incomplete } from '../cli/outcome.ts'
import { statesJson } from '../cli/results.ts'
import type { Session } from '../cli/session.ts'
import { terminalOf } from '../cli/terminal.ts'

export default class Status extends BaseCommand<typeof Status> {
  static override description =
    'say of every step whether it is absent, partial, ready, drifted or unknown, and draw what stands'
  static override flags = { ...istioctlFlag }
  static override readonly standsOn = 'everything'

  protected override async perform(session: Session): Promise<object> {
    const { allSteps } = await import('../lib/steps/index.ts')
    const { statusLines } = await import('../lib/ui/status.ts')
    const { readFacts } = await import('../lib/report/facts.ts')
    const { topologyOf } = await import('../lib/report/topology.ts')
    const { smallPicture } = await import('../lib/report/small.ts')
    const { settings, read } = session
    const [states, facts] = await Promise.all([session.plan(allSteps), readFacts(settings, read, { askMesh: false })])
    const result = statesJson(states)
    const [first] = states
    if (first && states.every(({ error }) => error !== undefined)) throw new Incomplete(first.error, result)
    const { columns, unicode } = terminalOf(process.stdout)
    const picture = smallPicture(topologyOf(facts, settings), { columns: columns(), unicode })
    this.say([...statusLines(states), '', ...picture])
    return result
  }
}
