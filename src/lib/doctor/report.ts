import type { Paper, Tone } from '../ui/paper.ts'
import { wrapped } from '../ui/words.ts'
import { AREAS, type Area, counted, type State } from './check.ts'
import type { Examination } from './index.ts'
import type { CheckResult } from './run.ts'

/** Told apart without colour, too. */
const SIGNS: Readonly<Record<State, { readonly unicode: string; readonly plain: string; readonly tone: Tone }>> = {
  ok: { unicode: '√', plain: 'ok', tone: 'good' },
  warning: { unicode: '‼', plain: '!!', tone: 'doubtful' },
  failed: { unicode: '×', plain: 'xx', tone: 'bad' },
  'not-applicable': { unicode: '·', plain: '--', tone: 'quiet' },
}

/** All checks, by area. */
export function tableLines({ checks, summary }: Examination, options: Paper): readonly string[] {
  const areas = AREAS.filter(area => checks.some(check => check.area === area))
  return [
    ...areas.flatMap(area => [...areaLines(area, checks, options), '']),
    summaryLine({ checks, summary }, options),
  ]
}

/** Only what is not well. */
export function shortLines({ checks, summary }: Examination, options: Paper): readonly string[] {
  const ill = checks.filter(({ state }) => state === 'failed' || state === 'warning')
  return [...ill.flatMap(check => checkLines(check, options)), summaryLine({ checks, summary }, options)]
}

const areaLines = (area: Area, checks: readonly CheckResult[], options: Paper): readonly string[] => [
  options.paint(area, 'strong'),
  ...checks.filter(check => check.area === area).flatMap(check => checkLines(check, options)),
]

function checkLines({ code, title, state, why, fix, page }: CheckResult, options: Paper): readonly string[] {
  const { unicode, plain, tone } = SIGNS[state]
  const sign = options.paint(options.unicode ? unicode : plain.padEnd(2), tone)
  const indent = ' '.repeat(options.unicode ? 2 : 3)
  const line = `${sign} ${code} ${title}`
  const ill = state === 'failed' || state === 'warning'
  return [
    line,
    ...folded(why, indent, options).map(text => (ill ? text : options.paint(text, 'quiet'))),
    // Not folded: it is there to be copied.
    ...(fix === undefined ? [] : [`${indent}fix: ${fix}`]),
    ...(ill ? [options.paint(`${indent}see: ${page}`, 'quiet')] : []),
  ]
}

function folded(text: string, indent: string, { columns }: Paper): readonly string[] {
  const width = Math.max(20, columns - indent.length)
  return wrapped(text, width).map(line => `${indent}${line}`)
}

function summaryLine({ summary }: Examination, { paint }: Paper): string {
  const { ok, warnings, failed, notApplicable } = summary
  const counts = `${ok} ok, ${counted(warnings, 'warning')}, ${failed} failed, ${notApplicable} not applicable`
  return paint(counts, failed > 0 ? 'bad' : warnings > 0 ? 'doubtful' : 'good')
}
