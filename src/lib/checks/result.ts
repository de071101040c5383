import type { Expected, Layer, Verdict } from './check.ts'
import type { Witness } from './evidence.ts'
import type { DenialProof } from './proof.ts'

export interface Evidence {
  /** One sentence on how the verdict, or the failure, came about. */
  readonly why: string
  /** Where a call that did not get through, or not as it should, came to its end. */
  readonly layer?: Layer
  /** The task or pod in which curl ran. */
  readonly at?: string
  readonly curl?: { readonly exitCode: number; readonly status?: number }
  /** Milliseconds from when the state stood until the verdict came that then held. */
  readonly propagationMs?: number
  readonly proof?: DenialProof
  /** The AuthorizationPolicies that may have refused it, with their rules in words; of a denial that was not expected. */
  readonly policies?: readonly string[]
  readonly witness?: Witness
}

/** One check as it is reported; its form is a contract. */
export interface CheckResult {
  readonly id: string
  readonly suite: string
  readonly from: string
  readonly to: string
  readonly request: string
  /** Null where nothing was expected, as in a list. */
  readonly expected: Expected | null
  readonly verdict: Verdict
  readonly pass: boolean
  readonly attempts: number
  /** From the first try to the last. */
  readonly ms: number
  readonly evidence: Evidence
  /** What curl printed; of lists only. */
  readonly output?: string
}

export interface Summary {
  readonly passed: number
  readonly failed: number
  readonly total: number
}

export interface ChecksRun {
  readonly checks: readonly CheckResult[]
  readonly summary: Summary
  readonly warnings: readonly string[]
  readonly ms: number
  /** Why the run ended early, or what could not be put back; the checks are those that were finished. */
  readonly aborted?: Aborted
}

export interface Aborted {
  /** The suite whose state could not be brought about, or that was interrupted. */
  readonly suite?: string
  readonly error: unknown
}

export function summaryOf(checks: readonly CheckResult[]): Summary {
  const passed = checks.filter(({ pass }) => pass).length
  return { passed, failed: checks.length - passed, total: checks.length }
}
