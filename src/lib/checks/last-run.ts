import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { EXPECTABLE, type Expected, type Suite } from './check.ts'
import { EVIDENCE_MODES, type EvidenceMode } from './context.ts'
import type { CheckResult } from './result.ts'
import { writeWhole } from './write-whole.ts'

/** By suite, as it is found again, the ids of those of its checks that failed. */
export type Failed = ReadonlyMap<string, readonly string[]>

/** What of a run's options decides its verdicts: a run that repeats it needs the same. */
export interface Decisive {
  readonly asIs: boolean
  readonly expect?: Expected
  readonly evidence?: EvidenceMode
}

export interface LastRun extends Decisive {
  readonly failed: Failed
}

const form = z.object({
  failed: z.record(z.string(), z.array(z.string())),
  asIs: z.boolean().default(false),
  expect: z.exactOptional(z.enum(EXPECTABLE)),
  evidence: z.exactOptional(z.enum(EVIDENCE_MODES)),
})

/** Where the last run's failures are kept: a hint for `--failed`, on which nothing else depends. */
export const lastRunFile = (dataDirectory: string, region: string, clusterName: string): string =>
  join(dataDirectory, 'last-run', `${region}.${clusterName}.json`)

/** What failed last, and with which options; undefined where nothing is known of a last run. */
export async function lastRun(file: string): Promise<LastRun | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    const { failed, ...decisive } = form.parse(JSON.parse(text))
    return { ...decisive, failed: new Map(Object.entries(failed)) }
  } catch {
    return undefined
  }
}

/** The options of a run that repeats the last one: what is not said anew is as it was then. */
export const repeating = <T extends Partial<Decisive>>(now: T, last: LastRun): T & Decisive => {
  const expect = now.expect ?? last.expect
  const evidence = now.evidence ?? last.evidence
  return {
    ...now,
    asIs: now.asIs === true || last.asIs,
    ...(expect === undefined ? {} : { expect }),
    ...(evidence === undefined ? {} : { evidence }),
  }
}

/**
 * Keeps what failed in this run and how it was run, in place of the run before it. Of a run that `repeats` the last one,
 * the checks that were not come to stay; a run in which nothing was finished changes nothing.
 */
export async function rememberRun(
  file: string,
  suites: readonly Suite[],
  results: readonly CheckResult[],
  { asIs, expect, evidence }: Decisive,
  repeats?: LastRun,
): Promise<void> {
  if (results.length === 0) return
  const failed = new Map<string, readonly string[]>(
    suites.map(({ name, ref }) => [
      ref,
      results.filter(({ suite, pass }) => suite === name && !pass).map(({ id }) => id),
    ]),
  )
  const ran = new Set(results.map(({ id }) => id))
  for (const [ref, ids] of repeats?.failed ?? []) {
    failed.set(ref, [...ids.filter(id => !ran.has(id)), ...(failed.get(ref) ?? [])])
  }
  const record = {
    failed: Object.fromEntries([...failed].filter(([, ids]) => ids.length > 0)),
    ...{ asIs, expect, evidence },
  }
  await writeWhole(file, `${JSON.stringify(record, null, 2)}\n`)
}
