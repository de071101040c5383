import type { Suite } from './check.ts'
import type { RunContext } from './context.ts'
import type { CheckEvent } from './events.ts'
import { type Aborted, type CheckResult, type ChecksRun, summaryOf } from './result.ts'
import { StateKeeper } from './state.ts'
import { runSuite } from './suite-run.ts'

/**
 * Runs suites one after another, each in the state that it needs, and puts back what it found, also after a failure or an
 * interruption. Never rejects: what ended it early is in the result, beside the checks that were finished.
 */
export async function runSuites(suites: readonly Suite[], given: RunContext): Promise<ChecksRun> {
  const warnings: string[] = []
  const emit = (event: CheckEvent) => {
    if (event.code === 'warning') warnings.push(event.message)
    given.emit(event)
  }
  const { clock, policies, stopNow } = given
  const keeper = new StateKeeper(policies, clock, emit)
  const since = clock.now()
  emit({ code: 'checks.started', suites: suites.map(({ name, checks }) => ({ name, checks: checks.length })) })
  const { checks, aborted } = await runInTurn(suites, { ...given, emit }, keeper)
  const restored = await keeper.restore(stopNow).then(
    () => undefined,
    (error: unknown): Aborted => ({ error }),
  )
  const summary = summaryOf(checks)
  const ms = clock.now() - since
  emit({ code: 'checks.finished', ms, summary })
  const end = restored ?? aborted
  return { checks, summary, warnings, ms, ...(end ? { aborted: end } : {}) }
}

async function runInTurn(
  suites: readonly Suite[],
  context: RunContext,
  keeper: StateKeeper,
): Promise<{ readonly checks: readonly CheckResult[]; readonly aborted?: Aborted }> {
  const { clock, emit } = context
  const finished: CheckResult[] = []
  for (const suite of suites) {
    const { name, title, checks } = suite
    const since = clock.now()
    emit({ code: 'suite.started', suite: name, title, checks })
    try {
      const results = await runSuite(suite, context, keeper)
      finished.push(...results)
      for (const result of results) emit({ code: 'check.finished', id: result.id, result })
      emit({ code: 'suite.finished', suite: name, ms: clock.now() - since, summary: summaryOf(results) })
    } catch (error) {
      return { checks: finished, aborted: { suite: name, error } }
    }
  }
  return { checks: finished }
}
