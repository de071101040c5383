import type { Change, Facts, Plan } from './plan.ts'

export type StepStatus = 'changed' | 'unchanged' | 'skipped' | 'pending' | 'failed'

/**
 * What the engine has to say. Codes are stable and only added to: listeners depend on code and data, never on text.
 * Times are milliseconds.
 */
export type EngineEvent =
  | { readonly code: 'run.started'; readonly direction: 'up' | 'down' | 'plan'; readonly steps: readonly StepName[] }
  | { readonly code: 'run.finished'; readonly ms: number }
  | { readonly code: 'step.started'; readonly step: string; readonly title: string }
  | { readonly code: 'step.planned'; readonly step: string; readonly plan: Plan }
  | {
      readonly code: 'step.finished'
      readonly step: string
      readonly status: StepStatus
      readonly ms: number
      readonly facts: Facts
      readonly reason?: string
      readonly error?: unknown
    }
  | { readonly code: 'change.started'; readonly step: string; readonly change: Change }
  | {
      readonly code: 'change.applied'
      readonly step: string
      readonly change: Change
      readonly id?: string
      readonly ms: number
    }
  | { readonly code: 'change.failed'; readonly step: string; readonly change: Change; readonly error: unknown }
  | {
      readonly code: 'waiting'
      readonly step: string
      readonly what: string
      /** How long it has been waited so far. */
      readonly ms: number
      /** How long it usually takes. */
      readonly usual?: number
      /** The last thing heard of the thing itself. */
      readonly last?: string
    }
  | { readonly code: 'waited'; readonly step: string; readonly what: string; readonly ms: number }
  | { readonly code: 'output'; readonly step: string; readonly source: string; readonly line: string }
  | { readonly code: 'warning'; readonly step?: string; readonly message: string }

export interface StepName {
  readonly id: string
  readonly title: string
}

export interface Question {
  readonly code: 'step.proceed' | 'removal.confirm'
  readonly step?: string
  readonly message: string
  readonly plans: readonly { readonly step: string; readonly plan: Plan }[]
}

/** go: do it · skip: leave this step out · stop: do nothing more */
export type Answer = 'go' | 'skip' | 'stop'

/** Whoever listens: a terminal, a log, a test. The engine itself never prints and never prompts. */
export interface Host {
  emit(event: EngineEvent): void
  ask(question: Question): Promise<Answer>
}
