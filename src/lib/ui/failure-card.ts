import { doctorCodeFor } from '../doctor/codes.ts'
import type { Failure } from '../engine/failure.ts'

/** What one failure looks like in JSON: the contract of the envelope's `error`. */
export function failureJson(failure: Failure): object {
  const { code, message, why, suggestions, stands, exit, requestId, hourly, goOn, undo } = failure
  const doctor = doctorOf(failure)
  return {
    ...{ code, message, why, suggestions, stands, exitCode: exit },
    ...(hourly === undefined ? {} : { costPerHour: hourly }),
    ...(goOn === undefined ? {} : { goOn }),
    ...(undo === undefined ? {} : { undo }),
    ...(doctor === undefined ? {} : { doctor }),
    ...(requestId === undefined ? {} : { requestId }),
  }
}

/** What one failure looks like to a person: what failed, why, what still stands, what to do. */
export function failureCard(failure: Failure, verbose: boolean): readonly string[] {
  const { code, message, why, requestId, stands, hourly, suggestions, goOn, undo } = failure
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`  ${title}`, ...lines.flatMap(line => line.split('\n').map(part => `    ${part}`))]
  const cost = hourly === undefined ? [] : [`in all about $${hourly.toFixed(2)} an hour while it stands`]
  const doctor = doctorOf(failure)
  return [
    `Error (${code}): ${message}`,
    ...section('Why:', why),
    ...section('Request id:', asList(requestId)),
    ...section('What stands:', [...stands, ...cost]),
    ...section('Try this:', suggestions),
    ...section('Go on:', asList(goOn)),
    ...section('Undo:', asList(undo)),
    ...section('Look into it:', doctor ? [`ecs-ambient doctor --only ${doctor.code}`, doctor.page] : []),
    ...(verbose ? stackOf(failure) : []),
  ]
}

const asList = (line: string | undefined): readonly string[] => (line === undefined ? [] : [line])

/** The doctor's check that looks into such a failure, and its page. */
function doctorOf({ code, message }: Failure): { readonly code: string; readonly page: string } | undefined {
  const check = doctorCodeFor(code, message)
  return check === undefined ? undefined : { code: check, page: `docs/checks/${check}.md` }
}

function stackOf(failure: Failure): readonly string[] {
  const { cause } = failure
  return (cause instanceof Error ? cause.stack : failure.stack)?.split('\n').map(line => `  ${line}`) ?? []
}
