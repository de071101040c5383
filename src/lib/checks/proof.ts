/** What shows that a reset connection was refused by policy, and by nothing else. */
export type DenialProof =
  | {
      readonly kind: 'before-and-after'
      /** ISO times at which the same call was allowed. */
      readonly before: string
      readonly after: string
      /** The tasks or pods, endpoints included, that stood behind the name all the while. */
      readonly target: string
    }
  | {
      readonly kind: 'log'
      /** `namespace/name`; undefined where ALLOW policies exist and none allowed it. */
      readonly policy?: string
      readonly line: string
    }

/** One look at a cell without its policy. */
export interface Look {
  readonly allowed: boolean
  /** What came instead. */
  readonly why: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

export interface Sandwich {
  readonly before: Look | undefined
  readonly after: Look | undefined
  /** Fingerprints of the target, taken before the first look and after the last. */
  readonly targetBefore: string | undefined
  readonly targetAfter: string | undefined
}

/** Pure: the proof, or why there is none. */
export function proofOf({
  before,
  after,
  targetBefore,
  targetAfter,
}: Sandwich): DenialProof | { readonly missing: string } {
  if (!before) return { missing: 'it was not tried without the policy' }
  if (!before.allowed) return { missing: `it was not allowed before the policy either: ${before.why}` }
  if (!after) return { missing: 'it was not tried again without the policy' }
  if (!after.allowed) return { missing: `it was not allowed again after the policy: ${after.why}` }
  if (targetBefore === undefined || targetAfter === undefined) return { missing: 'the target could not be identified' }
  if (targetBefore !== targetAfter) {
    return { missing: `the target was replaced meanwhile: ${targetBefore}, then ${targetAfter}` }
  }
  return { kind: 'before-and-after', before: iso(before.at), after: iso(after.at), target: targetAfter }
}

const iso = (ms: number): string => new Date(ms).toISOString()
