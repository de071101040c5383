import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { EXPECTABLE, LAYERS, type Suite, VERDICTS } from './check.ts'
import { curlCommand } from './curl-line.ts'
import type { Places } from './places.ts'
import type { ChecksRun } from './result.ts'
import { writeWhole } from './write-whole.ts'

const text = z.string()
const maybe = z.exactOptional

const proof = z.union([
  z.object({ kind: z.literal('before-and-after'), before: text, after: text, target: text }),
  z.object({ kind: z.literal('log'), policy: maybe(text), line: text }),
])

const witness = z.union([
  z.object({ kind: z.literal('hbone'), source: text, destination: text, line: text }),
  z.object({ kind: z.literal('plain-text'), line: text }),
  z.object({ kind: z.literal('other-identity'), why: text, line: text }),
  z.object({ kind: z.literal('unseen') }),
  z.object({ kind: z.literal('unread'), why: text }),
])

const check = z.object({
  id: text,
  suite: text,
  from: text,
  to: text,
  request: text,
  expected: z.enum(EXPECTABLE).nullable(),
  verdict: z.enum(VERDICTS),
  pass: z.boolean(),
  attempts: z.number(),
  ms: z.number(),
  evidence: z.object({
    why: text,
    layer: maybe(z.enum(LAYERS)),
    at: maybe(text),
    curl: maybe(z.object({ exitCode: z.number(), status: maybe(z.number()) })),
    propagationMs: maybe(z.number()),
    proof: maybe(proof),
    policies: maybe(z.array(text)),
    witness: maybe(witness),
  }),
})

const workload = z.union([
  z.object({ kind: z.literal('pod'), namespace: text, selector: text, container: text }),
  z.object({ kind: z.literal('task'), cluster: text, service: text, container: text }),
])

const form = z.object({
  /** ISO time of its end. */
  at: text,
  ms: z.number(),
  /** Why it ended early. */
  aborted: maybe(text),
  suites: z.array(
    z.object({
      name: text,
      title: text,
      /** What stood while it ran; absent: whatever stood before. */
      state: maybe(z.object({ policies: z.array(text), waypoint: z.boolean() })),
    }),
  ),
  /** What stands behind the names that the checks use; one without a workload is outside the mesh. */
  places: z.array(z.object({ name: text, host: maybe(text), workload: maybe(workload) })),
  checks: z.array(check),
})

/** The last run of checks, as it is kept for the report: the verdicts with their evidence, without what curl printed. */
export type RunRecord = z.infer<typeof form>

export const runRecordFile = (dataDirectory: string, region: string, clusterName: string): string =>
  join(dataDirectory, 'last-run', `${region}.${clusterName}.run.json`)

/** The last run; undefined where none was kept, or none that can be understood. */
export async function lastRun(file: string): Promise<RunRecord | undefined> {
  const written = await readFile(file, 'utf8').catch(() => undefined)
  if (written === undefined) return undefined
  try {
    return form.parse(JSON.parse(written))
  } catch {
    return undefined
  }
}

export async function keepRun(file: string, record: RunRecord): Promise<void> {
  await writeWhole(file, `${JSON.stringify(record, null, 2)}\n`)
}

/** Pure. `at`: milliseconds since the epoch. */
export function recordOf(
  { checks, ms, aborted }: Pick<ChecksRun, 'checks' | 'ms' | 'aborted'>,
  suites: readonly Suite[],
  places: Places,
  at: number,
): RunRecord {
  const requests = new Map(suites.flatMap(({ checks }) => checks.map(({ id, args }) => [id, requestOf(args)] as const)))
  const ends = new Set(checks.flatMap(({ from, to }) => [from, to]))
  return {
    at: new Date(at).toISOString(),
    ms,
    ...(aborted ? { aborted: aborted.error instanceof Error ? aborted.error.message : String(aborted.error) } : {}),
    suites: suites
      .filter(({ name }) => checks.some(({ suite }) => suite === name))
      .map(({ name, title, state }) => ({
        name,
        title,
        ...(state ? { state: { policies: [...state.policies], waypoint: state.waypoint } } : {}),
      })),
    places: [...ends].map(name => {
      const { workload, address } = places.get(name) ?? {}
      return {
        name,
        ...(workload ? { workload } : {}),
        ...(address ? { host: `${address.host}:${address.port}` } : {}),
      }
    }),
    checks: checks.map(({ output: _, ...result }) => ({
      ...result,
      request: requests.get(result.id) ?? result.request,
      evidence: {
        ...result.evidence,
        ...(result.evidence.policies ? { policies: [...result.evidence.policies] } : {}),
      },
    })) as RunRecord['checks'],
  }
}

/** Options of curl whose values let somebody in. */
const SECRET_OPTIONS: ReadonlySet<string> = new Set([
  ...['-H', '--header', '--proxy-header', '-b', '--cookie', '-u', '--user', '-U', '--proxy-user'],
  ...['--oauth2-bearer', '--aws-sigv4', '-d', '--data', '--data-raw', '--data-binary', '--data-urlencode', '--json'],
])
const HIDDEN = '…'

/** The request as it is kept: what may be a secret of its author is left out. */
const requestOf = (args: readonly string[]): string =>
  curlCommand(
    args.map((arg, index) => {
      if (SECRET_OPTIONS.has(args[index - 1] ?? '')) return HIDDEN
      const glued = /^-[HbuUd](?=.)/.exec(arg)
      return glued ? `${glued[0]}${HIDDEN}` : arg.replace(/^(\w+:\/\/)?[^/@\s]*:[^/@\s]*@/, `$1${HIDDEN}@`)
    }),
  )
