import { isFailure } from '../../../src/lib/engine/failure.ts'
import { expectConverged } from '../support/expect.ts'
import { denied } from '../support/fault-kinds.ts'
import type { Job, Suite, Undisturbed } from '../support/job.ts'
import { type Command, type Ended, inWorld, told, type World } from '../support/world.ts'

interface About {
  readonly command: Command
  readonly names: readonly string[]
}

const CHAINS = 4
/** A world in which fewer calls were refused is the last one. */
const WORTH_A_WORLD = 2

/**
 * Each kind of call is refused for good. The run must end with an error of ours, or do without, and the next run goes on
 * from there until its own refusal; the last one is left in peace and must end well.
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

  run: async (job, undisturbed) => {
    const about = job.about as About
    const pending = new Set(about.names)
    const counts: RefusalCounts = { 'refusals that ended a run': 0, 'refusals done without': 0 }
    for (let progress = true; pending.size > 0 && progress; ) {
      const before = pending.size
      await oneWorld(about, pending, counts, undisturbed)
      progress = before - pending.size >= WORTH_A_WORLD
    }
    return { ...counts, ...(pending.size > 0 ? { 'refusals not met again': pending.size } : {}) }
  },
}

type RefusalCounts = Record<'refusals that ended a run' | 'refusals done without', number>

/** Runs with one refusal each in one world, until a run meets none; what was refused is no longer pending. */
function oneWorld(
  { command }: About,
  pending: Set<string>,
  counts: RefusalCounts,
  undisturbed: Undisturbed,
): Promise<void> {
  return inWorld(async world => {
    if (command === 'cleanup') await world.must('up')
    for (;;) {
      const { refused, ended } = await runRefusing(world, command, pending)
      if (refused === undefined) break
      pending.delete(refused)
      counts[ended.errors.length > 0 ? 'refusals that ended a run' : 'refusals done without'] += 1
      checkErrors(refused, ended)
    }
    await world.must(command)
    // eksctl was among what was broken off.
    await expectConverged(world, command, undisturbed, { loosely: true })
  })
}

/** The name of a call without the number of times. */
const nameOf = (key: string): string => key.replace(/ #\d+$/, '')

async function runRefusing(
  world: World,
  command: Command,
  pending: ReadonlySet<string>,
): Promise<{ refused: string | undefined; ended: Ended }> {
  let refused: string | undefined
  // What does not depend on the refused call would get on; here each call is to find its turn.
  const stop = new AbortController()
  world.decide((key, call) => {
    const name = nameOf(key)
    if (refused === undefined && pending.has(name)) refused = name
    if (refused !== name) return undefined
    stop.abort()
    return denied(call)
  })
  const ended = await world.run(command, { signal: stop.signal })
  world.calm()
  return { refused, ended }
}

/** @throws Error where a run ended with something that isn't an error of ours */
function checkErrors(name: string, { errors }: Ended): void {
  const raw = errors.filter(error => !isFailure(error))
  if (raw.length > 0) throw new Error(`${name} refused: a raw error came out: ${raw.map(told).join('; ')}`)
}
