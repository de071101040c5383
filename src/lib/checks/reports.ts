import { access, constants, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Exit, Failure } from '../engine/failure.ts'
import { junitXml } from './reporters/junit.ts'
import { markdown } from './reporters/markdown.ts'
import type { ChecksRun } from './result.ts'
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

/** Finds out before half an hour of checks whether their report can be written. @throws Failure `REPORT_UNWRITABLE` (exit 2) */
export async function assertWritable(files: ReportFiles): Promise<void> {
  for (const [kind, file] of wanted(files)) {
    try {
      await mkdir(dirname(file), { recursive: true })
      await access(dirname(file), constants.W_OK)
      const there = await stat(file).catch(() => undefined)
      if (there?.isDirectory()) throw new Error('it is a directory')
    } catch (cause) {
      throw new Failure({
        code: 'REPORT_UNWRITABLE',
        exit: Exit.usage,
        message: `The report ${file} can't be written.`,
        why: [cause instanceof Error ? cause.message : String(cause)],
        suggestions: [`Give another file: --${kind} FILE`],
        cause,
      })
    }
  }
}

export async function writeReports(files: ReportFiles, run: ChecksRun): Promise<void> {
  for (const [kind, file] of wanted(files)) await writeWhole(file, WRITERS[kind](run))
}
