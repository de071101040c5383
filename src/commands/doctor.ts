import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { eksctlFlag, istioctlFlag } from '../cli/flags.ts'
import { Incomplete } from '../cli/outcome.ts'
import type { Session } from '../cli/session.ts'
import { paperOf } from '../cli/terminal.ts'
import type { Examination } from '../lib/doctor/index.ts'

export default class Doctor extends BaseCommand<typeof Doctor> {
  static override description = 'look at everything that the mesh needs, and say what to do about what is wrong'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --pre',
    '<%= config.bin %> <%= command.id %> --only ecs-exec --only EA120*',
    '<%= config.bin %> <%= command.id %> --wait --timeout 5m --output short',
  ]
  static override flags = {
    pre: Flags.boolean({ description: 'only what can be looked at before anything is built' }),
    wait: Flags.boolean({ description: 'try again until nothing fails, or --timeout has passed' }),
    only: Flags.string({
      multiple: true,
      description: 'only these checks: a code, an area, a glob',
      helpValue: 'GLOB',
    }),
    output: Flags.option({
      options: ['table', 'short'] as const,
      default: 'table' as const,
      description: 'short: only what is not well',
    })(),
    'exec-driver': Flags.option({
      options: ['native', 'plugin'] as const,
      default: 'native' as const,
      description: "plugin: `ecs exec` is to use the vendor's session-manager-plugin",
    })(),
    ...istioctlFlag,
    ...eksctlFlag,
  }
  static override readonly standsOn = 'everything'

  /** A call that a check gave up on is still under way. */
  #givenUp = false

  protected override async perform({ settings, read: clients, interruption }: Session): Promise<object> {
    const { checkLimit, examine, failureOf, thisMachine } = await import('../lib/doctor/index.ts')
    const { systemClock } = await import('../lib/engine/clock.ts')
    const { pre, wait, only = [] } = this.flags
    const options = { pre, wait, only }
    const examination = await examine(options, {
      settings,
      clients,
      machine: thisMachine(this.flags['exec-driver']),
      clock: systemClock,
      signal: interruption.signal,
      waiting: failing => this.note(`still failing: ${failing.map(({ code }) => code).join(', ')}`),
    })
    const limit = checkLimit(options, settings)
    this.#givenUp = examination.checks.some(({ ms }) => ms >= limit)
    await this.#show(examination)
    const failure = failureOf(examination)
    // A person has been told already what is wrong.
    if (failure !== undefined && !this.jsonEnabled()) this.exit(failure.exit)
    if (failure !== undefined) throw new Incomplete(failure, examination)
    return examination
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    await super.finally(error)
    // Nobody waits for its answer any more: only while something keeps the process does this end it.
    if (this.#givenUp) setTimeout(() => process.exit(), LEAVING).unref()
  }

  async #show(examination: Examination): Promise<void> {
    const { shortLines, tableLines } = await import('../lib/doctor/report.ts')
    const paper = await paperOf(process.stdout)
    this.say(this.flags.output === 'short' ? shortLines(examination, paper) : tableLines(examination, paper))
  }
}

/** Milliseconds in which whatever is printed is printed. */
const LEAVING = 500
