import { UNREPEATABLE } from '../../../src/lib/aws/repeat.ts'
import type { Call, Fault } from '../../../src/sandbox/calls.ts'
import { expectConverged } from '../support/expect.ts'
import { PASSING, type PassingKind, tells } from '../support/fault-kinds.ts'
import type { Job, Suite } from '../support/job.ts'
import { type Command, type Ended, inWorld } from '../support/world.ts'

interface About {
  readonly command: Command
  readonly kind: string
  readonly part: number
}

/** What tools ask the API server themselves, whether they may: what comes of it is their answer to us. */
const BY_TOOLS = /^core GET \/api\/v1\/namespaces #/

interface Met {
  readonly call: Call
  readonly fault: Fault
}

/**
 * Every call of AWS and Kubernetes fails once in a way that passes by itself. The command must end as if none had, and
 * have said what it waits for.
 */
export const faults: Suite = {
  jobs: () =>
    (['up', 'cleanup'] as const).flatMap(command =>
      Object.entries(PASSING).flatMap(([kind, { parts }]) =>
        Array.from({ length: parts }, (_, part): Job => {
          const about: About = { command, kind, part }
          return { suite: 'faults', name: `${kind} at calls of ${command}, part ${part + 1}`, seconds: 12, kind, about }
        }),
      ),
    ),

  run: (job, undisturbed) =>
    inWorld(async world => {
      const { command, kind, part } = job.about as About
      const { fault: faultOf, parts, answerLimit } = PASSING[kind] as PassingKind
      if (command === 'cleanup') await world.must('up')
      const met = new Map<string, Met>()
      world.decide((key, call) => {
        const isMeant = call.plane !== 'tool' && !BY_TOOLS.test(key) && spread(key) % parts === part
        // What failed the last time is let through: one fault after the other would not pass.
        if (!isMeant || met.has(lastTime(key))) return undefined
        const fault = faultOf(call)
        if (fault !== undefined) met.set(key, { call, fault })
        return fault
      })
      const ended = await world.must(command, answerLimit === undefined ? {} : { answerLimit })
      world.calm()
      expectTold([...met.values()], ended)
      await expectConverged(world, command, undisturbed)
      return { 'faults absorbed': met.size }
    }),
}

/**
 * Each fault was told of in a step, in its own words; only where it is looked up whether a call took effect, nobody is
 * told when it did.
 *
 * @throws Error with those that were not
 */
function expectTold(met: readonly Met[], { events }: Ended): void {
  const waits = events.flatMap(event => (event.code === 'waiting' ? [event] : []))
  const silent = [...Map.groupBy(met, ({ call }) => whatOf(call))].flatMap(([what, faults]) => {
    const told = waits.filter(
      wait => wait.what.includes(what) && faults.some(({ fault }) => tells(wait.last ?? '', fault)),
    )
    return told.length < faults.length && !UNREPEATABLE.includes(what)
      ? [`${what}: ${told.length} of ${faults.length}`]
      : []
  })
  if (silent.length > 0) throw new Error(`nobody was told of faults: ${silent.join('; ')}`)
}

/** What is said to be waited for: which of Kubernetes' calls looks up a kind and which uses it, nobody is told. */
const whatOf = ({ plane, service, operation }: Call): string =>
  plane === 'kubernetes' ? 'the Kubernetes API to ' : `${service}:${operation}`

/** The name of the same call when it was made before. */
const lastTime = (key: string): string => key.replace(/\d+$/, times => String(Number(times) - 1))

/** A number that depends on the text alone. */
function spread(text: string): number {
  let sum = 0
  for (const character of text) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003
  return sum
}
