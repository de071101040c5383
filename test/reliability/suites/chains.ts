import type { Fault } from '../../../src/sandbox/calls.ts'
import { runAndCut } from '../support/cut.ts'
import { expectConverged } from '../support/expect.ts'
import type { Counts, Job, Suite, Undisturbed } from '../support/job.ts'
import { type Command, inWorld } from '../support/world.ts'

interface About {
  readonly command: Command
  readonly when: Fault['when']
  readonly keys: readonly string[]
}

/** Of the looks of one wait, the first few: the others are the same call in the same state. */
const LOOKS = /#[1-3]$/
/** How many chains the calls of a command are dealt out to. */
const CHAINS = 4
/** A world in which fewer runs were cut off is the last one: what is left depends on how often a run happens to look. */
const WORTH_A_WORLD = 4
/** Milliseconds after which a client that was cut off would ask again: by then its world must be gone. */
const WORLD_LIMIT = 20_000

/**
 * A run is cut off at every call that only reads. Such a kill leaves what the writes before it have made, so that one
 * world serves for many: each run begins from what the last one left, gets one call further, and is cut off there.
 */
export const chains: Suite = {
  jobs: undisturbed =>
    (['up', 'cleanup'] as const).flatMap(command => {
      const reads = undisturbed[command].filter(
        ({ writes, plane, key }) => !writes && plane !== 'tool' && LOOKS.test(key),
      )
      return (['before', 'after'] as const).flatMap(when =>
        Array.from({ length: CHAINS }, (_, chain): Job => {
          const keys = reads.map(({ key }) => key).filter((_, index) => index % CHAINS === chain)
          const about: About = { command, when, keys }
          return {
            suite: 'chains',
            name: `cut ${command} off ${when} each read, chain ${chain + 1}`,
            seconds: 25,
            about,
          }
        }),
      )
    }),

  run: async (job, undisturbed) => {
    const about = job.about as About
    const pending = new Set(about.keys)
    let cuts = 0
    for (let progress = true; pending.size > 0 && progress; ) {
      const inThisWorld = await oneWorld(about, pending, undisturbed)
      cuts += inThisWorld
      progress = inThisWorld >= WORTH_A_WORLD
    }
    return {
      'runs cut off': cuts,
      ...(pending.size > 0 ? { 'reads not met again': pending.size } : {}),
    } satisfies Counts
  },
}

/** Runs that are cut off keep their connections, of which a client has only so many for all. */
const CUTS_A_WORLD = 15

/** Cuts runs off in one world for as long as it may live; what was met is no longer pending. */
function oneWorld({ command, when }: About, pending: Set<string>, undisturbed: Undisturbed): Promise<number> {
  return inWorld(async world => {
    if (command === 'cleanup') await world.must('up')
    const until = Date.now() + WORLD_LIMIT
    let cuts = 0
    while (pending.size > 0 && cuts < CUTS_A_WORLD && Date.now() < until) {
      const cut = await runAndCut(world, command, key => pending.has(key), when)
      if ('ended' in cut) break
      pending.delete(cut.at)
      cuts += 1
    }
    await world.must(command)
    // Some cut came while eksctl ran.
    await expectConverged(world, command, undisturbed, ['eksctl was broken off'])
    return cuts
  })
}
