import { Errors, type Hook } from '@oclif/core'
import { closest } from '../lib/config/closest.ts'
import { Exit, Failure } from '../lib/engine/failure.ts'
import { failureCard, failureJson } from '../lib/ui/failure-card.ts'
import { adviceHere, here } from './next-commands.ts'

/** An unknown command ends as every other wrong use does: the error, what was meant, exit 2. */
const hook: Hook<'command_not_found'> = async ({ id, argv, config }) => {
  const name = id.replaceAll(':', ' ')
  const known = config.commands.filter(({ hidden }) => !hidden).map(command => command.id.replaceAll(':', ' '))
  const meant = closest(name, known)
  const [topic = ''] = name.split(' ')
  const isTopic = known.some(command => command.startsWith(`${topic} `))
  const failure = new Failure({
    code: 'UNKNOWN_COMMAND',
    exit: Exit.usage,
    message: `There is no command "${name}".`,
    suggestions: [
      ...(meant === undefined ? [] : [`ecs-ambient ${meant}`]),
      isTopic ? `ecs-ambient ${topic} --help` : 'ecs-ambient --help',
    ],
  })
  const typed = process.argv.slice(2)
  if (argv?.includes('--json') || typed.includes('--json')) {
    const document = adviceHere({ ok: false, command: name, error: failureJson(failure), warnings: [] }, typed)
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  }
  const card = failureCard(failure, false).map(line => here(line, typed))
  process.stderr.write(`${card.join('\n')}\n`)
  throw new Errors.ExitError(failure.exit)
}

export default hook
