import { quote } from 'shlex'
import type { Settings } from '../lib/config/settings.ts'
import { Exit, type Failure } from '../lib/engine/failure.ts'

/** Which cluster a command is about. */
export type Where = Pick<Settings, 'region' | 'clusterName'>

/** Flags that say where: a command that goes on, or takes away, needs the same. */
const VALUED = ['--config', '--profile', '--ecs-cluster', '--kubeconfig'] as const
const PLAIN = ['--sandbox'] as const

/** After these the same command can simply be given again. */
const REPEATABLE: readonly number[] = [Exit.failed, Exit.missing, Exit.interrupted]

/**
 * The failure with the command that goes on and the one that takes away, both with all that says which cluster is meant,
 * so that they can be copied into another shell.
 */
export function withNextCommands(failure: Failure, argv: readonly string[], where: Where | undefined): Failure {
  const goOn =
    failure.goOn ?? (REPEATABLE.includes(failure.exit) ? ['ecs-ambient', ...argv].map(quote).join(' ') : undefined)
  return failure.with({
    ...(goOn === undefined ? {} : { goOn: `${goOn}${whereFlags(argv, where)}` }),
    ...(failure.undo === undefined
      ? {}
      : { undo: `${failure.undo}${configurationFlags(argv)}${whereFlags([], where)}` }),
  })
}

function whereFlags(argv: readonly string[], where: Where | undefined): string {
  if (where === undefined) return ''
  const flags = { '--region': where.region, '--cluster-name': where.clusterName }
  return Object.entries(flags)
    .filter(([flag]) => !argv.some(word => word === flag || word.startsWith(`${flag}=`)))
    .map(([flag, value]) => ` ${flag} ${quote(value)}`)
    .join('')
}

function configurationFlags(argv: readonly string[]): string {
  const valued = VALUED.flatMap(flag => {
    const at = argv.findIndex(word => word === flag || word.startsWith(`${flag}=`))
    const word = argv[at]
    const value = word === flag ? argv[at + 1] : word?.slice(flag.length + 1)
    return value === undefined ? [] : [` ${flag} ${quote(value)}`]
  })
  return [...valued, ...PLAIN.filter(flag => argv.includes(flag)).map(flag => ` ${flag}`)].join('')
}
