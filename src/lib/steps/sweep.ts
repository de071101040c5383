import { Failure } from '../engine/failure.ts'
import type { StepState } from '../engine/run.ts'
import { costText } from './costs.ts'

export interface Leftover {
  readonly step: string
  readonly kind: string
  readonly name: string
  readonly id?: string
  readonly cost: string
}

/** What is ours and still there after a removal, by the removal's own plan made anew. */
export const leftovers = (states: readonly StepState[]): readonly Leftover[] =>
  states.flatMap(({ id: step, plan }) =>
    (plan?.changes ?? []).map(({ kind, name, id }) => ({
      step,
      kind,
      name,
      ...(id === undefined ? {} : { id }),
      cost: costText(kind),
    })),
  )

/**
 * The failure of a cleanup that left something, or could not look whether it did; undefined where all is gone.
 * Its exit code is 1, its code `LEFT_OVER`.
 */
export function leftoverFailure(states: readonly StepState[], again: string): Failure | undefined {
  const left = leftovers(states).map(({ kind, name, id, cost }) => `${kind} ${name}${id ? ` (${id})` : ''}: ${cost}`)
  const unseen = states.flatMap(({ id, error }) =>
    error === undefined ? [] : [`step ${id} could not be looked at: ${error instanceof Error ? error.message : error}`],
  )
  if (left.length === 0 && unseen.length === 0) return undefined
  return new Failure({
    code: 'LEFT_OVER',
    message: `${left.length} of our resources are left${unseen.length > 0 ? ', and not everything could be looked at' : ''}.`,
    why: unseen,
    stands: left,
    suggestions: [again],
  })
}
