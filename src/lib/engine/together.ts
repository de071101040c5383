import { isFailure } from './failure.ts'

/** What all come to, once all have settled. One failure must not hide the next: the first is thrown and names the others. */
export async function together<T>(work: Iterable<Promise<T>>): Promise<T[]> {
  const outcomes = await Promise.allSettled(work)
  const errors = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
  const [first, ...others] = errors
  if (first === undefined) return outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  if (others.length === 0 || !isFailure(first)) throw first
  const messages = others.map(error => (error instanceof Error ? error.message : String(error)))
  throw first.with({ why: [...new Set(messages)].filter(message => message !== first.message) })
}
