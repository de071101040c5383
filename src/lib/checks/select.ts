import picomatch from 'picomatch'
import { Exit, Failure } from '../engine/failure.ts'
import { type Check, pathOf, type Suite } from './check.ts'
import { didYouMean } from './suite-schema.ts'

/**
 * The suites with only those checks that one of the globs names: by path (`ecs/shell->eks/*`), by id (`eks-deny/*`,
 * `eks-to-ecs`). Suites of which nothing is left are left out.
 *
 * @throws Failure `BAD_GLOB`, `NO_SUCH_CHECK` (exit 2)
 */
export function only(suites: readonly Suite[], globs: readonly string[]): readonly Suite[] {
  const matchers = globs.map(matcherOf)
  if (globs.length === 0 || suites.length === 0) return suites
  const left = keep(suites, check => matchers.some(matches => namesOf(check).some(matches)))
  if (left.length > 0) return left
  const names = [...new Set(suites.flatMap(({ checks }) => checks).flatMap(namesOf))]
  throw new Failure({
    code: 'NO_SUCH_CHECK',
    exit: Exit.usage,
    message: `No check matches ${globs.join(', ')}${didYouMean(globs[0] ?? '', names) || '.'}`,
    suggestions: ['ecs-ambient test run --list'],
  })
}

/** The suites with only the checks of these ids. */
export const withIds = (suites: readonly Suite[], ids: ReadonlySet<string>): readonly Suite[] =>
  keep(suites, ({ id }) => ids.has(id))

const keep = (suites: readonly Suite[], wanted: (check: Check) => boolean): readonly Suite[] =>
  suites.map(suite => ({ ...suite, checks: suite.checks.filter(wanted) })).filter(({ checks }) => checks.length > 0)

/** Its path, its whole id, and its id within the suite. */
const namesOf = (check: Check): readonly string[] => [pathOf(check), check.id, check.id.slice(check.suite.length + 1)]

function matcherOf(glob: string): (name: string) => boolean {
  try {
    // As in bash, one star crosses slashes: `*->internet` means every source.
    const matches = picomatch(glob, { bash: true, dot: true, strictBrackets: true })
    return name => matches(name)
  } catch (cause) {
    throw new Failure({
      code: 'BAD_GLOB',
      exit: Exit.usage,
      message: `"${glob}" is not a glob.`,
      why: [cause instanceof Error ? cause.message : String(cause)],
      suggestions: ["Such as: --only 'ecs/shell->eks/*', or --only 'eks-deny/*'"],
      cause,
    })
  }
}
