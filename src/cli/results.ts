import type { Plan } from '../lib/engine/plan.ts'
import type { StepResult, StepState } from '../lib/engine/run.ts'
import { failureJson } from '../lib/ui/failure-card.ts'
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

/** @throws Incomplete with the first step's failure, when any step failed */
export function throwIfFailed(results: readonly StepResult[], result: object, _settings?: unknown): void {
  const failed = results.filter(({ status }) => status === 'failed')
  const [first] = failed
  if (!first) return
  const others = failed.slice(1).map(({ id, error }) => `step ${id}: ${failureOf(error).message}`)
  throw new Incomplete(failureOf(first.error).with({ why: others }), result)
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
      ...(error === undefined ? {} : { error: failureJson(failureOf(error)) }),
    })),
  }
}
