import type { Settings } from '../lib/config/settings.ts'
import type { FailureDetails } from '../lib/engine/failure.ts'
import type { Plan } from '../lib/engine/plan.ts'
import type { StepResult, StepState } from '../lib/engine/run.ts'
import { hourlyOf, standingOf } from '../lib/steps/standing.ts'
import { undoOf } from '../lib/ui/explanations.ts'
import { failureJson } from '../lib/ui/failure-card.ts'
import { countsByKind } from '../lib/ui/story.ts'
import { planLines } from '../lib/ui/words.ts'
import { failureOf, Incomplete } from './outcome.ts'

/** The contract's form of steps that ran: `{ id, status, changes, facts, ms }`. */
export function stepsJson(results: readonly StepResult[]): { steps: object[] } {
  return {
    steps: results.map(({ id, status, changes, facts, ms, reason, error }) => ({
      id,
      status,
      changes,
      facts,
      ms,
      ...(reason === undefined ? {} : { reason }),
      ...(error === undefined ? {} : { error: failureJson(failureOf(error)) }),
    })),
  }
}

/**
 * @param settings of a run that builds: what it leaves standing is told, with its cost and how to undo it
 * @throws Incomplete with the first step's failure, when any step failed
 */
export function throwIfFailed(results: readonly StepResult[], result: object, settings?: Settings): void {
  const failed = results.filter(({ status }) => status === 'failed')
  const [first] = failed
  if (!first) return
  const others = failed.slice(1).map(({ id, error }) => `step ${id}: ${failureOf(error).message}`)
  const cause = failureOf(first.error)
  const undo = settings && cause.stands.length > 0 ? { undo: undoOf(results.map(({ id }) => id)) } : {}
  const failure = cause.with({ why: others, ...undo, ...(settings ? leftStanding(results, settings) : {}) })
  throw new Incomplete(failure, result, settings)
}

/** What a run that failed leaves, what costs money by name, and the command that takes it away. */
function leftStanding(
  results: readonly StepResult[],
  settings: Settings,
): Pick<FailureDetails, 'stands' | 'hourly' | 'undo'> {
  const standing = standingOf(results, settings)
  if (standing.length === 0) return {}
  const [costly, free] = [standing.filter(({ hourly }) => hourly > 0), standing.filter(({ hourly }) => hourly === 0)]
  const hourly = hourlyOf(standing)
  return {
    stands: [
      ...costly.map(({ kind, name, hourly }) => `${kind} ${name}: about $${hourly.toFixed(2)} an hour`),
      ...(free.length === 0 ? [] : [`${countsByKind(free)}: free by themselves`]),
    ],
    ...(hourly > 0 ? { hourly: Math.round(hourly * 100) / 100 } : {}),
    undo: undoOf(results.map(({ id }) => id)),
  }
}

const planned = (plan: Plan) =>
  plan.changes.map(({ action, kind, name, id, reason }) => ({
    action,
    kind,
    name,
    ...(id === undefined ? {} : { id }),
    reason,
  }))

/** The same form for steps that were only planned. */
export function plansJson(states: readonly StepState[]): { dryRun: true; steps: object[] } {
  return {
    dryRun: true,
    steps: states.map(({ id, plan, error }) => {
      const status = !plan
        ? 'failed'
        : plan.pending?.length
          ? 'pending'
          : plan.changes.length > 0
            ? 'changed'
            : 'unchanged'
      return {
        id,
        status,
        changes: plan ? planned(plan) : [],
        facts: plan?.facts ?? {},
        ms: 0,
        ...(plan?.pending?.length ? { pending: plan.pending } : {}),
        ...(error === undefined ? {} : { error: failureJson(failureOf(error)) }),
      }
    }),
  }
}

export function plansText(states: readonly StepState[]): readonly string[] {
  return states.flatMap(({ id, title, plan, error }) => [
    `${id}: ${title}`,
    ...(plan ? planLines(plan) : [`! can't be planned: ${failureOf(error).message}`]).map(line => `  ${line}`),
  ])
}

/** The contract's form of `status`. */
export function statesJson(states: readonly StepState[]): { steps: object[] } {
  return {
    steps: states.map(({ id, title, state, plan, error }) => ({
      id,
      title,
      state,
      differences: plan ? planned(plan) : [],
      resources: plan?.present ?? [],
      facts: plan?.facts ?? {},
      ...(plan?.pending?.length ? { pending: plan.pending } : {}),
      ...(plan?.unsettled?.length ? { unsettled: plan.unsettled } : {}),
      ...(plan?.warnings?.length ? { warnings: plan.warnings } : {}),
      ...(error === undefined ? {} : { error: failureJson(failureOf(error)) }),
    })),
  }
}
