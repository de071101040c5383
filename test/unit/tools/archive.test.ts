import { access, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { Header } from 'tar'
import { isFailure } from '../../../src/lib/engine/failure.ts'
import { checkArchive, checkName, unpackArchive } from '../../../src/lib/tools/archive.ts'
import { type Platform, platformOf } from '../../../src/lib/tools/binary.ts'

const wanted = { os: 'linux', arch: 'amd64', istioVersion: '1.24.1' }
const NAME = 'istioctl-1.24.1-solo-linux-amd64.tar.gz'

/** Headers of executables, as their formats define them. */
function elf(machine: number): Buffer {
  const header = Buffer.alloc(128)
  header.write('\x7fELF', 'latin1')
  header.writeUInt16LE(machine, 18)
  return header
}
function machO(cpu: number): Buffer {
  const header = Buffer.alloc(128)
  header.writeUInt32LE(0xfeedfacf, 0)
  header.writeUInt32LE(cpu, 4)
  return header
}
function pe(machine: number): Buffer {
  const header = Buffer.alloc(256)
  header.write('MZ', 'latin1')
  header.writeUInt32LE(0x80, 0x3c)
  header.write('PE\0\0', 0x80, 'latin1')
  header.writeUInt16LE(machine, 0x84)
  return header
}
const LINUX = elf(0x3e)

interface Entry {
  readonly path: string
  readonly content?: Buffer
  readonly type?: 'File' | 'SymbolicLink' | 'Link' | 'Directory' | 'CharacterDevice' | 'FIFO'
  readonly linkpath?: string
  /** Other than the content's, to lie about it. */
  readonly size?: number
}

/** An archive block by block, so that it can hold what no packer would write. */
function archive(...entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ path, content = Buffer.alloc(0), type = 'File', linkpath = '', size }) => {
    const block = Buffer.alloc(512)
    new Header({ path, mode: 0o755, size: size ?? content.length, type, linkpath, mtime: new Date(0) }).encode(block, 0)
    const padding = Buffer.alloc((512 - (content.length % 512)) % 512)
    return [block, content, padding]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

describe('unpacking istioctl', () => {
  let directory: string
  let data: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ecs-ambient-'))
    data = join(directory, 'data')
  })
  afterEach(() => rm(directory, { recursive: true }))

  const put = async (content: Buffer, name = NAME) => {
    const path = join(directory, name)
    await writeFile(path, content)
    return path
  }
  const failure = async (path: string, code: string) => {
    const error = await unpackArchive(path, wanted, data).catch((reason: unknown) => reason)
    if (!isFailure(error)) throw new Error(`expected a Failure, got ${error}`)
    expect(error).to.include({ code, exit: 2 })
    const checked = await checkArchive(path, wanted, data).catch((reason: unknown) => reason)
    expect(checked, 'the same without unpacking').to.include({ code, exit: 2 })
    expect(await readdir(join(data, 'bin')).catch(() => []), 'nothing half-written').to.deep.equal([])
    return error
  }

  for (const [what, entries] of [
    ['at the top', [{ path: 'istioctl', content: LINUX }]],
    ['below a dot', [{ path: './istioctl', content: LINUX }]],
    [
      'in a release',
      [
        { path: 'istio-1.24.1-solo/', type: 'Directory' },
        { path: 'istio-1.24.1-solo/bin/istioctl', content: LINUX },
        { path: 'istio-1.24.1-solo/tools/istioctl.bash', content: Buffer.from('x') },
      ],
    ],
  ] as [string, Entry[]][]) {
    it(`takes it ${what}, makes it executable, and deletes the archive`, async () => {
      const path = await put(gzipSync(archive(...entries)))
      const unpacked = await unpackArchive(path, wanted, data)
      expect(unpacked).to.deep.equal({ path: join(data, 'bin', 'istioctl'), version: '1.24.1' })
      expect(await readFile(unpacked.path)).to.deep.equal(LINUX)
      expect((await stat(unpacked.path)).mode & 0o777).to.equal(0o755)
      expect(await readdir(join(data, 'bin'))).to.deep.equal(['istioctl'])
      const gone = await access(path).then(
        () => false,
        () => true,
      )
      expect(gone).to.equal(true)
    })
  }

  it('can be checked first: nothing is written, and the archive stays', async () => {
    const path = await put(gzipSync(archive({ path: 'istioctl', content: LINUX })))
    const checked = await checkArchive(path, wanted, data)
    expect(checked).to.deep.equal({ path: join(data, 'bin', 'istioctl'), version: '1.24.1' })
    expect(await readdir(directory)).to.deep.equal([NAME])
  })

  const evil: readonly [string, string, readonly Entry[]][] = [
    ['a path that goes up', 'ARCHIVE_UNSAFE', [{ path: '../istioctl', content: LINUX }]],
    ['a path that goes up in the middle', 'ARCHIVE_UNSAFE', [{ path: 'a/../../istioctl', content: LINUX }]],
    ['a path that goes down and up', 'ARCHIVE_UNSAFE', [{ path: 'a/../istioctl', content: LINUX }]],
    ['an absolute path', 'ARCHIVE_UNSAFE', [{ path: '/tmp/istioctl', content: LINUX }]],
    ['a path of Windows', 'ARCHIVE_UNSAFE', [{ path: 'a\\..\\..\\istioctl', content: LINUX }]],
    ['a path with a drive', 'ARCHIVE_UNSAFE', [{ path: 'C:/istioctl', content: LINUX }]],
    [
      'a symbolic link',
      'ARCHIVE_UNSAFE',
      [
        { path: 'bin', type: 'SymbolicLink', linkpath: '/etc' },
        { path: 'bin/istioctl', content: LINUX },
      ],
    ],
    ['a link instead of it', 'ARCHIVE_UNSAFE', [{ path: 'istioctl', type: 'SymbolicLink', linkpath: '/bin/sh' }]],
    ['a hard link', 'ARCHIVE_UNSAFE', [{ path: 'x', type: 'Link', linkpath: '/etc/passwd' }]],
    ['a device', 'ARCHIVE_UNSAFE', [{ path: 'x', type: 'CharacterDevice' }]],
    ['evil after the good', 'ARCHIVE_UNSAFE', [{ path: 'istioctl', content: LINUX }, { path: '../x' }]],
    ['none of it', 'ARCHIVE_CONTENT', [{ path: 'readme', content: Buffer.from('x') }]],
    ['a folder of its name', 'ARCHIVE_CONTENT', [{ path: 'istioctl/', type: 'Directory' }]],
    [
      'two of it',
      'ARCHIVE_CONTENT',
      [
        { path: 'istioctl', content: LINUX },
        { path: 'bin/istioctl', content: LINUX },
      ],
    ],
    ['a script', 'ARCHIVE_CONTENT', [{ path: 'istioctl', content: Buffer.from('#!/bin/sh\necho 1') }]],
    ['an empty file', 'ARCHIVE_CONTENT', [{ path: 'istioctl' }]],
    ['one for another system', 'ARCHIVE_PLATFORM', [{ path: 'istioctl', content: machO(0x01000007) }]],
    ['one for another architecture', 'ARCHIVE_PLATFORM', [{ path: 'istioctl', content: elf(0xb7) }]],
  ]
  for (const [what, code, entries] of evil) {
    it(`refuses an archive with ${what}, and keeps it`, async () => {
      const path = await put(gzipSync(archive(...entries)))
      await failure(path, code)
      await access(path)
    })
  }

  it('refuses an archive that is cut off, wherever', async () => {
    const content = Buffer.concat([LINUX, Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251))])
    const whole = gzipSync(archive({ path: 'istioctl', content }))
    for (const length of [0, 10, Math.floor(whole.length / 2), whole.length - 4]) {
      await failure(await put(whole.subarray(0, length)), 'ARCHIVE_DAMAGED')
    }
    const short = archive({ path: 'istioctl', content, size: 9000 }).subarray(0, 4096)
    await failure(await put(gzipSync(short)), 'ARCHIVE_DAMAGED')
  })

  it('refuses what is no archive', async () => {
    await failure(await put(Buffer.from('hello')), 'ARCHIVE_DAMAGED')
    await failure(await put(gzipSync(Buffer.from('hello'))), 'ARCHIVE_DAMAGED')
  })

  it('says that there is no such file', async () => {
    await failure(join(directory, NAME), 'ARCHIVE_UNREADABLE')
  })

  it('keeps the istioctl that is there when the new one is refused', async () => {
    await unpackArchive(await put(gzipSync(archive({ path: 'istioctl', content: LINUX }))), wanted, data)
    const path = await put(gzipSync(archive({ path: 'istioctl', content: elf(0xb7) })))
    const error = await unpackArchive(path, wanted, data).catch((reason: unknown) => reason)
    expect(error).to.include({ code: 'ARCHIVE_PLATFORM' })
    expect(await readFile(join(data, 'bin', 'istioctl'))).to.deep.equal(LINUX)
  })
})

describe('the name of an archive', () => {
  const right: readonly [string, typeof wanted | { os: string; arch: string }, string][] = [
    [NAME, wanted, '1.24.1'],
    ['istioctl-1.24.1-patch0-solo-linux-arm64.tar.gz', { os: 'linux', arch: 'arm64' }, '1.24.1-patch0'],
    ['istioctl-1.24.1-solo-osx-arm64.tar.gz', { os: 'darwin', arch: 'arm64' }, '1.24.1'],
    ['istioctl-1.24.1-solo-darwin-arm64.tar.gz', { os: 'darwin', arch: 'arm64' }, '1.24.1'],
    ['istio-1.28.0-solo-linux-amd64.tar.gz', { os: 'linux', arch: 'amd64' }, '1.28.0'],
    ['istioctl-1.24.1-solo-windows-amd64.tar.gz', { os: 'windows', arch: 'amd64' }, '1.24.1'],
  ]
  for (const [name, platform, version] of right) {
    it(`${name} fits ${platform.os} ${platform.arch}`, () => {
      expect(checkName(name, platform)).to.deep.equal({ version })
    })
  }

  const wrong: readonly [string, string][] = [
    ['istioctl.tar.gz', 'ARCHIVE_NAME'],
    ['istioctl-1.24.1-linux-amd64.tar.gz', 'ARCHIVE_NAME'],
    ['istioctl-1.24.1-solo-linux-amd64.zip', 'ARCHIVE_NAME'],
    ['istioctl-1.24.1-solo-osx-amd64.tar.gz', 'ARCHIVE_PLATFORM'],
    ['istioctl-1.24.1-solo-linux-arm64.tar.gz', 'ARCHIVE_PLATFORM'],
    ['istioctl-1.26.3-solo-linux-amd64.tar.gz', 'ARCHIVE_VERSION'],
  ]
  for (const [name, code] of wrong) {
    it(`${name} is refused`, () => {
      expect(() => checkName(name, wanted))
        .to.throw()
        .with.include({ code, exit: 2 })
    })
  }
})

describe('the header of an executable', () => {
  const cases: readonly [string, Buffer, Platform | undefined][] = [
    ['ELF amd64', elf(0x3e), { os: 'linux', arch: 'amd64' }],
    ['ELF arm64', elf(0xb7), { os: 'linux', arch: 'arm64' }],
    ['ELF arm', elf(0x28), { os: 'linux', arch: 'armv7' }],
    ['ELF of something else', elf(0xf3), { os: 'linux', arch: 'unknown' }],
    ['Mach-O amd64', machO(0x01000007), { os: 'darwin', arch: 'amd64' }],
    ['Mach-O arm64', machO(0x0100000c), { os: 'darwin', arch: 'arm64' }],
    [
      'Mach-O of both',
      Buffer.concat([Buffer.from('cafebabe', 'hex'), Buffer.alloc(64)]),
      { os: 'darwin', arch: 'any' },
    ],
    ['PE amd64', pe(0x8664), { os: 'windows', arch: 'amd64' }],
    ['PE arm64', pe(0xaa64), { os: 'windows', arch: 'arm64' }],
    ['MZ without PE', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(128)]), undefined],
    ['MZ that points outside', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(128, 0xff)]), undefined],
    ['text', Buffer.from('#!/bin/sh\n'.padEnd(128)), undefined],
    ['nothing', Buffer.alloc(0), undefined],
  ]
  for (const [what, header, platform] of cases) {
    it(what, () => expect(platformOf(header)).to.deep.equal(platform))
  }
})
