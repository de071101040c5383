import type { Fault } from '../../../src/sandbox/calls.ts'
import { runAndCut } from '../support/cut.ts'
import { expectConverged } from '../support/expect.ts'
import type { Job, Suite } from '../support/job.ts'
import { inWorld } from '../support/world.ts'

interface About {
  readonly key: string
  readonly when: Fault['when']
}

/** A run of `up` is cut off at each call that writes, and what it leaves is cleaned up to nothing. */
export const afterlife: Suite = {
  jobs: undisturbed =>
    undisturbed.up
      .filter(({ writes }) => writes)
      .flatMap(({ key }) =>
        (['before', 'after'] as const).map((when): Job => {
          const about: About = { key, when }
          return { suite: 'afterlife', name: `cleanup once up is cut off ${when} ${key}`, seconds: 2, about }
        }),
      ),

  run: (job, undisturbed) =>
    inWorld(async world => {
      const { key, when } = job.about as About
      const cut = await runAndCut(world, 'up', name => name === key, when)
      if ('ended' in cut) throw new Error(`up ended without ${key}`)
      await world.must('cleanup')
      await expectConverged(world, 'cleanup', undisturbed)
      return { 'half-made worlds cleaned up': 1 }
    }),
}
