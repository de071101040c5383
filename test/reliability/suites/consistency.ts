import type { Fault } from '../../../src/sandbox/calls.ts'
import { expectConverged } from '../support/expect.ts'
import type { Job, Suite, Undisturbed } from '../support/job.ts'
import { nameOf } from '../support/keys.ts'
import { LATE, type LateAnswer } from '../support/late-answers.ts'
import { type Command, type Ended, inWorld } from '../support/world.ts'

/** How often a call gets each late answer. */
const TIMES = 3

/** AWS and Kubernetes answer a few times as they do before everybody knows of what was made just now. */
export const consistency: Suite = {
  jobs: () =>
    (['up', 'cleanup'] as const).map((about): Job => {
      return {
        suite: 'consistency',
        name: `late answers to calls of ${about}`,
        seconds: 20,
        kind: 'not yet known',
        about,
      }
    }),

  run: (job, undisturbed) =>
    inWorld(async world => {
      const command = job.about as Command
      if (command === 'cleanup') await world.must('up')
      const dealer = new Dealer(LATE[command])
      world.decide(key => dealer.answer(nameOf(key)))
      const ended = await world.must(command)
      world.calm()
      const left = dealer.notGiven(undisturbed[command])
      if (left.length > 0) throw new Error(`answers that were not asked for: ${left.join('; ')}`)
      expectTold(LATE[command], ended)
      await expectConverged(world, command, undisturbed)
      return { 'late answers absorbed': dealer.count }
    }),
}

/** Gives each call its late answers, one after the other, each a few times. */
class Dealer {
  readonly #rows: readonly LateAnswer[]
  readonly #given = new Map<string, number>()
  readonly #made = new Set<string>()

  constructor(rows: readonly LateAnswer[]) {
    this.#rows = rows
  }

  get count(): number {
    return [...this.#given.values()].reduce((all, times) => all + times, 0)
  }

  answer(name: string): Fault | undefined {
    const made = [...this.#made]
    this.#made.add(name)
    const row = this.#rows.findIndex(
      ({ call, after }, index) =>
        call.test(name) &&
        this.#times(index, name) < TIMES &&
        (after === undefined || made.some(earlier => after.test(earlier))),
    )
    const late = this.#rows[row]
    if (late === undefined) return undefined
    this.#given.set(`${row} ${name}`, this.#times(row, name) + 1)
    return { kind: 'error', when: 'before', code: late.code, status: late.status ?? 400, message: late.message }
  }

  /** Of the calls that an undisturbed run makes: those that did not get all of their late answers. */
  notGiven(calls: Undisturbed[Command]): readonly string[] {
    const names = new Set(calls.map(({ key }) => nameOf(key)))
    return this.#rows.flatMap(({ call, code }, index) => {
      const meant = [...names].filter(name => call.test(name))
      const missed = meant.filter(name => this.#times(index, name) < TIMES)
      return meant.length === 0 ? [`${code}: no such call`] : missed.map(name => `${code} of ${name}`)
    })
  }

  #times(row: number, name: string): number {
    return this.#given.get(`${row} ${name}`) ?? 0
  }
}

/** @throws Error with those that nobody was told of */
function expectTold(rows: readonly LateAnswer[], { events }: Ended): void {
  const waits = events.flatMap(event => (event.code === 'waiting' ? [`${event.what}: ${event.last ?? ''}`] : []))
  const silent = rows.filter(({ message, told = message }) => !waits.some(wait => wait.includes(told)))
  if (silent.length > 0) throw new Error(`nobody was told of ${silent.map(({ message }) => message).join('; ')}`)
}
