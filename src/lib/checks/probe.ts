import type { Place } from './places.ts'

/** What one run of curl came to, wherever it ran. */
export type ProbeOutput =
  | {
      readonly kind: 'ran'
      /** The task or pod in which it ran. */
      readonly at: string
      readonly exitCode: number
      readonly stdout: string
      readonly stderr: string
    }
  /** curl did not run, so this says nothing of the mesh. */
  | { readonly kind: 'broken'; readonly layer: 'task' | 'agent' | 'channel' | 'pod'; readonly why: string }

/** Runs curl where a source is. */
export interface Prober {
  /**
   * Runs one curl for each list of arguments, and answers in the same order. Never rejects because of what is wrong at
   * the source: that is a `broken` output. Rejects only when `signal` is aborted.
   */
  probe(source: Place, requests: readonly (readonly string[])[], signal: AbortSignal): Promise<readonly ProbeOutput[]>
}
