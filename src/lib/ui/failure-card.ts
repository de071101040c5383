import type { Failure } from '../engine/failure.ts'

/** What one failure looks like in JSON: the contract of the envelope's `error`. */
export function failureJson(failure: Failure): object {
  const { code, message, why, suggestions, stands, exit, requestId } = failure
  return { code, message, why, suggestions, stands, exitCode: exit, ...(requestId === undefined ? {} : { requestId }) }
}

/** What one failure looks like to a person: what failed, why, what still stands, what to do. */
export function failureCard(failure: Failure, verbose: boolean): readonly string[] {
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`  ${title}`, ...lines.flatMap(line => line.split('\n').map(part => `    ${part}`))]
  return [
    `Error (${failure.code}): ${failure.message}`,
    ...section('Why:', failure.why),
    ...section('Request id:', failure.requestId === undefined ? [] : [failure.requestId]),
    ...section('What stands:', failure.stands),
    ...section('Try this:', failure.suggestions),
    ...(verbose ? stackOf(failure) : []),
  ]
}

function stackOf(failure: Failure): readonly string[] {
  const { cause } = failure
  return (cause instanceof Error ? cause.stack : failure.stack)?.split('\n').map(line => `  ${line}`) ?? []
}
