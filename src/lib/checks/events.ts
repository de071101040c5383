import type { Check } from './check.ts'
import type { CheckResult, Summary } from './result.ts'

/** before: without the suite's policies · with: in the suite's own state · after: without them again */
export type Phase = 'before' | 'with' | 'after'

/** What a run of checks has to say. Codes are stable and only added to. Times are milliseconds. */
export type CheckEvent =
  | { readonly code: 'checks.started'; readonly suites: readonly { readonly name: string; readonly checks: number }[] }
  | {
      readonly code: 'suite.started'
      readonly suite: string
      readonly title: string
      readonly checks: readonly Check[]
    }
  | { readonly code: 'phase.started'; readonly suite: string; readonly phase: Phase; readonly checks: number }
  | { readonly code: 'check.started'; readonly id: string; readonly check: Check }
  | { readonly code: 'check.finished'; readonly id: string; readonly result: CheckResult }
  | { readonly code: 'suite.finished'; readonly suite: string; readonly ms: number; readonly summary: Summary }
  | { readonly code: 'policy.applied' | 'policy.removed'; readonly policy: string; readonly ms: number }
  | { readonly code: 'waypoint.applied' | 'waypoint.removed'; readonly ms: number }
  /** What was found is being put back; `remaining` still differs from it. */
  | { readonly code: 'state.restoring'; readonly remaining: readonly string[] }
  | { readonly code: 'state.restored' }
  | { readonly code: 'waiting'; readonly what: string; readonly ms: number; readonly last?: string }
  | { readonly code: 'warning'; readonly message: string }
  | { readonly code: 'checks.finished'; readonly ms: number; readonly summary: Summary }

export type CheckListener = (event: CheckEvent) => void
