import type { Paper } from '../../ui/paper.ts'
import { duration, wrapped } from '../../ui/words.ts'
import { type CheckResult, type ChecksRun, summaryOf } from '../result.ts'
import { bySuite, complaint, explanation, ownId, type Row, tableOf } from './layout.ts'

const GAP = 2
const INDENT = '    '

/** Pure: the verdicts of each suite as a table, below it what failed and why. */
export function matrixLines(run: Pick<ChecksRun, 'checks' | 'summary' | 'ms'>, options: Paper): readonly string[] {
  return [
    ...bySuite(run.checks).flatMap(([suite, checks]) => [...suiteLines(suite, checks, options), '']),
    summaryLine(run, options),
  ]
}

export function suiteLines(suite: string, checks: readonly CheckResult[], options: Paper): readonly string[] {
  const { passed, total } = summaryOf(checks)
  const heading = options.paint(`${suite}: ${passed} of ${total} as expected`, 'strong')
  return [heading, ...tableLines(checks, options), ...checks.filter(({ pass }) => !pass).flatMap(failureLines(options))]
}

function tableLines(checks: readonly CheckResult[], options: Paper): readonly string[] {
  const { targets, rows } = tableOf(checks)
  const head = Math.max(...rows.map(({ label }) => label.length)) + GAP
  const widths = targets.map(target => {
    const cells = rows.flatMap(({ cells }) => cells.get(target) ?? [])
    return Math.max(target.length, ...cells.map(check => cellText(check, options).length)) + GAP
  })
  // As many targets side by side as fit, the others below.
  return blocks(widths, options.columns - head).flatMap(({ from, to }) => [
    `${' '.repeat(head)}${targets
      .slice(from, to)
      .map((target, index) => target.padEnd(widths[from + index] ?? 0))
      .join('')}`.trimEnd(),
    ...rows
      .filter(({ cells }) => targets.slice(from, to).some(target => cells.has(target)))
      .map(row => rowLine(row, { targets: targets.slice(from, to), widths: widths.slice(from, to), head }, options)),
  ])
}

function rowLine(
  { label, cells }: Row,
  {
    targets,
    widths,
    head,
  }: { readonly targets: readonly string[]; readonly widths: readonly number[]; readonly head: number },
  options: Paper,
): string {
  const line = targets.map((target, index) => {
    const check = cells.get(target)
    const text = check ? cellText(check, options) : '-'
    const padding = ' '.repeat((widths[index] ?? 0) - text.length)
    return options.paint(text, check ? (check.pass ? 'good' : 'bad') : 'quiet') + padding
  })
  return `${label.padEnd(head)}${line.join('')}`.trimEnd()
}

/** Cuts a row of widths into pieces that fit. */
function blocks(widths: readonly number[], room: number): readonly { readonly from: number; readonly to: number }[] {
  const cuts = [0]
  let used = 0
  for (const [index, width] of widths.entries()) {
    if (used > 0 && used + width > room) {
      cuts.push(index)
      used = 0
    }
    used += width
  }
  return cuts.map((from, index) => ({ from, to: cuts[index + 1] ?? widths.length }))
}

const cellText = (check: CheckResult, options: Paper): string => `${sign(check, options)} ${check.verdict}`

const sign = ({ pass }: CheckResult, { unicode }: Paper): string =>
  pass ? (unicode ? '✔' : 'ok') : unicode ? '✘' : 'NO'

const failureLines =
  (options: Paper) =>
  (check: CheckResult): readonly string[] => {
    const { columns } = options
    const head = wrapped(`${sign(check, options)} ${ownId(check)}: ${complaint(check)}`, columns - INDENT.length)
    const detail = (text: string) => wrapped(text, columns - INDENT.length).map(line => INDENT + line)
    return [
      ...head.map((line, index) => options.paint(index === 0 ? line : INDENT + line, 'bad')),
      ...detail(explanation(check)),
      ...detail(check.request).map(line => options.paint(line, 'quiet')),
    ]
  }

export function summaryLine({ summary, ms }: Pick<ChecksRun, 'summary' | 'ms'>, options: Paper): string {
  const { passed, failed, total } = summary
  const text = `${total} checks: ${passed} passed, ${failed} failed, in ${duration(ms)}`
  return options.paint(text, failed > 0 ? 'bad' : 'good')
}
