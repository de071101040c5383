import { bySuite, complaint, explanation, ownId, tableOf } from '../checks/reporters/layout.ts'
import { type CheckResult, summaryOf } from '../checks/result.ts'
import { code, inline, tableRow } from '../ui/markdown-text.ts'
import { STATE_SIGNS, stateNotes } from '../ui/status.ts'
import { duration } from '../ui/words.ts'
import { dollars, totalText } from './costs.ts'
import { inventoryOf } from './inventory.ts'
import { NO_RUN, type Report } from './report.ts'
import { isNothing } from './topology.ts'

/** The report for a wiki. */
export function markdownReport(report: Report): string {
  const { title, topology, madeAt } = report
  const { region, account = 'unknown' } = topology
  return [
    `# ${inline(title)}`,
    '',
    `Region ${inline(region)}, account ${inline(account)}, as of ${madeAt}.`,
    ...(isNothing(topology) ? ['', 'Nothing is deployed. Build it with `ecs-ambient up`.'] : []),
    ...checks(report),
    ...steps(report),
    ...inventoryOf(topology).flatMap(({ caption, head, rows, empty }) =>
      rows.length > 0
        ? [
            '',
            `## ${inline(caption)}`,
            '',
            ...table(
              head,
              rows.map(row => row.map(inline)),
            ),
          ]
        : ['', `## ${inline(caption)}`, '', inline(empty)],
    ),
    ...costs(report),
    '',
    '## Versions',
    '',
    ...table(
      ['What', 'Version'],
      report.versions.map(({ of, version }) => [inline(of), inline(version)]),
    ),
    '',
  ].join('\n')
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  tableRow(head),
  tableRow(head.map(() => '---')),
  ...rows.map(tableRow),
]

function checks({ run, scenes }: Report): readonly string[] {
  if (!run) return ['', '## Connectivity checks', '', inline(NO_RUN)]
  const { passed, total } = summaryOf(run.checks)
  const subtitles = new Map(run.suites.map(({ name }, index) => [name, scenes[index]?.subtitle ?? '']))
  return [
    '',
    '## Connectivity checks',
    '',
    `${passed} of ${total} as expected, in the run of ${run.at}, which took ${duration(run.ms)}.`,
    ...(run.aborted === undefined ? [] : ['', `The run ended early: ${inline(run.aborted)}`]),
    ...bySuite(run.checks).flatMap(([suite, results]) => suiteSection(suite, subtitles.get(suite) ?? '', results)),
  ]
}

function suiteSection(suite: string, subtitle: string, results: readonly CheckResult[]): readonly string[] {
  const { targets, rows } = tableOf(results)
  const cell = (check: CheckResult | undefined) => (check ? `${check.pass ? '✅' : '❌'} ${check.verdict}` : '–')
  return [
    '',
    `### ${inline(suite)}`,
    '',
    inline(subtitle),
    '',
    ...table(
      ['from', ...targets.map(target => inline(`to ${target}`))],
      rows.map(({ label, cells }) => [inline(label), ...targets.map(target => cell(cells.get(target)))]),
    ),
    '',
    ...results.map(check => {
      const wrong = check.pass ? '' : `${inline(complaint(check))}: `
      return `- **${inline(ownId(check))}** ${code(check.request)}: ${wrong}${inline(explanation(check))}`
    }),
  ]
}

const steps = ({ steps }: Report): readonly string[] => [
  '',
  '## Steps',
  '',
  ...table(
    ['Step', 'State', 'To do'],
    steps.map(step => [
      inline(step.id),
      `${STATE_SIGNS[step.state]} ${step.state}`,
      stateNotes(step).map(inline).join('; ') || 'nothing',
    ]),
  ),
]

const costs = ({ costs }: Report): readonly string[] => [
  '',
  '## Cost',
  '',
  ...(costs.items.length === 0
    ? ['Nothing that stands costs money by itself.']
    : table(
        ['What', 'How many', 'An hour'],
        [
          ...costs.items.map(({ what, count, hourly }) => [what, String(count), dollars(hourly)]),
          ['Together', '', totalText(costs)],
        ],
      )),
]
