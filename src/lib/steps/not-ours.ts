import { Exit, Failure, isFailure } from '../engine/failure.ts'

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

/** The same failure for whoever has no `--adopt` of its own: `command` is what has it. */
export function adoptedBy(error: unknown, command: string): unknown {
  if (!isFailure(error) || error.code !== 'NOT_OURS') return error
  const { message, why, suggestions } = error
  const told = suggestions.map(text => (text === ADOPT ? `To take it over: ${command} --adopt` : text))
  return new Failure({ code: 'NOT_OURS', exit: Exit.usage, message, why, suggestions: told, cause: error.cause })
}

export const usedAsItIs = (what: string): string =>
  `${what} was not made by ecs-ambient: it is used as it is, and neither changed nor deleted.`
