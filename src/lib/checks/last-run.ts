import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Suite } from './check.ts'
import type { CheckResult } from './result.ts'
import { writeWhole } from './write-whole.ts'

/** By suite, as it is found again, the ids of those of its checks that failed last. */
export type Failed = ReadonlyMap<string, readonly string[]>

const form = z.object({ failed: z.record(z.string(), z.array(z.string())) })

/** Where the last run's failures are kept: a hint for `--failed`, on which nothing else depends. */
export const lastRunFile = (dataDirectory: string, region: string, clusterName: string): string =>
  join(dataDirectory, 'last-run', `${region}.${clusterName}.json`)

/** What failed last; undefined where nothing is known of a last run. */
export async function lastFailed(file: string): Promise<Failed | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return new Map(Object.entries(form.parse(JSON.parse(text)).failed))
  } catch {
    return undefined
  }
}

/** Keeps what failed now; checks that were not run this time keep what they came to last. */
export async function rememberFailed(
  file: string,
  suites: readonly Suite[],
  results: readonly CheckResult[],
): Promise<void> {
  const failed = new Map(await lastFailed(file))
  const passed = new Set(results.filter(({ pass }) => pass).map(({ id }) => id))
  for (const { name, ref } of suites) {
    const now = results.filter(({ suite, pass }) => suite === name && !pass).map(({ id }) => id)
    const still = (failed.get(ref) ?? []).filter(id => !passed.has(id))
    const ids = [...new Set([...still, ...now])]
    if (ids.length > 0) failed.set(ref, ids)
    else failed.delete(ref)
  }
  await writeWhole(file, `${JSON.stringify({ failed: Object.fromEntries(failed) }, null, 2)}\n`)
}
