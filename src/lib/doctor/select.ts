import picomatch from 'picomatch'
import { closest } from '../config/closest.ts'
import { Exit, Failure } from '../engine/failure.ts'
import type { AnyCheck } from './check.ts'

export interface Choice {
  /** Only what can be looked at before anything is built. */
  readonly pre: boolean
  /** Codes, areas, or globs of either; none: all. */
  readonly only: readonly string[]
}

/** @throws Failure `NO_SUCH_CHECK` (exit 2) */
export function select(checks: readonly AnyCheck[], { pre, only }: Choice): readonly AnyCheck[] {
  const names = ({ code, area }: AnyCheck) => [code, area]
  const wanted = only.map(pattern => {
    const matches = picomatch(pattern, { nocase: true })
    const found = checks.filter(check => names(check).some(name => matches(name)))
    if (found.length === 0) throw noSuchCheck(pattern, [...new Set(checks.flatMap(names))])
    return found
  })
  const chosen = new Set(only.length === 0 ? checks : wanted.flat())
  const left = checks.filter(check => chosen.has(check) && (!pre || check.when === 'pre'))
  if (left.length === 0) throw nothingBefore(only)
  return left
}

const nothingBefore = (only: readonly string[]): Failure =>
  new Failure({
    code: 'NO_SUCH_CHECK',
    exit: Exit.usage,
    message: `Nothing of ${only.join(', ')} can be looked at before it is built.`,
    suggestions: ['Leave out --pre.'],
  })

function noSuchCheck(pattern: string, names: readonly string[]): Failure {
  const meant = closest(pattern, names)
  return new Failure({
    code: 'NO_SUCH_CHECK',
    exit: Exit.usage,
    message: `No check of doctor matches "${pattern}".`,
    suggestions: [
      ...(meant === undefined ? [] : [`ecs-ambient doctor --only ${meant}`]),
      `Areas: ${names.filter(name => !/^EA\d/.test(name)).join(', ')}`,
    ],
  })
}
