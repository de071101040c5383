import { type Failure, isFailure } from '../../../src/lib/engine/failure.ts'
import { expectConverged } from '../support/expect.ts'
import { FINAL } from '../support/fault-kinds.ts'
import type { Job, Suite, Undisturbed } from '../support/job.ts'
import { nameOf } from '../support/keys.ts'
import { type Command, type Ended, inWorld, told, type World } from '../support/world.ts'

interface About {
  readonly command: Command
  readonly kind: string
  readonly names: readonly string[]
}

/** About how many calls are refused in one world. */
const IN_ONE_WORLD = 40
/** A world in which fewer calls were refused is the last one. */
const WORTH_A_WORLD = 2

/**
 * Each kind of call is refused for good. The run must end with an error of ours, or do without, and the next run goes on
 * from there until its own refusal; the last one is left in peace and must end well.
 */
export const refusals: Suite = {
  jobs: undisturbed =>
    Object.entries(FINAL).flatMap(([kind, { meets }]) =>
      (['up', 'cleanup'] as const).flatMap(command => {
        const names = [...new Set(undisturbed[command].map(({ key }) => nameOf(key)))].filter(meets)
        const chains = Math.ceil(names.length / IN_ONE_WORLD)
        return Array.from({ length: chains }, (_, chain): Job => {
          const about: About = { command, kind, names: names.filter((_, index) => index % chains === chain) }
          return {
            suite: 'refusals',
            name: `${kind}: calls of ${command}, chain ${chain + 1}`,
            seconds: 25,
            kind,
            about,
          }
        })
      }),
    ),

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
function oneWorld(about: About, pending: Set<string>, counts: RefusalCounts, undisturbed: Undisturbed): Promise<void> {
  const { command } = about
  return inWorld(async world => {
    if (command === 'cleanup') await world.must('up')
    for (;;) {
      const { refused, ended } = await runRefusing(world, about, pending)
      if (refused === undefined) break
      pending.delete(refused)
      counts[ended.errors.length > 0 ? 'refusals that ended a run' : 'refusals done without'] += 1
      checkErrors(about, refused, ended)
    }
    await world.must(command)
    // eksctl was among what was broken off.
    await expectConverged(world, command, undisturbed, ['eksctl was broken off'])
  })
}

async function runRefusing(
  world: World,
  { command, kind }: About,
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
    return FINAL[kind]?.fault(call)
  })
  const ended = await world.run(command, { signal: stop.signal })
  world.calm()
  return { refused, ended }
}

/** @throws Error where a run ended with something that isn't an error of ours, or does not name the quota */
function checkErrors({ kind }: About, name: string, { errors }: Ended): void {
  const raw = errors.filter(error => !isFailure(error))
  if (raw.length > 0) throw new Error(`${name} refused: a raw error came out: ${raw.map(told).join('; ')}`)
  if (kind === 'quota' && !errors.filter(isFailure).some(saysQuota))
    throw new Error(`${name} over its quota: that is not said: ${errors.map(told).join('; ')}`)
}

/** What was broken off because of it at the same time may come first, and then names it. */
const saysQuota = ({ code, exit, why, suggestions }: Failure): boolean =>
  code === 'INTERRUPTED'
    ? /quota of the account|Kubernetes refused/.test(why.join())
    : code === 'QUOTA_EXCEEDED' && exit === 1 && /quota/.test(why.join()) && suggestions.length > 0
