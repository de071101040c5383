import type { Settings } from '../config/settings.ts'
import type { Clock } from '../engine/clock.ts'
import { Exit, Failure } from '../engine/failure.ts'
import { waitFor } from '../engine/wait.ts'
import { allChecks } from './checks/index.ts'
import { newFacts } from './facts/index.ts'
import type { Sources } from './facts/sources.ts'
import { CHECK_LIMIT, type CheckResult, runChecks, type Summary, summaryOf } from './run.ts'
import { type Choice, select } from './select.ts'

export { allChecks } from './checks/index.ts'
export { doctorCodeFor } from './codes.ts'
export { thisMachine } from './machine.ts'
export type { CheckResult, Summary } from './run.ts'

export interface DoctorOptions extends Choice {
  /** Try again until nothing fails. */
  readonly wait: boolean
  /** Milliseconds for each check; `checkLimit` where nothing is said. */
  readonly limit?: number
}

/** `--timeout` bounds each thing that is waited for: with --wait all checks together, else each. */
export const checkLimit = ({ wait, limit }: DoctorOptions, { timeout }: Pick<Settings, 'timeout'>): number =>
  limit ?? (wait ? CHECK_LIMIT : Math.min(CHECK_LIMIT, timeout ?? CHECK_LIMIT))

export interface DoctorDeps extends Omit<Sources, 'now'> {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told before each further try. */
  waiting?(failing: readonly CheckResult[], ms: number): void
}

export interface Examination {
  readonly checks: readonly CheckResult[]
  readonly summary: Summary
}

/** Milliseconds for which `wait` tries. */
const WAIT_LIMIT = 10 * 60_000

/** @throws Failure `NO_SUCH_CHECK` (exit 2), `INTERRUPTED` (exit 130) */
export async function examine(options: DoctorOptions, deps: DoctorDeps): Promise<Examination> {
  const checks = select(allChecks, options)
  const { clock, signal } = deps
  const run = { clock, signal, limit: checkLimit(options, deps.settings) }
  const look = async (): Promise<Examination> => {
    const results = await runChecks(checks, newFacts({ ...deps, now: () => clock.now() }), run)
    return { checks: results, summary: summaryOf(results) }
  }
  if (!options.wait) return look()
  let latest: Examination | undefined
  try {
    return await waitFor<Examination>(
      {
        what: 'every check to pass',
        limit: deps.settings.timeout ?? WAIT_LIMIT,
        first: 1_000,
        look: async () => {
          latest = await look()
          return latest.summary.failed === 0
            ? { done: latest }
            : {
                last: failing(latest)
                  .map(({ code }) => code)
                  .join(', '),
              }
        },
      },
      { clock, signal, waiting: (_what, ms) => latest && deps.waiting?.(failing(latest), ms) },
    )
  } catch (error) {
    // What fails is the answer, not that it was waited for.
    if (error instanceof Failure && error.code === 'TIMED_OUT' && latest) return latest
    throw error
  }
}

const failing = ({ checks }: Examination): readonly CheckResult[] => checks.filter(({ state }) => state === 'failed')

/** What failed checks come to, with exit code 3; undefined where none failed. */
export function failureOf(examination: Examination): Failure | undefined {
  const bad = failing(examination)
  if (bad.length === 0) return undefined
  const fixes = [...new Set(bad.flatMap(({ fix }) => fix ?? []))]
  return new Failure({
    code: 'DOCTOR_FAILED',
    exit: Exit.missing,
    message: `${bad.length} of ${examination.checks.length} checks failed.`,
    why: bad.map(({ code, title, why }) => `${code} ${title}: ${why}`),
    suggestions: fixes,
  })
}
