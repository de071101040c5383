import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/**
 * Makes a directory and those above it that are missing. Node's own recursive mkdir never ends where a file system answers
 * ENOENT though the directory above is there, as /proc does: it takes that for a missing parent, over and over.
 *
 * @throws the system's error for the first directory that can't be made
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  const missing: string[] = []
  let at = resolve(path)
  while (!(await isThere(at))) {
    missing.unshift(at)
    at = dirname(at)
  }
  for (const directory of missing) {
    await mkdir(directory, { mode }).catch((error: NodeJS.ErrnoException) => {
      // Somebody else has made it meanwhile.
      if (error.code !== 'EEXIST') throw error
    })
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path) return false
    throw error
  }
  throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: 'ENOTDIR' })
}
