import { writeWhole } from '../checks/write-whole.ts'
import { Exit, Failure } from '../engine/failure.ts'
import { htmlPage } from './html.ts'
import { markdownReport } from './markdown.ts'
import { picturesOf, type Report } from './report.ts'
import { svgFile } from './svg.ts'

export { assertWritable } from '../checks/writable.ts'

const WRITERS = {
  html: htmlPage,
  svg: report => svgFile(picturesOf(report), report.title),
  markdown: markdownReport,
} as const satisfies Record<string, (report: Report) => string>

export async function writeReport(file: string, format: keyof typeof WRITERS, report: Report): Promise<void> {
  await writeWhole(file, WRITERS[format](report))
}

export const nothingToWrite = (): Failure =>
  new Failure({
    code: 'USAGE',
    exit: Exit.usage,
    message: 'Say what to write: --html FILE, --svg FILE or --markdown FILE.',
    suggestions: ['ecs-ambient report --html mesh.html'],
  })
