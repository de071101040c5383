import { z } from 'zod'
import { closest } from '../config/closest.ts'
import { EXPECTABLE, VERDICTS } from './check.ts'
import type { YamlSource } from './yaml-source.ts'

/** The form of a suite file; docs/suite.schema.json is made from it. */

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'made of letters, digits, dots, hyphens and underscores')

const request = z
  .strictObject({
    method: z.enum(METHODS).default('GET').describe('HTTP method'),
    path: z.string().startsWith('/', 'a path begins with /').default('/').describe('Path and query'),
    args: z.array(z.string()).default([]).describe('Further arguments of curl'),
  })
  .describe('What is asked of the target')

const check = z.strictObject({
  id: word.describe('Unique in the suite'),
  from: z.string().describe('Where curl runs: eks/shell, ecs/shell, or a place of this file'),
  to: z.string().describe('What it calls: eks/echo, ecs/echo, internet, or a place of this file'),
  request: request.prefault({}),
  expect: z.enum(EXPECTABLE).describe('The verdict that makes the check pass'),
})

const pod = z.strictObject({ namespace: z.string(), selector: z.string(), container: z.string() })
const service = z.strictObject({ cluster: z.string(), name: z.string(), container: z.string() })
const identity = z.strictObject({ namespace: z.string(), serviceAccount: z.string() })

const place = z
  .strictObject({
    pod: pod.optional().describe('A running pod with these labels'),
    service: service.optional().describe('A running task of this ECS service'),
    host: z.string().min(1).optional().describe('The name under which it is called'),
    port: z.int().min(1).max(65_535).default(80),
    identity: identity.optional().describe('Who it is in the mesh; left out for what is outside'),
  })
  .refine(written => !(written.pod && written.service), 'a place is a pod or a service, not both')
  .refine(written => written.pod ?? written.service ?? written.host, 'a place needs a pod, a service or a host')

const state = z.strictObject({
  policies: z.array(z.string().min(1)).default([]).describe('Policies by name or file, and no others of ours'),
  waypoint: z.boolean().default(false).describe('Whether the ECS namespace goes through its waypoint'),
})

export const suiteSchema = z.strictObject({
  name: word.describe('Under this name results are shown'),
  title: z.string().optional().describe('What the suite shows, in one line'),
  state: state.optional().describe('What must stand while it runs; without it, what stands is tested'),
  places: z.record(z.string(), place).default({}).describe('Sources and targets of your own'),
  checks: z.array(check).min(1, 'a suite has at least one check'),
})

export type WrittenSuite = z.output<typeof suiteSchema>

/** The suite, or what is wrong with it, a line each. */
export function readForm(
  source: YamlSource,
): { readonly suite: WrittenSuite } | { readonly problems: readonly string[] } {
  if (source.problem !== undefined) return { problems: [source.problem] }
  const parsed = suiteSchema.safeParse(source.value ?? {})
  if (parsed.success) return { suite: parsed.data }
  return {
    problems: parsed.error.issues.map(issue => source.locate(issue.path, inWords(issue, source.at(issue.path)))),
  }
}

/** zod's issue in our words, with what was probably meant. */
function inWords(issue: z.core.$ZodIssue, written: unknown): string {
  if (written === undefined) return 'is missing'
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => `unknown key "${key}"${didYouMean(key, keysAt(issue.path))}`).join('; ')
  }
  if (issue.code === 'invalid_value' && typeof written === 'string') {
    const allowed = issue.values.map(String)
    const problem = (VERDICTS as readonly string[]).includes(written) ? "can't be expected" : 'is none of the values'
    return `"${written}" ${problem}: ${allowed.join(', ')}${didYouMean(written, allowed)}`
  }
  return issue.message
}

const KEYS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({ checks: check, request, state, places: place, pod, service, identity }).map(([key, schema]) => [
    key,
    Object.keys(schema.shape),
  ]),
)

/** Which keys are allowed at a path. */
const keysAt = (path: readonly PropertyKey[]): readonly string[] =>
  KEYS[String(path.findLast(segment => String(segment) in KEYS))] ?? Object.keys(suiteSchema.shape)

export function didYouMean(written: string, known: readonly string[]): string {
  const near = closest(written, known)
  return near === undefined || near === written ? '' : `; did you mean "${near}"?`
}

/** The JSON Schema of a suite file, as its author writes it: what has a default may be left out. */
export const suiteJsonSchema = (): object => ({
  title: 'Suite of connectivity checks of ecs-ambient',
  ...z.toJSONSchema(suiteSchema, { io: 'input' }),
})
