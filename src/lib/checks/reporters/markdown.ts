import { code, inline, tableRow } from '../../ui/markdown-text.ts'
import { duration } from '../../ui/words.ts'
import { type CheckResult, type ChecksRun, summaryOf } from '../result.ts'
import { bySuite, complaint, explanation, ownId, tableOf } from './layout.ts'

/** A summary for the page of a CI run. */
export function markdown({ checks, summary, ms, aborted }: ChecksRun): string {
  const { passed, failed, total } = summary
  return [
    '## Connectivity checks',
    '',
    `${failed === 0 && !aborted ? '✅' : '❌'} ${total} checks: ${passed} passed, ${failed} failed, in ${duration(ms)}`,
    ...(aborted ? ['', `The run ended early: ${inline(message(aborted.error))}`] : []),
    ...bySuite(checks).flatMap(([suite, results]) => ['', ...suiteSection(suite, results)]),
    '',
  ].join('\n')
}

function suiteSection(suite: string, checks: readonly CheckResult[]): readonly string[] {
  const { targets, rows } = tableOf(checks)
  const { passed, total } = summaryOf(checks)
  const cell = (check: CheckResult | undefined) => (check ? `${check.pass ? '✅' : '❌'} ${check.verdict}` : '–')
  return [
    `### ${inline(suite)}: ${passed} of ${total} as expected`,
    '',
    tableRow(['', ...targets.map(inline)]),
    tableRow(['---', ...targets.map(() => '---')]),
    ...rows.map(({ label, cells }) => tableRow([inline(label), ...targets.map(target => cell(cells.get(target)))])),
    ...checks.filter(({ pass }) => !pass).flatMap(failure),
  ]
}

const failure = (check: CheckResult): readonly string[] => [
  '',
  `- **${inline(ownId(check))}** ${complaint(check)}: ${inline(explanation(check))} (${code(check.request)})`,
]

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))
