import { randomUUID } from 'node:crypto'
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataDirectory } from '../lib/config/data-directory.ts'
import { makeDirectory } from '../lib/make-directory.ts'
import { exportLines } from './environment.ts'

/** What a running sandbox tells of itself in its directory. */
export interface Published {
  readonly pid: number
  /** Where its control port is, and what it answers there to prove that it is this one. */
  readonly control: string
  readonly identity: string
  readonly environment: Readonly<Record<string, string>>
}

export const ALIVE_PATH = '/alive'

/** The directory of a sandbox that was given none: ECS_AMBIENT_SANDBOX, else one in the user's data directory. */
export const defaultDirectory = (environment: NodeJS.ProcessEnv = process.env): string =>
  environment.ECS_AMBIENT_SANDBOX || join(dataDirectory(environment), 'sandbox')

export const binDirectory = (directory: string): string => join(directory, 'bin')
const publishedFile = (directory: string): string => join(directory, 'sandbox.json')
export const environmentFile = (directory: string): string => join(directory, 'env.sh')

/** Makes the directory, for its owner alone: whoever reads it may use the sandbox. */
export async function makeOwnDirectory(directory: string): Promise<void> {
  await makeDirectory(directory, 0o700)
  await chmod(directory, 0o700)
}

export async function publish(directory: string, published: Published): Promise<void> {
  const lines = exportLines(published.environment, binDirectory(directory))
  await writeWhole(environmentFile(directory), `${lines.join('\n')}\n`)
  await writeWhole(publishedFile(directory), `${JSON.stringify(published, undefined, 2)}\n`)
}

export async function withdraw(directory: string): Promise<void> {
  await Promise.all([publishedFile, environmentFile].map(file => rm(file(directory), { force: true })))
}

/** The sandbox that runs in a directory, or undefined: one that has died without a word is none. */
export async function findSandbox(directory = defaultDirectory()): Promise<Published | undefined> {
  const published = await readPublished(directory)
  return published && (await answers(published)) ? published : undefined
}

async function readPublished(directory: string): Promise<Published | undefined> {
  try {
    return JSON.parse(await readFile(publishedFile(directory), 'utf8')) as Published
  } catch {
    return undefined
  }
}

async function answers({ control, identity }: Published): Promise<boolean> {
  try {
    const response = await fetch(`${control}${ALIVE_PATH}`, { signal: AbortSignal.timeout(2000) })
    return (await response.text()) === identity
  } catch {
    return false
  }
}

/** Never seen half-written, and for the owner's eyes only. */
export async function writeWhole(path: string, content: string): Promise<void> {
  const half = `${path}.${randomUUID()}`
  await writeFile(half, content, { mode: 0o600 })
  await rename(half, path)
}
