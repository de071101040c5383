import { meshProfile } from '../config/mesh-profile.ts'
import { type Key, schema } from '../config/schema.ts'
import type { Settings } from '../config/settings.ts'
import { isFailure } from '../engine/failure.ts'
import type { ReadClients } from '../steps/clients.ts'
import type { AskValue, ValueChoice, ValueQuestion } from './questions.ts'

export interface ToConfigure {
  readonly settings: Settings
  /** What needs no question. */
  readonly given: ReadonlyMap<Key, unknown>
  /** The steps that will be made: what only others need is not asked for. */
  readonly steps: ReadonlySet<string>
  readonly read: ReadClients
  readonly ask: AskValue
  /** The clients of another region. */
  at(region: string): ReadClients
}

export type Answered = Partial<Record<Key, string>>

/**
 * Asks for what nobody has given and what can't well be guessed: where, which cluster, which versions, and what only
 * Solo.io has. What AWS knows is offered to choose from; where AWS won't say, it is typed.
 */
export async function askForMissing({ settings, given, steps, read, ask, at }: ToConfigure): Promise<Answered> {
  const answers: Answered = {}
  const put = async (question: Omit<ValueQuestion, 'code' | 'problem'>): Promise<void> => {
    if (given.has(question.key)) return
    const answer = await ask({ code: 'value', ...question, problem: value => problemOf(question.key, value) })
    if (answer !== '') answers[question.key] = answer
  }
  await put({
    key: 'region',
    message: 'In which AWS region?',
    initial: settings.region,
    choices: await offered(async () => (await read.aws.ec2.regions()).map(value => ({ value }))),
  })
  const region = answers.region ?? settings.region
  const { eks } = at(region).aws
  const existing = await offered(async () =>
    (await eks.clusterNames()).map(value => ({ value, name: `${value} (exists)` })),
  )
  await put({
    key: 'clusterName',
    message: 'Which EKS cluster, an existing one or the name of a new one?',
    initial: settings.clusterName,
    choices: withNew(existing, settings.clusterName),
  })
  const clusterName = answers.clusterName ?? settings.clusterName
  if (steps.has('cluster') && !existing.some(({ value }) => value === clusterName)) {
    const versions = await offered(async () => versionChoices(await eks.versions()))
    await put({
      key: 'eksVersion',
      message: 'Which Kubernetes version?',
      choices: versions,
      ...(versions[0] === undefined ? {} : { initial: versions[0].value }),
    })
  }
  if (steps.has('istio')) await askForIstio({ settings, put, answers, read: at(region) })
  return answers
}

interface ForIstio {
  readonly settings: Settings
  readonly answers: Answered
  readonly read: ReadClients
  put(question: Omit<ValueQuestion, 'code' | 'problem'>): Promise<void>
}

/** istioctl, its version, the images and, for newer versions, the licence. */
async function askForIstio({ settings, put, answers, read }: ForIstio): Promise<void> {
  const found = await read.tools.istioctlVersion().catch(unlessOther)
  if (found === undefined) {
    await put({ key: 'istioctl', message: "Where is Solo's istioctl? (a path; from Solo.io)" })
  }
  await put({
    key: 'istioVersion',
    message: "Which version of Solo's Istio?",
    ...(found === undefined ? {} : { initial: found }),
  })
  await put({ key: 'hub', message: 'Which image registry (HUB) has the images of that version? (from Solo.io)' })
  if (meshProfile(answers.istioVersion ?? settings.istioVersion).licence) {
    await put({ key: 'license', message: 'The licence key from Solo.io (it is kept nowhere)', secret: true })
  }
}

/** No istioctl, or not the right one, is a reason to ask; anything else is a failure. */
function unlessOther(error: unknown): undefined {
  if (isFailure(error) && error.code.startsWith('TOOL_')) return undefined
  throw error
}

/** What AWS offers, or nothing where these credentials may not ask. Missing credentials are a failure at once. */
async function offered(look: () => Promise<readonly ValueChoice[]>): Promise<readonly ValueChoice[]> {
  try {
    return await look()
  } catch (error) {
    if (isFailure(error) && error.code === 'ACCESS_DENIED') return []
    throw error
  }
}

const withNew = (existing: readonly ValueChoice[], name: string): readonly ValueChoice[] =>
  existing.some(({ value }) => value === name) ? existing : [{ value: name, name: `${name} (new)` }, ...existing]

interface Offered {
  readonly clusterVersion?: string | undefined
  readonly defaultVersion?: boolean | undefined
  readonly versionStatus?: string | undefined
}

/** Those in support, the region's own default first, then newest first. */
function versionChoices(versions: readonly Offered[]): readonly ValueChoice[] {
  const rank = ({ defaultVersion, clusterVersion = '' }: Offered) => `${defaultVersion ? 1 : 0} ${clusterVersion}`
  return versions
    .filter(({ versionStatus = '' }) => !/^unsupported$/i.test(versionStatus))
    .toSorted((a, b) => rank(b).localeCompare(rank(a), 'en', { numeric: true }))
    .flatMap(({ clusterVersion: value, defaultVersion, versionStatus = '' }) => {
      if (value === undefined) return []
      const extended = /extended/i.test(versionStatus) ? ' (extended support, costs more)' : ''
      return [{ value, name: `${value}${defaultVersion ? ' (default)' : ''}${extended}` }]
    })
}

/** What the one schema says of a value. */
export function problemOf(key: Key, value: string): string | undefined {
  const result = schema.shape[key].safeParse(value === '' ? undefined : value)
  return result.success ? undefined : (result.error.issues[0]?.message ?? 'not valid')
}
