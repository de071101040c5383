import { Errors, type Hook } from '@oclif/core'
import { closest } from '../lib/config/closest.ts'
import { Exit, Failure } from '../lib/engine/failure.ts'
import { failureCard, failureJson } from '../lib/ui/failure-card.ts'

/** An unknown command ends as every other wrong use does: the error, what was meant, exit 2. */
const hook: Hook<'command_not_found'> = async ({ id, argv, config }) => {
  const name = id.replaceAll(':', ' ')
  const known = config.commands.filter(({ hidden }) => !hidden).map(command => command.id.replaceAll(':', ' '))
  const meant = closest(name, known)
  const failure = new Failure({
    code: 'UNKNOWN_COMMAND',
    exit: Exit.usage,
    message: `There is no command "${name}".`,
    suggestions: [...(meant === undefined ? [] : [`ecs-ambient ${meant}`]), 'ecs-ambient --help'],
  })
  if (argv?.includes('--json') || process.argv.includes('--json')) {
    process.stdout.write(
      `${JSON.stringify({ ok: false, command: name, error: failureJson(failure), warnings: [] }, null, 2)}\n`,
    )
  }
  process.stderr.write(`${failureCard(failure, false).join('\n')}\n`)
  throw new Errors.ExitError(failure.exit)
}

export default hook
