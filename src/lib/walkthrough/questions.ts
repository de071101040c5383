import type { Key } from '../config/schema.ts'

export interface ValueChoice {
  readonly value: string
  /** What is shown, where that is more than the value. */
  readonly name?: string
}

/** A value of the configuration that is asked for, as data: a terminal or a test answers it. */
export interface ValueQuestion {
  readonly code: 'value'
  readonly key: Key
  readonly message: string
  readonly initial?: string
  /** What there is to choose from; another value can be typed all the same. */
  readonly choices?: readonly ValueChoice[]
  readonly secret?: boolean
  /** What is wrong with a value, or undefined. */
  problem?(value: string): string | undefined
}

export type AskValue = (question: ValueQuestion) => Promise<string>
