import type { Clock } from '../engine/clock.ts'
import { isFailure } from '../engine/failure.ts'
import {
  type AnyCheck,
  type Area,
  failed,
  type Judgement,
  Needs,
  notApplicable,
  pageOf,
  type State,
  warning,
} from './check.ts'
import { doctorCodeFor } from './codes.ts'
import type { Facts } from './facts/index.ts'

export interface CheckResult {
  readonly code: string
  readonly title: string
  readonly area: Area
  readonly state: State
  readonly why: string
  readonly fix?: string
  readonly page: string
  readonly ms: number
}

export interface Summary {
  readonly ok: number
  readonly warnings: number
  readonly failed: number
  readonly notApplicable: number
}

export interface RunOptions {
  readonly clock: Clock
  /** Milliseconds for each check. */
  readonly limit?: number
  readonly signal?: AbortSignal
}

/** Milliseconds: long enough for a slow API and a child process, short enough for a person. */
export const CHECK_LIMIT = 15_000

/** Runs all checks side by side. None hides another: whatever becomes of one is its own result. */
export function runChecks(checks: readonly AnyCheck[], facts: Facts, options: RunOptions): Promise<CheckResult[]> {
  return Promise.all(checks.map(check => runCheck(check, facts, options)))
}

async function runCheck(check: AnyCheck, facts: Facts, options: RunOptions): Promise<CheckResult> {
  const { clock } = options
  const since = clock.now()
  const { code, title, area } = check
  const judgement = await judged(check, facts, options)
  return { code, title, area, ...judgement, page: pageOf(check), ms: clock.now() - since }
}

async function judged(
  check: AnyCheck,
  facts: Facts,
  { clock, limit = CHECK_LIMIT, signal }: RunOptions,
): Promise<Judgement> {
  const finished = new AbortController()
  const stop = signal ? AbortSignal.any([finished.signal, signal]) : finished.signal
  const late = clock.sleep(limit, stop).then(
    () => warning(`no answer within ${Math.round(limit / 1000)} s`),
    () => warning('interrupted'),
  )
  try {
    return await Promise.race([check.read(facts).then(seen => check.judge(seen)), late])
  } catch (error) {
    return withoutAnswer(check, error)
  } finally {
    finished.abort()
  }
}

/** What a read means that ended with an error. What is at the bottom of it has a check of its own. */
function withoutAnswer(check: AnyCheck, error: unknown): Judgement {
  if (error instanceof Needs) return notApplicable(`needs ${error.message}: see ${error.code}`)
  if (!isFailure(error)) {
    const message = error instanceof Error ? error.message : String(error)
    return failed(`unexpected: ${message}`, 'This is a bug of ecs-ambient: please report it.')
  }
  const root = doctorCodeFor(error.code)
  if (root !== undefined && root !== check.code && ROOTS.has(root)) {
    return notApplicable(`${error.message} See ${root}`)
  }
  return warning(
    `could not be looked at: ${[error.message, error.why[0]].filter(Boolean).join(' ')}`,
    error.suggestions[0],
  )
}

/** Credentials, and the entry into the Kubernetes API: without them whole areas have nothing to say. */
const ROOTS: ReadonlySet<string> = new Set(['EA1051', 'EA1204'])

export function summaryOf(results: readonly CheckResult[]): Summary {
  const count = (state: State) => results.filter(result => result.state === state).length
  return {
    ok: count('ok'),
    warnings: count('warning'),
    failed: count('failed'),
    notApplicable: count('not-applicable'),
  }
}
