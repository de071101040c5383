import type { Inventory } from './inventory.ts'

/** One call of a run that nothing disturbs. */
export interface KnownCall {
  readonly key: string
  readonly plane: 'aws' | 'kubernetes' | 'tool'
  readonly writes: boolean
}

/** What runs are compared with: one of each command that nothing disturbs. */
export interface Undisturbed {
  readonly up: readonly KnownCall[]
  readonly cleanup: readonly KnownCall[]
  /** What stands before the one and after the other, and between them. */
  readonly empty: Inventory
  readonly standing: Inventory
}

/** One thing to try; what it is about goes to the process that tries it as JSON. */
export interface Job {
  readonly suite: string
  readonly name: string
  /** About how many seconds it takes: long ones begin first. */
  readonly seconds: number
  /** The kind of fault that it tries, where it tries one. */
  readonly kind?: string
  readonly about: unknown
}

/** What a job has counted. */
export type Counts = Readonly<Record<string, number>>

export interface Suite {
  jobs(undisturbed: Undisturbed): readonly Job[]
  /** @throws Error with what went wrong */
  run(job: Job, undisturbed: Undisturbed): Promise<Counts>
}
