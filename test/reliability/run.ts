import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { markdown, type Outcome, summary } from './report.ts'
import { SUITES } from './suites/index.ts'
import type { Job, Undisturbed } from './support/job.ts'
import { runUndisturbed } from './support/undisturbed.ts'
import { told } from './support/world.ts'
import type { Done, Task } from './worker.ts'

/**
 * Tries every kill point, fault and mischief on sandboxes, on all cores, and says how many: `N passed, N failed`.
 *
 *   --suite NAME   only this suite, any number of times
 *   --only TEXT    only jobs whose name contains it
 *   --report FILE  write what was tried, as Markdown
 *   --verbose      say of every job how long it took
 *   --slice I/N    only each Nth job, from the Ith on: a quick look, or one machine of many
 */
const { values } = parseArgs({
  options: {
    suite: { type: 'string', multiple: true },
    only: { type: 'string' },
    slice: { type: 'string' },
    verbose: { type: 'boolean' },
    report: { type: 'string' },
  },
})

/** Runs wait more than they work: a few more than there are cores keep these busy. */
const LANES = Number(process.env.RELIABILITY_LANES) || availableParallelism() + 2

const undisturbed = await runUndisturbed().catch(error => {
  process.stdout.write(`✘ a run that nothing disturbs\n    ${told(error)}\n0 passed, 1 failed\n`)
  process.exit(1)
})
const jobs = chosen(undisturbed)
const outcomes: Outcome[] = []
const since = Date.now()
await Promise.all(Array.from({ length: Math.min(LANES, jobs.length) }, lane))
report()

function chosen(undisturbed: Undisturbed): Job[] {
  const names = values.suite ?? Object.keys(SUITES)
  const all = names.flatMap(name => SUITES[name]?.jobs(undisturbed) ?? [])
  const [first = 1, step = 1] = (values.slice ?? '1/1').split('/').map(Number)
  return all
    .filter(({ name }) => name.includes(values.only ?? ''))
    .filter((_, index) => index % step === first - 1)
    .sort((a, b) => b.seconds - a.seconds)
}

async function lane(): Promise<void> {
  let worker = newWorker()
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    worker.send({ job } satisfies Task)
    const done = await answerFrom(worker)
    const died = Array.isArray(done)
    const outcome: Outcome = { job, ...(died ? { counts: {}, error: `the process died: ${done}`, ms: 0 } : done) }
    outcomes.push(outcome)
    if (values.verbose) process.stdout.write(`${outcome.ms} ms  ${job.suite}: ${job.name}\n`)
    if (outcome.error !== undefined) {
      process.stdout.write(`✘ ${job.suite}: ${job.name}\n    ${outcome.error.replaceAll('\n', '\n    ')}\n`)
      // What a failed job has left running must not disturb the next.
      worker.kill('SIGKILL')
      worker = newWorker()
    }
  }
  worker.kill('SIGKILL')
}

/** What a worker has done, or the code and the signal that it died with. */
async function answerFrom(worker: ChildProcess): Promise<Done | unknown[]> {
  const over = new AbortController()
  const { signal } = over
  try {
    return await Promise.race([
      once(worker, 'message', { signal }).then(([done]) => done as Done),
      once(worker, 'exit', { signal }),
    ])
  } finally {
    over.abort()
  }
}

function newWorker(): ChildProcess {
  const worker = fork(new URL('./worker.ts', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  worker.send({ undisturbed } satisfies Task)
  return worker
}

function report(): void {
  for (const { suite, counts, jobs, failed } of summary(outcomes)) {
    const numbers = Object.entries(counts).map(([what, count]) => `${count} ${what}`)
    process.stdout.write(`${failed > 0 ? '✘' : '✔'} ${suite}: ${[...numbers, `${jobs} jobs`].join(', ')}\n`)
  }
  const seconds = (Date.now() - since) / 1000
  if (values.report !== undefined) writeFileSync(values.report, markdown(outcomes, seconds))
  const failed = outcomes.filter(({ error }) => error !== undefined).length
  process.stdout.write(`took ${Math.round(seconds)} s in ${LANES} lanes\n`)
  process.stdout.write(`${outcomes.length - failed} passed, ${failed} failed\n`)
  process.exit(failed > 0 ? 1 : 0)
}
