import { isFailure } from '../../engine/failure.ts'
import { attributes, escaped } from '../../ui/markup.ts'
import { type Aborted, type CheckResult, type ChecksRun, summaryOf } from '../result.ts'
import { bySuite, complaint, explanation, ownId } from './layout.ts'

/** What CI servers read. Where the run ended early, a case of its own fails, so that a green report means what it says. */
export function junitXml({ checks, ms, aborted }: Pick<ChecksRun, 'checks' | 'ms' | 'aborted'>): string {
  const { failed, total } = summaryOf(checks)
  const errors = aborted ? 1 : 0
  const counts = { tests: total + errors, failures: failed, errors, time: seconds(ms) }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'ecs-ambient', ...counts })}>`,
    ...bySuite(checks).flatMap(([suite, results]) => suiteElement(suite, results)),
    ...(aborted ? abortedElement(aborted) : []),
    '</testsuites>',
    '',
  ].join('\n')
}

function suiteElement(suite: string, checks: readonly CheckResult[]): readonly string[] {
  const { failed, total } = summaryOf(checks)
  const time = seconds(checks.reduce((sum, { ms }) => sum + ms, 0))
  return [
    `  <testsuite${attributes({ name: suite, tests: total, failures: failed, errors: 0, time })}>`,
    ...checks.flatMap(caseElement),
    '  </testsuite>',
  ]
}

function caseElement(check: CheckResult): readonly string[] {
  const { suite, from, to, request, ms, pass } = check
  const name = `${ownId(check)}: ${from} to ${to}`
  const open = `    <testcase${attributes({ classname: suite, name, time: seconds(ms) })}`
  if (pass) return [`${open}/>`]
  const detail = [explanation(check), request].join('\n')
  return [
    `${open}>`,
    `      <failure${attributes({ message: complaint(check), type: check.verdict })}>${escaped(detail)}</failure>`,
    '    </testcase>',
  ]
}

function abortedElement({ suite = 'run', error }: Aborted): readonly string[] {
  const message = error instanceof Error ? error.message : String(error)
  const type = isFailure(error) ? error.code : 'UNEXPECTED'
  const why = isFailure(error) ? error.why.join('\n') : ''
  return [
    `  <testsuite${attributes({ name: `${suite}: set-up`, tests: 1, failures: 0, errors: 1 })}>`,
    `    <testcase${attributes({ classname: suite, name: 'the run came to its end' })}>`,
    `      <error${attributes({ message, type })}>${escaped(why)}</error>`,
    '    </testcase>',
    '  </testsuite>',
  ]
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3)
