import { Errors, type Hook } from '@oclif/core'
import { closest } from '../lib/config/closest.ts'
import { Exit, Failure } from '../lib/engine/failure.ts'
import { failureCard, failureJson } from '../lib/ui/failure-card.ts'
import { adviceHere, here } from './next-commands.ts'

/** An unknown command ends as every other wrong use does: the error, what was meant, exit 2. */
const hook: Hook<'command_not_found'> = async ({ id, argv, config }) => {
  const name = id.replaceAll(':', ' ')
  const known = config.commands.filter(({ hidden }) => !hidden).map(command => command.id.replaceAll(':', ' '))
  const failure = unknown(name, known)
  const typed = process.argv.slice(2)
  if (argv?.includes('--json') || typed.includes('--json')) {
    const document = adviceHere({ ok: false, command: name, error: failureJson(failure), warnings: [] }, typed)
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  }
  const card = failureCard(failure, false).map(line => here(line, typed))
  process.stderr.write(`${card.join('\n')}\n`)
  throw new Errors.ExitError(failure.exit)
}

/** oclif takes the words of a command and what follows them for one name. */
function unknown(name: string, known: readonly string[]): Failure {
  const command = known.find(one => name.startsWith(`${one} `))
  const [topic = ''] = name.split(' ')
  const meant = command === undefined ? closest(name, known) : undefined
  const about = command ?? (known.some(one => one.startsWith(`${topic} `)) ? topic : '')
  return new Failure({
    code: 'UNKNOWN_COMMAND',
    exit: Exit.usage,
    message:
      command === undefined
        ? `There is no command "${name}".`
        : `The command "${command}" takes no argument "${name.slice(command.length + 1)}".`,
    suggestions: [
      ...(meant === undefined ? [] : [`ecs-ambient ${meant}`]),
      ['ecs-ambient', about, '--help'].filter(word => word !== '').join(' '),
    ],
  })
}

export default hook
