import { expectConverged } from '../support/expect.ts'
import { PASSING } from '../support/fault-kinds.ts'
import type { Job, Suite } from '../support/job.ts'
import { type Command, inWorld } from '../support/world.ts'

interface About {
  readonly command: Command
  readonly kind: string
  readonly part: number
}

/** In how many runs the calls get their faults: some of them each time, so that faults meet calls without any. */
const PARTS = 3

/** What tools ask the API server themselves, whether they may: what comes of it is their answer to us. */
const BY_TOOLS = /^core GET \/api\/v1\/namespaces #/

/** Every call of AWS and Kubernetes fails once in a way that passes by itself. The command must end as if none had. */
export const faults: Suite = {
  jobs: () =>
    (['up', 'cleanup'] as const).flatMap(command =>
      Object.keys(PASSING).flatMap(kind =>
        Array.from({ length: PARTS }, (_, part): Job => {
          const about: About = { command, kind, part }
          return { suite: 'faults', name: `${kind} at calls of ${command}, part ${part + 1}`, seconds: 12, about }
        }),
      ),
    ),

  run: (job, undisturbed) =>
    inWorld(async world => {
      const { command, kind, part } = job.about as About
      const faultOf = PASSING[kind]
      if (command === 'cleanup') await world.must('up')
      const met = new Set<string>()
      world.decide((key, call) => {
        if (call.plane === 'tool' || BY_TOOLS.test(key) || met.has(key) || spread(key) % PARTS !== part)
          return undefined
        met.add(key)
        return faultOf?.(call)
      })
      await world.must(command)
      world.calm()
      await expectConverged(world, command, undisturbed)
      return { 'faults absorbed': met.size }
    }),
}

/** A number that depends on the text alone. */
function spread(text: string): number {
  let sum = 0
  for (const character of text) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003
  return sum
}
