import { type AnyCheck, AREAS } from './check.ts'

/** What every page tells, in this order. The head is made from the catalogue, the rest is written by hand. */
export const SECTIONS = ['What is looked at', 'Why it matters', 'What to do'] as const

export const headOf = ({ code, title, area, when }: AnyCheck): string =>
  `# ${code}: ${title}\n\nArea \`${area}\`${when === 'pre' ? ', also before anything is built (`doctor --pre`)' : ''}.\n`

export const emptyPage = (check: AnyCheck): string =>
  [headOf(check), ...SECTIONS.map(section => `## ${section}\n`)].join('\n')

export function indexPage(checks: readonly AnyCheck[]): string {
  const tables = AREAS.map(area => {
    const rows = checks
      .filter(check => check.area === area)
      .map(({ code, title }) => `| [${code}](${code}.md) | ${title} |`)
    return `## ${area}\n\n| code | what should be so |\n| --- | --- |\n${rows.join('\n')}\n`
  })
  return ['# What `ecs-ambient doctor` looks at\n', ...tables].join('\n')
}
