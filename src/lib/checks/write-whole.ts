import { rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeDirectory } from '../make-directory.ts'

/** Writes a file by a temporary one and a rename, so that no reader ever sees half of it. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await makeDirectory(dirname(file))
  const temporary = `${file}.${process.pid}.tmp`
  await writeFile(temporary, text)
  await rename(temporary, file)
}
