import type { Settings } from '../config/settings.ts'
import { Failure } from '../engine/failure.ts'
import type { StepState } from '../engine/run.ts'
import { census, type Found } from './census.ts'
import type { ReadClients } from './clients.ts'
import { costText, hourlyCost } from './costs.ts'
import { finishingCommand, finishingTurn } from './finishing.ts'

/** Something of ours that a removal has left, with what it costs and the command that takes it away. */
export interface Leftover extends Found {
  readonly step: string
  readonly cost: string
  readonly finish: string
}

export interface Swept {
  readonly left: readonly Leftover[]
  /** What was found and may stay. */
  readonly kept?: readonly Leftover[]
  /** What could not be looked at: whether anything is left there is not known. */
  readonly unseen: readonly { readonly what: string; readonly error: unknown }[]
}

interface Row extends Found {
  readonly step: string
  readonly detail?: unknown
}

/**
 * Looks for what is ours and still there: by the removal's own plan made anew, `states`, and by tag in every service
 * that those steps make something in, whether or not the configuration still names it.
 */
export async function sweep(states: readonly StepState[], clients: ReadClients, desired: Settings): Promise<Swept> {
  const steps = states.map(({ id }) => id)
  const counted = await census(steps, clients, desired)
  const planned = states.flatMap(({ id: step, plan }) =>
    (plan?.changes ?? []).map(
      ({ kind, name, id, detail }): Row => ({ step, kind, name, ...(id ? { id } : {}), detail }),
    ),
  )
  const kubeconfig = await clients.kubeconfig().catch(() => undefined)
  const here = kubeconfig === undefined ? desired : { ...desired, kubeconfig }
  const found = Map.groupBy<string, Row>(
    [...planned, ...counted.found],
    ({ kind, id, name }) => `${kind} ${id ?? name}`,
  )
  const told = [...found.values()].map(([first, again]) => {
    const { detail, hourly, ...one } = { ...again, ...first } as Row
    const cost = costText(hourly ?? hourlyCost(one.kind))
    return { ...one, cost, finish: finishingCommand({ ...one, detail }, here) }
  })
  const all = told.toSorted((a, b) => finishingTurn(a) - finishingTurn(b))
  return {
    left: all.filter(({ harmless }) => harmless !== true),
    kept: all.filter(({ harmless }) => harmless === true),
    unseen: [
      ...states.flatMap(({ id, error }) => (error === undefined ? [] : [{ what: `step ${id}`, error }])),
      ...counted.unseen,
    ],
  }
}

/** One line for each: what, its id, what it costs, and why it is kept. */
export const leftoverLines = ({ left }: Pick<Swept, 'left'>): readonly string[] =>
  left.map(({ kind, name, id, cost, kept }) =>
    [`${kind} ${name}${id && id !== name ? ` (${id})` : ''}: ${cost}`, ...(kept ? [kept] : [])].join('; '),
  )

/** What may stay, and how to take it away all the same. */
export const keptLines = ({ kept = [] }: Swept): readonly string[] =>
  kept.flatMap(one => [`Kept: ${leftoverLines({ left: [one] }).join()}`, `  ${one.finish}`])

/**
 * The failure of a cleanup that left something, or could not look whether it did; undefined where all is gone.
 * Its exit code is 1, its code `LEFT_OVER`; it suggests running `again`, then what finishes the job by hand.
 */
export function leftoverFailure(swept: Swept, again: string): Failure | undefined {
  const { left, unseen } = swept
  if (left.length === 0 && unseen.length === 0) return undefined
  return new Failure({
    code: 'LEFT_OVER',
    message: `${counted(left.length)} left${unseen.length > 0 ? ', and not everything could be looked at' : ''}.`,
    why: unseen.map(
      ({ what, error }) => `${what} could not be looked at: ${error instanceof Error ? error.message : error}`,
    ),
    stands: leftoverLines(swept),
    suggestions: [again, ...new Set(left.map(({ finish }) => finish))],
  })
}

/**
 * A failed removal together with what stands because of it, and the commands that finish the job. What is refused because
 * something needs it would be refused by hand as well, or should be.
 */
export const withLeftovers = (failure: Failure, swept: Swept): Failure => {
  const finishing = failure.code === 'STILL_IN_USE' ? [] : new Set(swept.left.map(({ finish }) => finish))
  return failure.with({
    stands: leftoverLines(swept),
    suggestions: [...finishing].filter(command => !failure.suggestions.includes(command)),
  })
}

const counted = (count: number): string => (count === 1 ? '1 of our resources is' : `${count} of our resources are`)
