import type { CheckEvent, CheckListener } from '../lib/checks/events.ts'
import { duration } from '../lib/ui/words.ts'

/** Tells what a run of checks does, a line for what takes a while. */
export function checkPresenter(write: (line: string) => void, warn: (message: string) => void): CheckListener {
  return event => {
    if (event.code === 'warning') warn(event.message)
    const line = lineOf(event)
    if (line !== undefined) write(line)
  }
}

function lineOf(event: CheckEvent): string | undefined {
  switch (event.code) {
    case 'suite.started':
      return `${event.suite}: ${event.title}, ${event.checks.length} checks`
    case 'policy.applied':
      return `policy ${event.policy} applied (${duration(event.ms)})`
    case 'policy.removed':
      return `policy ${event.policy} removed (${duration(event.ms)})`
    case 'waypoint.applied':
      return `waypoint applied (${duration(event.ms)})`
    case 'waypoint.removed':
      return `waypoint removed (${duration(event.ms)})`
    case 'state.restoring':
      return event.remaining.length > 0 ? `putting back: ${event.remaining.join(', ')}` : undefined
    case 'suite.finished':
      return `${event.suite}: ${event.summary.passed} of ${event.summary.total} as expected (${duration(event.ms)})`
    default:
      return undefined
  }
}
