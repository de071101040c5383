import type { z } from 'zod'
import { Exit, Failure } from '../engine/failure.ts'
import { closest } from './closest.ts'
import { type ConfigFile, findConfigFile, readConfigFile } from './file.ts'
import { type MeshProfile, meshProfile } from './mesh-profile.ts'
import { ecsClusterName } from './names.ts'
import { type Configured, type Key, NOT_IN_FILE, SECRETS, schema, VARIABLES } from './schema.ts'
import type { EcsClusterSettings, Settings } from './settings.ts'

export interface Sources {
  /** By key, only those that were given. */
  readonly flags: Readonly<Partial<Record<Key, unknown>>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Where the search for ecs-ambient.yaml begins. */
  readonly directory: string
  /** The file given by --config. */
  readonly file?: string
}

interface Given {
  readonly value: unknown
  /** As people say it: `--region`, `AWS_REGION`, `ecs-ambient.yaml:3`. */
  readonly origin: string
}

const KEYS = Object.keys(schema.shape) as Key[]

/**
 * Flags before environment before file before defaults, checked as a whole before anything else happens.
 *
 * @throws Failure `CONFIG_INVALID`, `CONFIG_UNKNOWN_KEY`, `CONFIG_UNREADABLE`, `CONFIG_NOT_YAML` (exit 2)
 */
export function loadSettings(sources: Sources): Settings {
  const path = findConfigFile(sources.directory, sources.file)
  const file = path === undefined ? undefined : readConfigFile(path)
  if (file) checkKeys(file)
  const given = collect(sources, file)
  const result = schema.safeParse(Object.fromEntries([...given].map(([key, { value }]) => [key, value])))
  if (!result.success) throw invalid(result.error, given)
  return settle(result.data)
}

/** What a flag, a variable or the file gives, as it is written there; all else has its default or nothing. */
export function givenValues(sources: Sources): ReadonlyMap<Key, unknown> {
  const path = findConfigFile(sources.directory, sources.file)
  const given = collect(sources, path === undefined ? undefined : readConfigFile(path))
  return new Map([...given].map(([key, { value }]) => [key, value]))
}

/** The value of each key with where it came from; the strongest source wins. */
function collect({ flags, environment }: Sources, file: ConfigFile | undefined): ReadonlyMap<Key, Given> {
  const given = new Map<Key, Given>()
  for (const key of KEYS) {
    const variable = VARIABLES[key]?.find(name => (environment[name] ?? '') !== '')
    if (flags[key] !== undefined) given.set(key, { value: flags[key], origin: flagName(key) })
    else if (variable !== undefined) given.set(key, { value: environment[variable], origin: variable })
    else if (file && file.values[key] != null) {
      given.set(key, { value: file.values[key], origin: `${file.path}:${file.lines[key] ?? 1}` })
    }
  }
  return given
}

const flagName = (key: Key): string => `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`

function checkKeys(file: ConfigFile): void {
  const why = Object.keys(file.values).flatMap(key => {
    const at = `${file.path}:${file.lines[key] ?? 1}`
    if (NOT_IN_FILE.has(key as Key)) {
      const instead = VARIABLES[key as Key]?.[0] ?? flagName(key as Key)
      return [`${at}: "${key}" does not belong in a file; use ${instead}`]
    }
    if (KEYS.includes(key as Key)) return []
    const meant = closest(key, KEYS)
    return [`${at}: unknown key "${key}"${meant === undefined ? '' : `; did you mean ${meant}?`}`]
  })
  if (why.length === 0) return
  throw new Failure({
    code: 'CONFIG_UNKNOWN_KEY',
    exit: Exit.usage,
    message: `The configuration file ${file.path} has a key that can't stand there.`,
    why,
    suggestions: [`Keys: ${KEYS.filter(key => !NOT_IN_FILE.has(key)).join(', ')}`],
  })
}

function invalid(error: z.ZodError, given: ReadonlyMap<Key, Given>): Failure {
  const why = error.issues.map(issue => {
    const key = issue.path[0] as Key
    const { value, origin } = given.get(key) ?? { value: undefined, origin: 'default' }
    const inner = issue.path.slice(1).map(String).join('.')
    const shown = SECRETS.has(key) ? '(not shown)' : JSON.stringify(value)
    return `${key}${inner && `.${inner}`} = ${shown} (from ${origin}): ${issue.message}`
  })
  return new Failure({
    code: 'CONFIG_INVALID',
    exit: Exit.usage,
    message: 'The configuration is not valid; nothing has been done.',
    why,
    suggestions: ['Flags and variables: ecs-ambient up --help'],
  })
}

/** Works out what follows from other values, so that no one downstream has to. */
function settle(configured: Configured): Settings {
  const profile = meshProfile(configured.istioVersion)
  const { ecsCluster, ecsNamespace, ecsServiceAccount, shellImage, echoImage, ecsClusters, ...rest } = configured
  const settled = {
    ...rest,
    gatewayApi:
      rest.gatewayApi ??
      `https://github.com/kubernetes-sigs/gateway-api/releases/download/${profile.gatewayApiVersion}/standard-install.yaml`,
    images: { shell: shellImage, echo: echoImage },
    ecsClusters: clustersOf(configured, profile),
  }
  return Object.fromEntries(Object.entries(settled).filter(([, value]) => value !== undefined)) as unknown as Settings
}

function clustersOf(configured: Configured, profile: MeshProfile): readonly EcsClusterSettings[] {
  const serviceAccount = configured.ecsServiceAccount ?? 'demo'
  const demo = ['shell-task', 'echo-service'].map(name => ({ name, taskDefinition: name }))
  const listed = configured.ecsClusters ?? [{ name: configured.ecsCluster ?? ecsClusterName(configured.clusterName) }]
  const chosen = listed.filter(cluster => configured.ecsCluster === undefined || cluster.name === configured.ecsCluster)
  // A name that is not in the list is a cluster that somebody else made, or one to come.
  const clusters = chosen.length > 0 ? chosen : [{ name: configured.ecsCluster ?? '' }]
  return clusters.map((cluster: NonNullable<Configured['ecsClusters']>[number]) => ({
    name: cluster.name,
    namespace: cluster.namespace ?? configured.ecsNamespace ?? profile.namespace(cluster.name),
    serviceAccount: cluster.serviceAccount ?? serviceAccount,
    services: cluster.services ?? demo,
  }))
}
