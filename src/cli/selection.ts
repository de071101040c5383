import { Exit, Failure } from '../lib/engine/failure.ts'
import { from, type Node, upTo } from '../lib/engine/graph.ts'

/**
 * The steps from `first` on (what depends on it) and up to `last` (what it depends on), in the walkthrough's order.
 *
 * @throws Failure `UNKNOWN_STEP`, `NO_STEPS` (exit 2)
 */
export function selectSteps<N extends Node>(steps: readonly N[], first?: string, last?: string): readonly N[] {
  const begun = first === undefined ? steps : from(steps, first)
  const ended = last === undefined ? steps : upTo(steps, last)
  const selected = steps.filter(step => begun.includes(step) && ended.includes(step))
  if (selected.length > 0) return selected
  throw new Failure({
    code: 'NO_STEPS',
    exit: Exit.usage,
    message: `No step lies between ${first} and ${last}.`,
    suggestions: [`${last} does not depend on ${first}: run one after the other.`],
  })
}
