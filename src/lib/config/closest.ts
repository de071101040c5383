import { distance } from 'fastest-levenshtein'

/** The one of `known` that was most likely meant, or undefined when none is near. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const near = known.map(candidate => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
  const best = near.reduce((a, b) => (b.edits < a.edits ? b : a), { candidate: '', edits: Number.POSITIVE_INFINITY })
  return best.edits <= Math.max(2, word.length / 3) ? best.candidate : undefined
}
