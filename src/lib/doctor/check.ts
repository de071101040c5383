import type { Facts } from './facts/index.ts'

export const AREAS = [
  'machine',
  'credentials',
  'rights',
  'quotas',
  'eks',
  'kubernetes',
  'istio',
  'gateway',
  'registry',
  'ecs-exec',
  'enrolment',
  'security-groups',
  'network',
] as const
export type Area = (typeof AREAS)[number]

/** ok · warning: works, or can't be known · failed: something will not work · not-applicable: nothing to judge here, or yet */
export type State = 'ok' | 'warning' | 'failed' | 'not-applicable'

export interface Judgement {
  readonly state: State
  /** One line. */
  readonly why: string
  /** A command, or what to do where no command does it. */
  readonly fix?: string
}

/** One thing that is looked at. `judge` is pure, so that tables test it; whatever it needs, `read` has seen. */
export interface Check<Seen = unknown> {
  /** Stable: `EA1` and three digits. */
  readonly code: string
  readonly area: Area
  readonly title: string
  /** pre: also before anything is built */
  readonly when: 'pre' | 'after'
  read(facts: Facts): Promise<Seen>
  judge(seen: Seen): Judgement
}

// biome-ignore lint/suspicious/noExplicitAny: what a check has seen is between its own functions
export type AnyCheck = Check<any>

/** Where the check is explained, in this repository. */
export const pageOf = ({ code }: Pick<AnyCheck, 'code'>): string => `docs/checks/${code}.md`

export const ok = (why: string): Judgement => ({ state: 'ok', why })
export const warning = (why: string, fix?: string): Judgement => ({
  state: 'warning',
  why,
  ...(fix === undefined ? {} : { fix }),
})
export const failed = (why: string, fix: string): Judgement => ({ state: 'failed', why, fix })
export const notApplicable = (why: string): Judgement => ({ state: 'not-applicable', why })

/** Thrown by a read that another check's failure has left without anything to look at. */
export class Needs extends Error {
  readonly code: string

  constructor(what: string, code: string) {
    super(what)
    this.name = 'Needs'
    this.code = code
  }
}

/** `1 task`, `2 tasks`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const SHOWN = 5

/** The first few of many, and how many more there are. */
export function some(names: readonly string[]): string {
  const more = names.length - SHOWN
  return more > 0 ? `${names.slice(0, SHOWN).join(', ')} and ${more} more` : names.join(', ')
}

/** One judgement of many things: what is wrong with each, worst first; `fine` where nothing is. */
export function judgeAll(judgements: readonly Judgement[], fine: string): Judgement {
  for (const state of ['failed', 'warning'] as const) {
    const bad = judgements.filter(judgement => judgement.state === state)
    const [first] = bad
    if (first) return { ...first, why: some(bad.map(({ why }) => why)) }
  }
  return ok(fine)
}
