import type { StepStatus } from '../engine/events.ts'
import type { Plan } from '../engine/plan.ts'
import { consoleLink, type Linked } from './console-links.ts'
import { EXPLANATIONS } from './explanations.ts'
import { duration, planLines, wrapped } from './words.ts'

/** What the walkthrough says of each step, as lines of at most `columns` characters where words allow it. */

export interface Page {
  readonly columns: number
  readonly unicode: boolean
}

export interface Chapter {
  readonly id: string
  readonly title: string
  /** From 1. */
  readonly number: number
  readonly total: number
}

export function headline(text: string, { columns, unicode }: Page): string {
  const rule = unicode ? '─' : '-'
  return `${rule.repeat(2)} ${text} ${rule.repeat(Math.max(0, columns - text.length - 5))}`
}

/** Before the question: what the step is about, and what it would do. */
export function introduction({ id, title, number, total }: Chapter, plan: Plan, page: Page): readonly string[] {
  const about = EXPLANATIONS[id]
  return [
    '',
    headline(`Step ${number} of ${total}: ${title}`, page),
    ...(about
      ? [
          ...wrapped(`${about.what} ${about.why}`, page.columns - 1),
          ...labelled('Costs', about.cost, page),
          ...labelled('Takes', `usually ${duration(about.usual)}`, page),
        ]
      : []),
    '',
    'The plan:',
    ...planLines(plan).flatMap(line => hanging(line, page)),
    '',
  ]
}

const SIGNS: Readonly<Record<StepStatus, readonly [unicode: string, ascii: string]>> = {
  changed: ['✓', '+'],
  unchanged: ['✓', '='],
  skipped: ['–', '-'],
  pending: ['?', '?'],
  failed: ['✗', 'x'],
}

const WORDS: Readonly<Record<StepStatus, string>> = {
  changed: 'done',
  unchanged: 'stands already, nothing to do',
  skipped: 'left out',
  pending: 'not yet possible',
  failed: 'failed',
}

/** One line, where it fits, on what came of a step: `✓ 3 of 9 Istio: done, 40 s`. */
export function outcome(
  { title, number, total }: Chapter,
  { status, ms, reason }: { readonly status: StepStatus; readonly ms: number; readonly reason?: string },
  page: Page,
): readonly string[] {
  const [unicode, ascii] = SIGNS[status]
  const why = reason === undefined ? '' : ` (${reason})`
  const took = status === 'changed' || status === 'failed' ? `, ${duration(ms)}` : ''
  const text = `${page.unicode ? unicode : ascii} ${number} of ${total} ${title}: ${WORDS[status]}${why}${took}`
  return wrapped(text, page.columns - 3).map((line, index) => (index === 0 ? line : `  ${line}`))
}

/** After a step that changed something: what to look at, and how to undo it, as a command that works `here`. */
export function aftermath(
  id: string,
  linked: Linked,
  page: Page,
  here: (command: string) => string = command => command,
): readonly string[] {
  const about = EXPLANATIONS[id]
  if (about === undefined) return []
  const link = consoleLink(id, linked)
  return [
    ...about.look.map(command => ['Look', filled(command, linked)] as const),
    ...(link === undefined ? [] : [['See', link] as const]),
    ['Undo', here(about.undo)] as const,
  ].flatMap(([label, text]) => labelled(label, text, page))
}

/** Puts the names in use into a command of the explanations. */
export function filled(command: string, { clusterName, region, ecsClusters: [ecs] }: Linked): string {
  const names: Readonly<Record<string, string>> = {
    CLUSTER: clusterName,
    REGION: region,
    ECS: ecs?.name ?? '',
    NAMESPACE: ecs?.namespace ?? '',
  }
  return command.replace(/\b(CLUSTER|REGION|ECS|NAMESPACE)\b/g, name => names[name] ?? name)
}

const LABEL = 7

function labelled(label: string, text: string, { columns }: Page): readonly string[] {
  const [first = '', ...rest] = wrapped(text, columns - LABEL - 1)
  return [`${label.padEnd(LABEL)}${first}`, ...rest.map(line => `${' '.repeat(LABEL)}${line}`)]
}

/** A line of a list, its continuation under its text. */
export function hanging(line: string, { columns }: Page): readonly string[] {
  const [first = '', ...rest] = wrapped(line, columns - 5)
  return [`  ${first}`, ...rest.map(part => `    ${part}`)]
}
