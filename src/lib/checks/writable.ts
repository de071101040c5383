import { lstat, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Exit, Failure } from '../engine/failure.ts'
import { makeDirectory } from '../make-directory.ts'

/**
 * Finds out before the work whether what comes of it can be written; makes the directory.
 * `flag`: which names the file. @throws Failure `REPORT_UNWRITABLE` (exit 2)
 */
export async function assertWritable(file: string, flag: string): Promise<void> {
  try {
    await makeDirectory(dirname(file))
    // Permissions do not tell: a read-only file system refuses root too.
    const attempt = `${file}.${process.pid}.tmp`
    await writeFile(attempt, '')
    await rm(attempt)
    // It is put in place by a rename, which would take the place of a link or a device too.
    const there = await lstat(file).catch(() => undefined)
    if (there?.isDirectory()) throw new Error('it is a directory')
    if (there && !there.isFile()) throw new Error('it is there, and no ordinary file')
  } catch (cause) {
    throw new Failure({
      code: 'REPORT_UNWRITABLE',
      exit: Exit.usage,
      message: `The report ${file} can't be written.`,
      why: [cause instanceof Error ? cause.message : String(cause)],
      suggestions: [`Give another file: ${flag} FILE`],
      cause,
    })
  }
}
