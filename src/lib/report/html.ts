import type { Verdict } from '../checks/check.ts'
import { bySuite, complaint, ownId, tableOf } from '../checks/reporters/layout.ts'
import type { CheckResult } from '../checks/result.ts'
import { summaryOf } from '../checks/result.ts'
import { attributes, escaped } from '../ui/markup.ts'
import { STATE_SIGNS, stateNotes } from '../ui/status.ts'
import { duration } from '../ui/words.ts'
import { dollars, totalText } from './costs.ts'
import { evidenceLines } from './evidence.ts'
import { type Cells, inventoryOf } from './inventory.ts'
import { pageStyle } from './page-style.ts'
import { headlines, NO_RUN, picturesOf, type Report } from './report.ts'
import { signElement, svgElement } from './svg.ts'
import { isNothing, type Topology } from './topology.ts'

/** One page that needs nothing else: no network, no script. */
export function htmlPage(report: Report): string {
  const { title, topology, run } = report
  const sections: readonly Section[] = [
    { id: 'picture', title: 'Topology', body: pictures(report) },
    { id: 'checks', title: 'Connectivity checks', body: checks(report) },
    { id: 'steps', title: 'Steps', body: steps(report) },
    { id: 'inventory', title: 'What stands', body: inventory(topology) },
    { id: 'costs', title: 'Cost', body: costs(report) },
    { id: 'versions', title: 'Versions', body: versions(report) },
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<a class="skip" href="#main">To the content</a>
<h1>${escaped(title)}</h1>
<p class="lead">${escaped(whereAndWhen(report))}</p>
<ul class="tiles">${headlines(report)
    .map(
      ({ label, figure, state }) => `<li class="${state}"><b>${escaped(figure)}</b><span>${escaped(label)}</span></li>`,
    )
    .join('')}</ul>
</header>
<nav aria-label="Contents"><ul>${sections
    .map(({ id, title }) => `<li><a href="#${id}">${escaped(title)}</a></li>`)
    .join('')}</ul></nav>
<main id="main">
${isNothing(topology) ? `<p class="note">Nothing is deployed: there is neither the EKS cluster nor an ECS cluster. Build it with <code>ecs-ambient up</code>.</p>` : ''}
${run?.aborted === undefined ? '' : `<p class="note">The last run of checks ended early: ${escaped(run.aborted)}</p>`}
${sections.map(({ id, title, body }) => `<section id="${id}" aria-labelledby="${id}-heading">\n<h2 id="${id}-heading">${escaped(title)}</h2>\n${body}\n</section>`).join('\n')}
</main>
<footer><p>Made by ecs-ambient at ${time(report.madeAt)} from what AWS, Kubernetes and the last run of checks said. Nothing in it is drawn by hand.</p></footer>
</body>
</html>
`
}

interface Section {
  readonly id: string
  readonly title: string
  readonly body: string
}

function whereAndWhen({ topology: { region, account }, run, madeAt }: Report): string {
  return [
    region,
    account === undefined ? 'account unknown' : `account ${account}`,
    `as of ${clock(madeAt)}`,
    run ? `checks of ${clock(run.at)}, in ${duration(run.ms)}` : 'no checks',
  ].join(' · ')
}

const clock = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`
const time = (iso: string): string => `<time datetime="${escaped(iso)}">${escaped(clock(iso))}</time>`

function pictures(report: Report): string {
  return picturesOf(report)
    .map((picture, index) =>
      [
        `<figure>`,
        `<figcaption><h3>${escaped(picture.title)}</h3><p>${escaped(picture.subtitle)}</p></figcaption>`,
        scrolling(`Picture: ${picture.title}`, svgElement(picture, `picture-${index}`)),
        `</figure>`,
      ].join('\n'),
    )
    .join('\n')
}

/** What is too wide for a phone scrolls by itself, by keyboard too. */
const scrolling = (label: string, content: string): string =>
  `<div class="scroll" role="region" tabindex="0"${attributes({ 'aria-label': label })}>${content}</div>`

function checks({ run }: Report): string {
  if (!run) return `<p>${escaped(NO_RUN)}</p>`
  const suites = bySuite(run.checks)
  return [
    `<p>The run of ${time(run.at)} took ${escaped(duration(run.ms))}. Open a verdict for its evidence; the table below has all of it.</p>`,
    ...suites.map(([suite, results]) => matrix(suite, results)),
    `<h3>Evidence</h3>`,
    evidenceTable(run.checks),
  ].join('\n')
}

function matrix(suite: string, results: readonly CheckResult[]): string {
  const { targets, rows } = tableOf(results)
  const { passed, total } = summaryOf(results)
  // Many targets read better one below the other than side by side.
  const tall = targets.length > MANY
  const head = tall
    ? ['to', ...rows.map(({ label }) => `from ${label}`)]
    : ['from', ...targets.map(target => `to ${target}`)]
  const body = tall
    ? targets.map(target => [target, ...rows.map(({ cells }) => cell(cells.get(target)))])
    : rows.map(({ label, cells }) => [label, ...targets.map(target => cell(cells.get(target)))])
  return scrolling(
    `Verdicts of ${suite}`,
    [
      `<table class="matrix"><caption>${escaped(suite)}: ${passed} of ${total} as expected</caption>`,
      `<thead><tr>${head.map(title => `<th scope="col">${escaped(title)}</th>`).join('')}</tr></thead>`,
      `<tbody>${body.map(([label = '', ...cells]) => `<tr><th scope="row">${escaped(label)}</th>${cells.join('')}</tr>`).join('')}</tbody></table>`,
    ].join(''),
  )
}

/** Targets that a matrix has as columns. */
const MANY = 6

function cell(check: CheckResult | undefined): string {
  if (!check) return '<td><span class="lead">not tried</span></td>'
  const lines = evidenceLines(check)
  return [
    `<td${check.pass ? '' : ` class="wrong k-${check.verdict}"`}${attributes({ title: lines.join('\n') })}>`,
    `<details><summary>${verdict(check.verdict)}</summary>${list(lines)}</details>`,
    ...(check.pass ? [] : [`<span class="complaint">${escaped(complaint(check))}</span>`]),
    '</td>',
  ].join('')
}

const verdict = (kind: Verdict): string => `<span class="verdict k-${kind}">${signElement(kind)}${kind}</span>`

const list = (lines: readonly string[]): string =>
  `<ul class="lines">${lines.map(line => `<li>${escaped(line)}</li>`).join('')}</ul>`

function evidenceTable(results: readonly CheckResult[]): string {
  return table('All checks with their evidence', {
    head: ['Check', 'From', 'To', 'Request', 'Expected', 'Verdict', 'Evidence', 'Tries', 'Took'],
    rows: results.map(check => [
      escaped(`${check.suite}/${ownId(check)}`),
      escaped(check.from),
      escaped(check.to),
      `<code>${escaped(check.request)}</code>`,
      escaped(check.expected ?? 'anything'),
      verdict(check.verdict),
      list(evidenceLines(check)),
      String(check.attempts),
      escaped(duration(check.ms)),
    ]),
    numbers: [7, 8],
  })
}

interface Table {
  readonly head: readonly string[]
  /** Of HTML; the first of each heads its row. */
  readonly rows: readonly (readonly string[])[]
  /** Columns of numbers. */
  readonly numbers?: readonly number[]
  readonly foot?: readonly string[]
}

function table(caption: string, { head, rows, numbers = [], foot }: Table): string {
  const align = (column: number) => (numbers.includes(column) ? ' class="number"' : '')
  const row = (cells: readonly string[]) =>
    `<tr>${cells
      .map((content, column) =>
        column === 0 ? `<th scope="row">${content}</th>` : `<td${align(column)}>${content}</td>`,
      )
      .join('')}</tr>`
  return scrolling(
    caption,
    [
      `<table><caption>${escaped(caption)}</caption>`,
      `<thead><tr>${head.map((title, column) => `<th scope="col"${align(column)}>${escaped(title)}</th>`).join('')}</tr></thead>`,
      `<tbody>${rows.map(row).join('\n')}</tbody>`,
      ...(foot ? [`<tfoot>${row(foot)}</tfoot>`] : []),
      '</table>',
    ].join(''),
  )
}

function steps({ steps }: Report): string {
  return table('The steps of the walkthrough, and what each still has to do', {
    head: ['Step', 'State', 'Title', 'To do'],
    rows: steps.map(step => [
      escaped(step.id),
      `<span class="verdict">${STATE_SIGNS[step.state]} ${step.state}</span>`,
      escaped(step.title),
      stateNotes(step).length > 0 ? list(stateNotes(step)) : 'nothing',
    ]),
  })
}

function inventory(topology: Topology): string {
  return inventoryOf(topology)
    .map(({ caption, head, rows, empty }) =>
      rows.length > 0
        ? table(caption, { head, rows: rows.map((cells: Cells) => cells.map(escaped)) })
        : `<p><strong>${escaped(caption)}:</strong> ${escaped(empty)}</p>`,
    )
    .join('\n')
}

function costs({ costs }: Report): string {
  const { items, unknown } = costs
  return [
    items.length === 0
      ? '<p>Nothing that stands costs money by itself.</p>'
      : table('What stands and goes on costing money, US dollars an hour', {
          head: ['What', 'How many', 'An hour'],
          rows: items.map(({ what, count, hourly }) => [escaped(what), String(count), dollars(hourly)]),
          numbers: [1, 2],
          foot: ['Together', '', escaped(totalText(costs))],
        }),
    `<p class="lead">List prices of us-east-1, rounded; traffic, storage and logs are not in it.${
      unknown.length > 0 ? ` Not counted, because it could not be read: ${escaped(unknown.join(', '))}.` : ''
    }</p>`,
  ].join('\n')
}

const versions = ({ versions }: Report): string =>
  table('What runs in which version', {
    head: ['What', 'Version'],
    rows: versions.map(({ of, version }) => [escaped(of), escaped(version)]),
  })
