import { Exit, Failure } from '../engine/failure.ts'

/** Something with our name that isn't ours stands where ours should, and can't serve as it is. */
export const notOurs = (what: string, why: readonly string[], suggestions: readonly string[]): Failure =>
  new Failure({
    code: 'NOT_OURS',
    exit: Exit.usage,
    message: `${what} was not made by ecs-ambient and can't be used as it is.`,
    why,
    suggestions,
  })

/** What to do about it where `--adopt` would help. */
export const ADOPT = 'Pass --adopt to take it over: it will be changed now, and deleted by cleanup.'

export const usedAsItIs = (what: string): string =>
  `${what} was not made by ecs-ambient: it is used as it is, and neither changed nor deleted.`
