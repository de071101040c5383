import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { eksctlFlag, istioctlFlag } from '../cli/flags.ts'
import { statesJson } from '../cli/results.ts'
import type { Session } from '../cli/session.ts'
import type { Part } from '../lib/support-bundle/part.ts'

export default class SupportBundle extends BaseCommand<typeof SupportBundle> {
  static override description =
    'collect what somebody needs to help: states, events, logs; without secrets and account ids'
  static override examples = ['<%= config.bin %> <%= command.id %> ecs-ambient-support.tar.gz']
  static override args = {
    file: Args.string({ description: 'the .tar.gz to write', required: true }),
  }
  static override flags = {
    'with-account-ids': Flags.boolean({ description: 'leave AWS account ids as they are' }),
    ...istioctlFlag,
    ...eksctlFlag,
  }
  static override readonly standsOn = 'everything'

  protected override async perform(session: Session): Promise<object> {
    const { allParts, redactorFor, writeBundle } = await import('../lib/support-bundle/index.ts')
    const { settings, read: clients } = session
    const parts = [...allParts(settings, this.config.version), this.#status(session), this.#doctor(session)]
    const redactor = await redactorFor({ settings, clients }, { accounts: !this.flags['with-account-ids'] })
    const bundle = await writeBundle(this.args.file, parts, { settings, clients }, redactor)
    const { file, files, takenOut, missing } = bundle
    this.say([
      `wrote ${file}: ${files.length} files`,
      ...takenOut.map(({ what, instead, times }) => `taken out: ${what}, ${times} times, now ${instead}`),
      ...missing.map(({ part, why }) => `not read: ${part}: ${why}`),
    ])
    return bundle
  }

  #status(session: Session): Part {
    return {
      name: 'status',
      collect: async () => {
        const { allSteps } = await import('../lib/steps/index.ts')
        const { json } = await import('../lib/support-bundle/index.ts')
        return [json('status.json', statesJson(await session.plan(allSteps)))]
      },
    }
  }

  #doctor({ settings, read: clients, interruption }: Session): Part {
    return {
      name: 'doctor',
      collect: async () => {
        const { examine, thisMachine } = await import('../lib/doctor/index.ts')
        const { systemClock: clock } = await import('../lib/engine/clock.ts')
        const { json } = await import('../lib/support-bundle/index.ts')
        const { signal } = interruption
        const deps = { settings, clients, machine: thisMachine('native'), clock, signal }
        return [json('doctor.json', await examine({ pre: false, wait: false, only: [] }, deps))]
      },
    }
  }
}
