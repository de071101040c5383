import { randomUUID } from 'node:crypto'
import { access, constants, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { create } from 'tar'
import { Exit, Failure } from '../engine/failure.ts'
import { makeDirectory } from '../make-directory.ts'
import { type BundleFile, type Collecting, json, type Part } from './part.ts'
import type { Redactor, TakenOut } from './redactor.ts'

export interface Bundle {
  readonly file: string
  /** Paths within the bundle. */
  readonly files: readonly string[]
  readonly takenOut: readonly TakenOut[]
  /** What could not be read, and why. */
  readonly missing: readonly { readonly part: string; readonly why: string }[]
}

/** Characters of one file that are kept: a log can be one endless line. */
const LARGEST = 2_000_000
/** The directory that everything lies in when it is unpacked. */
const ROOT = 'ecs-ambient-support'

/**
 * Looks at every part side by side, takes out what nobody else should see, and packs it. A part that can't be read is
 * named in the bundle and keeps nothing else out.
 *
 * @throws Failure `BUNDLE_UNWRITABLE` (exit 2)
 */
export async function writeBundle(
  file: string,
  parts: readonly Part[],
  collecting: Collecting,
  redactor: Redactor,
): Promise<Bundle> {
  const target = resolve(file)
  await assertWritable(target)
  const missing: { part: string; why: string }[] = []
  const collected = await Promise.all(
    parts.map(async part => {
      try {
        return await part.collect(collecting)
      } catch (error) {
        missing.push({ part: part.name, why: error instanceof Error ? error.message : String(error) })
        return []
      }
    }),
  )
  const files = collected
    .flat()
    .map(({ path, text }) => ({ path: redactor.redact(path), text: redactor.redact(text.slice(-LARGEST)) }))
  const told = missing.map(({ part, why }) => ({ part, why: redactor.redact(why) }))
  const takenOut = redactor.takenOut()
  const contents = json('contents.json', { files: files.map(({ path }) => path), missing: told, takenOut })
  await pack(target, [...files, contents])
  return { file: target, files: files.map(({ path }) => path), takenOut, missing: told }
}

async function pack(target: string, files: readonly BundleFile[]): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'ecs-ambient-support-'))
  const half = join(dirname(target), `.${basename(target)}.${randomUUID()}`)
  try {
    for (const { path, text } of files) {
      const at = join(directory, ROOT, path)
      await makeDirectory(dirname(at))
      await writeFile(at, text, { mode: 0o600 })
    }
    await create({ gzip: true, portable: true, file: half, cwd: directory }, [ROOT])
    await rename(half, target)
  } catch (cause) {
    throw unwritable(target, cause)
  } finally {
    await Promise.all([rm(directory, { recursive: true, force: true }), rm(half, { force: true })])
  }
}

/** Before anything is asked of AWS. */
async function assertWritable(file: string): Promise<void> {
  try {
    if (!(await stat(dirname(file))).isDirectory()) throw new Error(`${dirname(file)} is no directory`)
    await access(dirname(file), constants.W_OK)
    const there = await stat(file).catch(() => undefined)
    if (there?.isDirectory()) throw new Error('it is a directory')
    if (there) await access(file, constants.W_OK)
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

const unwritable = (file: string, cause: unknown): Failure =>
  new Failure({
    code: 'BUNDLE_UNWRITABLE',
    exit: Exit.usage,
    message: `${file} can't be written.`,
    why: [cause instanceof Error ? cause.message : String(cause)],
    suggestions: ['Name another file: ecs-ambient support-bundle FILE'],
    cause,
  })
