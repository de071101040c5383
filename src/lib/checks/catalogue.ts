import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, resolve } from 'node:path'
import { assetText } from '../assets.ts'
import { Exit, Failure } from '../engine/failure.ts'
import type { Check, Expected, Suite } from './check.ts'
import { curlCommand, curlLines } from './curl-line.ts'
import { type Address, hostAndPort, type Places } from './places.ts'
import { parseSuite } from './suite.ts'
import { didYouMean } from './suite-schema.ts'

/** In the order in which `--all` runs them. */
export const BUILT_IN_SUITES = ['baseline', 'eks-deny', 'ecs-deny', 'post-only'] as const
/** The guide's lists: the arguments of one curl a line, run in the ECS shell task. */
export const GUIDE_LISTS = [
  'ecs-test-commands',
  'ecs-to-eks',
  'ecs-to-ecs',
  'ecs-to-ecs-get',
  'ecs-to-ecs-post',
] as const

const SUITE_ENDINGS: ReadonlySet<string> = new Set(['.yaml', '.yml', '.json'])
const LIST_SOURCE = 'ecs/shell'

/** How the guide's lists name the places; with another Istio version or another internet target they have other names. */
const GUIDE_NAMES: ReadonlyMap<string, string> = new Map([
  ['eks-echo.default:8080', 'eks/echo'],
  ['echo-service.ecs.local:8080', 'ecs/echo'],
  ['httpbin.org', 'internet'],
])

export interface Loaded {
  readonly suites: readonly Suite[]
  /** All places that the suites may name, their own included. */
  readonly places: Places
}

export interface LoadOptions {
  /** Against which paths are read. */
  readonly directory: string
  readonly places: Places
  /** What the lines of a list are expected to come to; by themselves they expect nothing. */
  readonly expect?: Expected
}

/**
 * Suites and lists by name or by file. A path that exists wins; then the built-in names; then the guide's lists, by
 * bare name or by the guide's path (`tests/ecs-to-eks.txt`).
 *
 * @throws Failure `UNKNOWN_SUITE`, `SUITE_UNREADABLE`, `SUITE_INVALID`, `CURL_LINE_INVALID`,
 *   `LIST_EMPTY`, `DUPLICATE_SUITE` (exit 2)
 */
export async function loadSuites(names: readonly string[], options: LoadOptions): Promise<Loaded> {
  const found = await Promise.all([...new Set(names)].map(name => load(name, options)))
  const suites = found.map(({ suite }) => suite)
  refuseTwins(suites)
  return {
    suites,
    places: new Map(found.flatMap(({ places }) => [...places])),
  }
}

/** Results are known by their suite's name. */
function refuseTwins(suites: readonly Suite[]): void {
  const refs = Map.groupBy(suites, ({ name }) => name)
  for (const [name, twins] of refs) {
    if (twins.length === 1) continue
    throw new Failure({
      code: 'DUPLICATE_SUITE',
      exit: Exit.usage,
      message: `${twins.length} suites have the name "${name}".`,
      why: twins.map(({ ref }) => ref),
      suggestions: ['Run them one at a time, or give one of them another name.'],
    })
  }
}

async function load(name: string, options: LoadOptions): Promise<{ suite: Suite; places: Places }> {
  const { file, shipped } = find(name, options.directory)
  const text = shipped ? assetText(`checks/${file}`) : await read(resolve(options.directory, file), name)
  const ref = shipped ? basename(file, extname(file)) : resolve(options.directory, file)
  if (SUITE_ENDINGS.has(extname(file))) {
    const { suite, places } = parseSuite(text, file, options.places, ref)
    return { suite: withPolicyPaths(suite, dirname(ref)), places }
  }
  return { suite: listOf(text, { file, shipped, ref }, options), places: options.places }
}

/** Policies from files stand beside the suite that names them. */
function withPolicyPaths(suite: Suite, directory: string): Suite {
  if (!suite.state) return suite
  const policies = suite.state.policies.map(policy => (/[./]/.test(policy) ? resolve(directory, policy) : policy))
  return { ...suite, state: { ...suite.state, policies } }
}

interface Found {
  readonly file: string
  /** One of ours, under assets/checks. */
  readonly shipped: boolean
}

function find(name: string, directory: string): Found {
  const isPath = name.includes('/') || extname(name) !== ''
  if (isPath && existsSync(resolve(directory, name))) return { file: name, shipped: false }
  if ((BUILT_IN_SUITES as readonly string[]).includes(name)) return { file: `${name}.yaml`, shipped: true }
  const list = /^(?:(?:\.\/)?tests\/)?([^/]+?)(?:\.txt)?$/.exec(name)?.[1] ?? ''
  if ((GUIDE_LISTS as readonly string[]).includes(list)) return { file: `${list}.txt`, shipped: true }
  if (isPath) throw unreadable(name, 'there is no such file')
  const known = [...BUILT_IN_SUITES, ...GUIDE_LISTS]
  throw new Failure({
    code: 'UNKNOWN_SUITE',
    exit: Exit.usage,
    message: `There is no suite "${name}"${didYouMean(name, known) || '.'}`,
    suggestions: [
      `Suites: ${BUILT_IN_SUITES.join(', ')}`,
      `Lists: ${GUIDE_LISTS.join(', ')}`,
      'A suite of your own is named by its file: ./my-suite.yaml',
    ],
  })
}

async function read(path: string, name: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (error) {
    throw unreadable(name, error instanceof Error ? error.message : String(error))
  }
}

const unreadable = (name: string, why: string): Failure =>
  new Failure({
    code: 'SUITE_UNREADABLE',
    exit: Exit.usage,
    message: `The file ${name} can't be read.`,
    why: [why],
    suggestions: ['Give a suite (.yaml) or a list with the arguments of one curl a line (.txt).'],
  })

function listOf(text: string, { file, shipped, ref }: Found & { ref: string }, { places, expect }: LoadOptions): Suite {
  const name = basename(file, extname(file))
  const lines = curlLines(text, file)
  if (lines.length === 0) {
    throw new Failure({
      code: 'LIST_EMPTY',
      exit: Exit.usage,
      message: `The list ${file} holds no curl line.`,
      suggestions: ['Write the arguments of one curl on each line, such as: -X POST echo-service.ecs.local:8080'],
    })
  }
  const checks = lines.map(({ line, args: written }): Check => {
    const args = shipped ? written.map(arg => renamed(arg, places)) : written
    return {
      id: `${name}/${line}`,
      suite: name,
      from: LIST_SOURCE,
      to: targetOf(args, places),
      args,
      request: curlCommand(args),
      ...(expect === undefined ? {} : { expected: expect }),
    }
  })
  return { name, ref, title: file, kind: 'list', checks }
}

function renamed(arg: string, places: Places): string {
  const address = places.get(GUIDE_NAMES.get(arg) ?? '')?.address
  return address ? hostAndPort(address) : arg
}

/** The place whose address a curl line names, or the address itself. */
function targetOf(args: readonly string[], places: Places): string {
  for (const { name, address } of places.values()) {
    if (address && args.some(arg => isUrlOf(arg, address))) return name
  }
  return args.findLast(arg => !arg.startsWith('-')) ?? ''
}

function isUrlOf(arg: string, { host, port }: Address): boolean {
  const [, named, written = '80'] = /^(?:http:\/\/)?([^/:?#]+)(?::(\d+))?(?:[/?#]|$)/.exec(arg) ?? []
  return named === host && Number(written) === port
}
