import type { StepState } from '../engine/run.ts'
import { changeLine } from './words.ts'

export const STATE_SIGNS = { ready: '●', partial: '◐', drifted: '≠', absent: '○', unknown: '?' } as const

/** The state of every step, a line each, and below it what differs and what is to be known all the same. */
export function statusLines(states: readonly StepState[]): readonly string[] {
  const width = Math.max(...states.map(({ id }) => id.length))
  return states.flatMap(step => {
    const { id, title, state, plan } = step
    return [
      `${STATE_SIGNS[state]} ${id.padEnd(width)}  ${state.padEnd(7)}  ${title}`,
      ...[...stateNotes(step), ...(plan?.warnings ?? [])].map(line => `    ${line}`),
    ]
  })
}

/** What differs, or why that is not known. */
export function stateNotes({ state, plan, error }: StepState): readonly string[] {
  if (state === 'unknown') return [error instanceof Error ? error.message : String(error)]
  if (plan?.pending?.length) return plan.pending
  if (state !== 'partial' && state !== 'drifted') return []
  return [...(plan?.changes.map(changeLine) ?? []), ...(plan?.unsettled ?? [])]
}
