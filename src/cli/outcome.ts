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

/** Whatever was thrown, as a Failure: oclif's own complaints are wrong use, anything unexpected is a bug of ours. */
export function failureOf(error: unknown): Failure {
  if (isFailure(error)) return error
  if (error instanceof Incomplete) return failureOf(error.failure)
  if (error instanceof Errors.CLIError) {
    const [message = '', ...why] = error.message.split('\n').filter(line => line.trim() !== '')
    return new Failure({
      code: 'USAGE',
      exit: Exit.usage,
      message,
      why: why.filter(line => !line.includes('See more help')),
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
