import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { istioctlFlag } from '../cli/flags.ts'
import { statesJson } from '../cli/results.ts'
import type { Session } from '../cli/session.ts'
import type { Report } from '../lib/report/report.ts'

const FORMATS = ['html', 'svg', 'markdown'] as const
type Format = (typeof FORMATS)[number]

export default class ReportCommand extends BaseCommand<typeof ReportCommand> {
  static override description = 'draw what stands, with the verdicts of the last run of checks'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --html mesh.html',
    '<%= config.bin %> <%= command.id %> --svg mesh.svg --markdown mesh.md',
  ]
  static override flags = {
    html: Flags.string({ description: 'write one page that needs nothing else', helpValue: 'FILE' }),
    svg: Flags.string({ description: 'write the picture alone', helpValue: 'FILE' }),
    markdown: Flags.string({ description: 'write Markdown, for a wiki', helpValue: 'FILE' }),
    ...istioctlFlag,
  }
  static override readonly standsOn = 'everything'

  protected override async refuse(): Promise<void> {
    const { assertWritable, nothingToWrite } = await import('../lib/report/files.ts')
    const files = this.#files()
    if (files.length === 0) throw nothingToWrite()
    for (const { file, format } of files) await assertWritable(file, `--${format}`)
  }

  protected override async perform(session: Session): Promise<object> {
    const report = await this.#report(session)
    const { writeReport } = await import('../lib/report/files.ts')
    const files = this.#files()
    for (const { file, format } of files) await writeReport(file, format, report)
    this.say(files.map(({ file }) => `written: ${file}`))
    const { topology, run, costs, steps } = report
    return { files, topology, ...statesJson(steps), costs, lastRun: run?.at ?? null }
  }

  #files(): readonly { readonly format: Format; readonly file: string }[] {
    return FORMATS.flatMap(format => {
      const file = this.flags[format]
      return file === undefined ? [] : [{ format, file }]
    })
  }

  async #report({ settings, read, plan }: Session): Promise<Report> {
    const { allSteps } = await import('../lib/steps/index.ts')
    const { dataDirectory } = await import('../lib/config/data-directory.ts')
    const { lastRun, runRecordFile } = await import('../lib/checks/run-record.ts')
    const { readFacts } = await import('../lib/report/facts.ts')
    const { topologyOf } = await import('../lib/report/topology.ts')
    const { reportOf } = await import('../lib/report/report.ts')
    const [steps, facts, run] = await Promise.all([
      plan(allSteps),
      readFacts(settings, read, { askMesh: true }),
      lastRun(runRecordFile(dataDirectory(), settings.region, settings.clusterName)),
    ])
    const topology = topologyOf(facts, settings)
    return reportOf({ settings, topology, run, steps, version: this.config.version, madeAt: new Date() })
  }
}
