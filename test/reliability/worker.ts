import { SUITES } from './suites/index.ts'
import type { Job, Undisturbed } from './support/job.ts'
import { told } from './support/world.ts'

/** What the process that deals out the jobs sends, and what it gets back. */
export type Task = { readonly undisturbed: Undisturbed } | { readonly job: Job }
export interface Done {
  readonly counts: Readonly<Record<string, number>>
  readonly error?: string
  readonly ms: number
}

/** Milliseconds; the longest take a minute on a busy machine. */
const LIMIT = 180_000

let undisturbed: Undisturbed | undefined

process.on('message', async (task: Task) => {
  if ('undisturbed' in task) {
    undisturbed = task.undisturbed
    return
  }
  const since = Date.now()
  const done = await attempt(task.job)
  process.send?.({ ...done, ms: Date.now() - since } satisfies Done)
})
process.on('disconnect', () => process.exit(0))

async function attempt(job: Job): Promise<Pick<Done, 'counts' | 'error'>> {
  const suite = SUITES[job.suite]
  if (suite === undefined || undisturbed === undefined) return { counts: {}, error: `no suite ${job.suite}` }
  const limit = Promise.withResolvers<never>()
  const timer = setTimeout(() => limit.reject(new Error(`not done after ${LIMIT / 1000} s`)), LIMIT)
  try {
    return { counts: await Promise.race([suite.run(job, undisturbed), limit.promise]) }
  } catch (error) {
    return { counts: {}, error: told(error) }
  } finally {
    clearTimeout(timer)
  }
}
