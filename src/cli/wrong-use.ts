import type { Errors } from '@oclif/core'
import { closest } from '../lib/config/closest.ts'
import { Exit, Failure } from '../lib/engine/failure.ts'

/** How a command is used. */
export interface Use {
  /** Its words: `policy apply`. */
  readonly command: string
  /** The names of its flags, without dashes. */
  readonly flags: readonly string[]
}

/** What oclif says around a complaint, which tells nothing. */
const PHRASES = /^(The following errors? occurred:|See more help)/

/** oclif's complaint in one sentence, and what was meant. */
export function wrongUse(error: Errors.CLIError, use: Use = { command: '', flags: [] }): Failure {
  const lines = error.message.split('\n').map(line => line.trim().replaceAll(/ {2,}/g, ', ').replaceAll('=true ', ' '))
  const [first = '', ...rest] = lines.filter(line => line !== '' && !PHRASES.test(line))
  const [, flag] = /^Parsing (--\S+)$/.exec(first) ?? []
  const opened = flag === undefined ? (first.endsWith(':') ? first : undefined) : `${flag}:`
  const [message, ...why] = opened === undefined ? [first, ...rest] : [`${opened} ${rest[0]}`, ...rest.slice(1)]
  return new Failure({
    code: 'USAGE',
    exit: Exit.usage,
    message: message ?? first,
    why,
    suggestions: [
      ...meant(first, use),
      `How it is used: ${['ecs-ambient', use.command, '--help'].filter(word => word !== '').join(' ')}`,
    ],
    cause: error,
  })
}

/** The flag that is nearest to one that there is not. */
function meant(message: string, { flags }: Use): readonly string[] {
  const [, flag] = /^Nonexistent flags?: --([^\s,=]+)/.exec(message) ?? []
  const near = flag === undefined ? undefined : closest(flag, flags)
  return near === undefined ? [] : [`Was --${near} meant?`]
}
