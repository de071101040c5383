import { Errors } from '@oclif/core'
import { Failure, isFailure } from '../lib/engine/failure.ts'
import type { Where } from './next-commands.ts'
import { type Use, wrongUse } from './wrong-use.ts'

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
export function failureOf(error: unknown, use?: Use): Failure {
  if (isFailure(error)) return error
  if (error instanceof Incomplete) return failureOf(error.failure, use)
  if (error instanceof Errors.CLIError) return wrongUse(error, use)
  const message = error instanceof Error ? error.message : String(error)
  return new Failure({
    code: 'UNEXPECTED',
    message: `Unexpected: ${message}`,
    suggestions: ['This is a bug of ecs-ambient. Run it again with --verbose to see where it happened.'],
    cause: error,
  })
}
