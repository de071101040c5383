import { Errors } from '@oclif/core'
import { Exit, Failure, isFailure } from '../lib/engine/failure.ts'
import type { Where } from './next-commands.ts'

/** A failure together with what the command had done before it, which JSON shows beside the error. */
export class Incomplete extends Error {
  readonly failure: unknown
  readonly result: object
  /** Which cluster it was about, where that is more than the flags say. */
  readonly where: Where | undefined

  constructor(failure: unknown, result: object, where?: Where) {
    super('incomplete')
    this.failure = failure
    this.result = result
    this.where = where
  }
}

/** What oclif says around a complaint, which tells nothing. */
const OCLIF_PHRASES = /^(The following errors? occurred:|See more help)/

/** Whatever was thrown, as a Failure: oclif's own complaints are wrong use, anything unexpected is a bug of ours. */
export function failureOf(error: unknown): Failure {
  if (isFailure(error)) return error
  if (error instanceof Incomplete) return failureOf(error.failure)
  if (error instanceof Errors.CLIError) {
    const lines = error.message.split('\n').map(line => line.trim())
    const [first = '', ...rest] = lines.filter(line => line !== '' && !OCLIF_PHRASES.test(line))
    const [, flag] = /^Parsing (--\S+)$/.exec(first) ?? []
    const [message = '', ...why] = flag === undefined ? [first, ...rest] : [`${flag}: ${rest[0]}`, ...rest.slice(1)]
    return new Failure({
      code: 'USAGE',
      exit: Exit.usage,
      message,
      why,
      suggestions: ['Add --help to see how the command is used.'],
      cause: error,
    })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new Failure({
    code: 'UNEXPECTED',
    message: `Unexpected: ${message}`,
    suggestions: ['This is a bug of ecs-ambient. Run it again with --verbose to see where it happened.'],
    cause: error,
  })
}
