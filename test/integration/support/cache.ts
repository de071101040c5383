import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

const root = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ecs-ambient-integration')

/**
 * A folder that `make` fills once for each `key`, outside the checkout, kept for the next run. A run that is killed
 * half-way leaves nothing that a later one would take for complete.
 */
export async function cached(name: string, key: string, make: (dir: string) => Promise<void>): Promise<string> {
  const dir = join(root, `${name}-${key}`)
  if (existsSync(dir)) return dir
  await mkdir(root, { recursive: true })
  const unfinished = await mkdtemp(join(root, `.${name}-`))
  try {
    await make(unfinished)
    await rename(unfinished, dir)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (!existsSync(dir)) throw error
  }
  return dir
}

/** Changes whenever one of the texts or one of the files below the folders does. */
export async function fingerprint(texts: readonly string[], folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(text).update('\0')
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
    for (const file of files.sort())
      hash
        .update(file.slice(folder.length))
        .update(await readFile(file))
        .update('\0')
  }
  return hash.digest('hex').slice(0, 16)
}
