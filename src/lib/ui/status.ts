import type { StepState } from '../engine/run.ts'
import { changeLine } from './words.ts'

const SIGNS = { ready: '●', partial: '◐', drifted: '≠', absent: '○', unknown: '?' } as const

/** The state of every step, a line each, and below it what differs. */
export function statusLines(states: readonly StepState[]): readonly string[] {
  const width = Math.max(...states.map(({ id }) => id.length))
  return states.flatMap(({ id, title, state, plan, error }) => [
    `${SIGNS[state]} ${id.padEnd(width)}  ${state.padEnd(7)}  ${title}`,
    ...details(state, plan?.changes.map(changeLine) ?? [], plan?.pending ?? [], error).map(line => `    ${line}`),
  ])
}

function details(
  state: StepState['state'],
  changes: readonly string[],
  pending: readonly string[],
  error: unknown,
): readonly string[] {
  if (state === 'unknown') return [error instanceof Error ? error.message : String(error)]
  if (pending.length > 0) return pending
  return state === 'partial' || state === 'drifted' ? changes : []
}
