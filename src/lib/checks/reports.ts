import { junitXml } from './reporters/junit.ts'
import { markdown } from './reporters/markdown.ts'
import type { ChecksRun } from './result.ts'
import { assertWritable } from './writable.ts'
import { writeWhole } from './write-whole.ts'

/** Files to write a run to. */
export interface ReportFiles {
  readonly junit?: string
  readonly markdown?: string
}

const WRITERS = { junit: junitXml, markdown } as const satisfies Record<keyof ReportFiles, (run: ChecksRun) => string>

const wanted = (files: ReportFiles): readonly (readonly [keyof ReportFiles, string])[] =>
  (['junit', 'markdown'] as const).flatMap(kind => {
    const file = files[kind]
    return file === undefined ? [] : [[kind, file] as const]
  })

/** @throws Failure `REPORT_UNWRITABLE` (exit 2) */
export async function assertAllWritable(files: ReportFiles): Promise<void> {
  for (const [kind, file] of wanted(files)) await assertWritable(file, `--${kind}`)
}

export async function writeReports(files: ReportFiles, run: ChecksRun): Promise<void> {
  for (const [kind, file] of wanted(files)) await writeWhole(file, WRITERS[kind](run))
}
