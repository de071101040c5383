import { quote } from 'shlex'
import type { Settings } from '../lib/config/settings.ts'
import { Exit, type Failure } from '../lib/engine/failure.ts'

/** Which cluster a command is about. */
export type Where = Pick<Settings, 'region' | 'clusterName'>

/** Flags that say where: whatever is to be run after a command needs those that it was given. */
const VALUED = ['--config', '--profile', '--ecs-cluster', '--kubeconfig', '--region', '--cluster-name'] as const
const PLAIN = ['--sandbox'] as const

/** After these the same command can simply be given again. */
const REPEATABLE: readonly number[] = [Exit.failed, Exit.missing, Exit.interrupted]

/** A command of ours as messages give it: at the end of a line, alone or after what introduces it. */
const COMMAND = /^(?<before>\s*|.*[:?] )(?<command>(?:[A-Z_]+=\S+ )?ecs-ambient [a-z].*)$/

/** Under these keys a document tells what to do. */
const ADVICE: ReadonlySet<string> = new Set(['suggestions', 'fix', 'finish'])

/**
 * The failure with the command that goes on and the one that takes away, both with all that says which cluster is meant,
 * so that they can be copied into another shell.
 */
export function withNextCommands(failure: Failure, argv: readonly string[], where: Where | undefined): Failure {
  const goOn =
    failure.goOn ?? (REPEATABLE.includes(failure.exit) ? ['ecs-ambient', ...argv].map(quote).join(' ') : undefined)
  const known = where && [
    ['--region', where.region],
    ['--cluster-name', where.clusterName],
  ]
  const placed = (command: string) => withFlags(here(command, argv), known ?? [])
  return failure.with({
    ...(goOn === undefined ? {} : { goOn: placed(goOn) }),
    ...(failure.undo === undefined ? {} : { undo: placed(failure.undo) }),
  })
}

/** A line in which a command of ours, where it ends in one, says where as `argv` does: so it works when it is pasted. */
export function here(line: string, argv: readonly string[]): string {
  const { before = '', command } = COMMAND.exec(line)?.groups ?? {}
  return command === undefined || wordsOf(command).includes('--help') ? line : before + withFlags(command, given(argv))
}

/** A document in which all that it advises is said for `here`. */
export function adviceHere<T>(document: T, argv: readonly string[]): T {
  const placed = (value: unknown, advice: boolean): unknown => {
    if (typeof value === 'string') return advice ? here(value, argv) : value
    if (Array.isArray(value)) return value.map(one => placed(one, advice))
    if (!isPlain(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, placed(one, ADVICE.has(key))]))
  }
  return placed(document, false) as T
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

type Flag = readonly string[]

/** What comes after `--` belongs to a command of somebody else's. */
const ownWords = (words: readonly string[]): readonly string[] =>
  [...words, '--'].slice(0, [...words, '--'].indexOf('--'))
const wordsOf = (command: string): readonly string[] => ownWords(command.split(' '))

function withFlags(command: string, flags: readonly Flag[]): string {
  const own = wordsOf(command)
  const more = flags.filter(([flag]) => !own.some(word => word === flag || word.startsWith(`${flag}=`)))
  const rest = command.split(' ').slice(own.length)
  return [...own, ...more.flat().map(word => quote(word)), ...rest].join(' ')
}

/** The flags of `argv` that say where, with their values. */
function given(argv: readonly string[]): readonly Flag[] {
  const words = ownWords(argv)
  const valued = VALUED.flatMap(flag => {
    const at = words.findIndex(word => word === flag || word.startsWith(`${flag}=`))
    const word = words[at]
    const value = word === flag ? words[at + 1] : word?.slice(flag.length + 1)
    return value === undefined ? [] : [[flag, value]]
  })
  return [...valued, ...PLAIN.filter(flag => words.includes(flag)).map(flag => [flag])]
}
