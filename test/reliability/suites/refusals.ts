import { isFailure } from '../../../src/lib/engine/failure.ts'
import { expectConverged } from '../support/expect.ts'
import { denied } from '../support/fault-kinds.ts'
import type { Job, Suite } from '../support/job.ts'
import { type Command, type Ended, inWorld, told, type World } from '../support/world.ts'

interface About {
  readonly command: Command
  readonly names: readonly string[]
}

const CHAINS = 8

/**
 * Each kind of call is refused for good. The run must end with an error of ours that names it, or do without, and the
 * next run goes on from there, until its own refusal; the last one is left in peace and must end well.
 */
export const refusals: Suite = {
  jobs: undisturbed =>
    (['up', 'cleanup'] as const).flatMap(command => {
      const names = [...new Set(undisturbed[command].map(({ key }) => nameOf(key)))]
      return Array.from({ length: CHAINS }, (_, chain): Job => {
        const about: About = { command, names: names.filter((_, index) => index % CHAINS === chain) }
        return { suite: 'refusals', name: `calls of ${command} refused, chain ${chain + 1}`, seconds: 25, about }
      })
    }),

  run: (job, undisturbed) =>
    inWorld(async world => {
      const { command, names } = job.about as About
      if (command === 'cleanup') await world.must('up')
      const counts = { 'refusals that ended a run': 0, 'refusals done without': 0, 'refusals not met again': 0 }
      for (const name of names) {
        const { met, ended } = await runRefusing(world, command, name)
        if (!met) counts['refusals not met again'] += 1
        else if (ended.errors.length > 0) counts['refusals that ended a run'] += 1
        else counts['refusals done without'] += 1
        checkErrors(name, ended)
      }
      await world.must(command)
      await expectConverged(world, command, undisturbed)
      return counts
    }),
}

/** The name of a call without the number of times. */
const nameOf = (key: string): string => key.replace(/ #\d+$/, '')

async function runRefusing(world: World, command: Command, name: string): Promise<{ met: boolean; ended: Ended }> {
  let met = false
  world.decide((key, call) => {
    if (nameOf(key) !== name) return undefined
    met = true
    return denied(call)
  })
  const ended = await world.run(command)
  world.calm()
  return { met, ended }
}

/** @throws Error where a run ended with something that isn't an error of ours */
function checkErrors(name: string, { errors }: Ended): void {
  const raw = errors.filter(error => !isFailure(error))
  if (raw.length > 0) throw new Error(`${name} refused: a raw error came out: ${raw.map(told).join('; ')}`)
}
