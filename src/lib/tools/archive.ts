import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, rename, rm } from 'node:fs/promises'
import { basename, join, posix } from 'node:path'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Parser, type ReadEntry } from 'tar'
import { dataDirectory, makeDataFolder } from '../config/data-directory.ts'
import type { Settings } from '../config/settings.ts'
import { Exit, Failure, isFailure } from '../engine/failure.ts'
import { HEADER_LENGTH, platformOf } from './binary.ts'
import { withoutSolo } from './istioctl.ts'

export interface Unpacked {
  readonly path: string
  /** Without `-solo`. */
  readonly version: string
}

type Wanted = Pick<Settings, 'os' | 'arch' | 'istioVersion'>

/** Bytes that an archive may unpack to; the real ones hold about 150 MB. */
const LARGEST = 2 ** 30

/**
 * Takes istioctl out of the vendor's archive into our data directory, whole or not at all, and deletes the archive
 * once it is there. Nothing else of the archive is written anywhere.
 *
 * @throws Failure as `checkArchive` does
 */
export async function unpackArchive(archive: string, wanted: Wanted, directory = dataDirectory()): Promise<Unpacked> {
  const unpacked = placeOf(archive, wanted, directory)
  const folder = join(directory, 'bin')
  await makeDataFolder(folder)
  const half = join(folder, `.istioctl-${randomUUID()}`)
  try {
    checkBinary(await extract(archive, () => createWriteStream(half, { mode: 0o600 })), archive, wanted)
    await chmod(half, 0o755)
    await rename(half, unpacked.path)
  } finally {
    await rm(half, { force: true })
  }
  await rm(archive)
  return unpacked
}

/**
 * Reads the whole archive, writes nothing, and answers what `unpackArchive` would.
 *
 * @throws Failure (exit 2) `ARCHIVE_UNREADABLE`, `ARCHIVE_NAME`, `ARCHIVE_PLATFORM`, `ARCHIVE_VERSION`,
 *   `ARCHIVE_DAMAGED`, `ARCHIVE_UNSAFE`, `ARCHIVE_CONTENT`
 */
export async function checkArchive(archive: string, wanted: Wanted, directory = dataDirectory()): Promise<Unpacked> {
  const unpacked = placeOf(archive, wanted, directory)
  checkBinary(await extract(archive, nowhere), archive, wanted)
  return unpacked
}

function placeOf(archive: string, wanted: Wanted, directory: string): Unpacked {
  const { version } = checkName(basename(archive), wanted)
  return { path: join(directory, 'bin', wanted.os === 'windows' ? 'istioctl.exe' : 'istioctl'), version }
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })

const NAME =
  /^(?:istioctl|istio)-(?<version>\d[\w.+-]*?)-(?<os>linux|darwin|osx|windows|win)-(?<arch>amd64|arm64|armv7)\.tar\.gz$/

/** The vendor's name says what is inside: another platform or version is refused before anything is read. */
export function checkName(name: string, { os, arch, istioVersion }: Wanted): { readonly version: string } {
  const groups = NAME.exec(name)?.groups
  if (groups === undefined || !groups.version?.includes('-solo')) {
    throw new Failure({
      code: 'ARCHIVE_NAME',
      exit: Exit.usage,
      message: `${name} is not named like an istioctl archive of Solo.io.`,
      suggestions: [`The archive for this machine is called istioctl-<version>-solo-${os}-${arch}.tar.gz.`],
    })
  }
  const found = { osx: 'darwin', win: 'windows' }[groups.os ?? ''] ?? groups.os
  if (found !== os || groups.arch !== arch) throw otherPlatform(name, `${found} ${groups.arch}`, { os, arch })
  const version = withoutSolo(groups.version)
  if (istioVersion === undefined || withoutSolo(istioVersion) === version) return { version }
  throw new Failure({
    code: 'ARCHIVE_VERSION',
    exit: Exit.usage,
    message: `${name} holds Istio ${version}, but ISTIO_VERSION is ${istioVersion}.`,
    suggestions: [`export ISTIO_VERSION=${version}`, 'Or ask Solo.io for the archive of the other version.'],
  })
}

const otherPlatform = (name: string, found: string, { os, arch }: Pick<Wanted, 'os' | 'arch'>): Failure =>
  new Failure({
    code: 'ARCHIVE_PLATFORM',
    exit: Exit.usage,
    message: `${name} is for ${found}, but this is ${os} ${arch}.`,
    suggestions: [`Ask Solo.io for the archive for ${os} ${arch}.`, 'Or set OS and ARCH where they are wrong.'],
  })

/** Writes the one istioctl of the archive to a target; answers its first bytes. */
async function extract(archive: string, target: () => Writable): Promise<Buffer> {
  const name = basename(archive)
  let found = 0
  let size = 0
  let written: Promise<void> | undefined
  let problem: Failure | undefined
  let header = Buffer.alloc(0)
  async function* keepingHeader(content: AsyncIterable<Buffer>) {
    for await (const chunk of content) {
      if (header.length < HEADER_LENGTH) header = Buffer.concat([header, chunk.subarray(0, HEADER_LENGTH)])
      yield chunk
    }
  }
  const parser = new Parser({
    strict: true,
    onReadEntry: entry => {
      size += entry.size
      problem ??=
        whyRefused(entry, name) ?? (size > LARGEST ? refuse(name, 'it unpacks to more than 1 GiB') : undefined)
      const isTool = entry.type === 'File' && /^istioctl(\.exe)?$/.test(posix.basename(entry.path))
      if (isTool) found += 1
      if (!isTool || found > 1 || problem) return entry.resume()
      written = pipeline(entry, keepingHeader, target())
      // Its failure is the archive's own, which is thrown below.
      written.catch(() => {})
      return entry
    },
  })
  try {
    await pipeline(createReadStream(archive), createGunzip(), parser as unknown as NodeJS.WritableStream)
    await written
  } catch (error) {
    throw problem ?? damaged(name, error)
  }
  if (problem) throw problem
  if (found === 1) return header.subarray(0, HEADER_LENGTH)
  throw new Failure({
    code: 'ARCHIVE_CONTENT',
    exit: Exit.usage,
    message: `${name} holds ${found === 0 ? 'no istioctl' : `${found} files called istioctl`}; there should be one.`,
    suggestions: ASK_AGAIN,
  })
}

const ASK_AGAIN = ['Download the archive again, or ask Solo.io for another one.']

/** Why an entry makes the whole archive one that can't be trusted. */
function whyRefused({ path, type }: ReadEntry, name: string): Failure | undefined {
  const normal = posix.normalize(path.replaceAll('\\', '/'))
  const escapes = posix.isAbsolute(normal) || /^[A-Za-z]:/.test(normal) || normal.split('/').includes('..')
  if (escapes || path.split(/[\\/]/).includes('..')) return refuse(name, `it would write outside its folder: ${path}`)
  if (!PLAIN.has(type)) return refuse(name, `${path} is a ${type}, not a file or folder`)
  return undefined
}

const PLAIN = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory', 'GNUDumpDir'])

const refuse = (name: string, why: string): Failure =>
  new Failure({
    code: 'ARCHIVE_UNSAFE',
    exit: Exit.usage,
    message: `${name} is not safe to unpack, and was not.`,
    why: [why],
    suggestions: ASK_AGAIN,
  })

function damaged(name: string, cause: unknown): Failure {
  if (isFailure(cause)) return cause
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const unreadable = ['ENOENT', 'EACCES', 'EISDIR'].includes(code)
  return new Failure({
    code: unreadable ? 'ARCHIVE_UNREADABLE' : 'ARCHIVE_DAMAGED',
    exit: Exit.usage,
    message: unreadable ? `${name} can't be read.` : `${name} is cut off or damaged.`,
    why: [cause instanceof Error ? cause.message : String(cause)],
    suggestions: unreadable ? ['Give the path of the archive that Solo.io sent.'] : ASK_AGAIN,
    cause,
  })
}

function checkBinary(header: Buffer, archive: string, { os, arch }: Wanted): void {
  const found = platformOf(header)
  if (found?.os === os && (found.arch === arch || found.arch === 'any')) return
  if (found) throw otherPlatform(`istioctl in ${basename(archive)}`, `${found.os} ${found.arch}`, { os, arch })
  throw new Failure({
    code: 'ARCHIVE_CONTENT',
    exit: Exit.usage,
    message: `istioctl in ${basename(archive)} is not an executable.`,
    suggestions: ASK_AGAIN,
  })
}
