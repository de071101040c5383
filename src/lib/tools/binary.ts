/** For which operating system and architecture an executable was built, as its own header says. */
export interface Platform {
  readonly os: 'linux' | 'darwin' | 'windows'
  /** As Go names them; `any` for a file that holds several. */
  readonly arch: string
}

/** How much of a file's beginning is needed. */
export const HEADER_LENGTH = 4096

const ELF: Readonly<Record<number, string>> = { 62: 'amd64', 183: 'arm64', 40: 'armv7' }
const MACH_O: Readonly<Record<number, string>> = { 16777223: 'amd64', 16777228: 'arm64' }
const PE: Readonly<Record<number, string>> = { 34404: 'amd64', 43620: 'arm64', 452: 'armv7' }

/** Undefined where it is no executable of a known kind. */
export function platformOf(header: Buffer): Platform | undefined {
  if (header.length < 64) return undefined
  if (header.readUInt32BE(0) === 0x7f454c46) return platform('linux', ELF[header.readUInt16LE(18)])
  if (header.readUInt32LE(0) === 0xfeedfacf) return platform('darwin', MACH_O[header.readUInt32LE(4)])
  if (header.readUInt32BE(0) === 0xcafebabe) return platform('darwin', 'any')
  if (header.toString('latin1', 0, 2) === 'MZ') return portableExecutable(header)
  return undefined
}

function portableExecutable(header: Buffer): Platform | undefined {
  const start = header.readUInt32LE(0x3c)
  if (start + 6 > header.length || header.toString('latin1', start, start + 4) !== 'PE\0\0') return undefined
  return platform('windows', PE[header.readUInt16LE(start + 4)])
}

const platform = (os: Platform['os'], arch: string | undefined): Platform => ({ os, arch: arch ?? 'unknown' })
