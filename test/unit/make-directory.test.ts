import { existsSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { makeDirectory } from '../../src/lib/make-directory.ts'

describe('making a directory', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ecs-ambient-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  const codeOf = (path: string) =>
    makeDirectory(path).then(
      () => 'made',
      (error: NodeJS.ErrnoException) => error.code,
    )

  it('makes those above it, too, with the mode that is asked for', async () => {
    await makeDirectory(join(directory, 'a/b/c'), 0o700)
    expect(statSync(join(directory, 'a/b/c')).mode & 0o777).to.equal(0o700)
    expect(statSync(join(directory, 'a')).mode & 0o777).to.equal(0o700)
  })

  it('is content where it is there, and where two make it at once', async () => {
    const path = join(directory, 'a/b')
    expect(await Promise.all([codeOf(directory), codeOf(path), codeOf(path)])).to.deep.equal(['made', 'made', 'made'])
  })

  it('fails where a file is in the way', async () => {
    await writeFile(join(directory, 'file'), '')
    expect(await codeOf(join(directory, 'file'))).to.equal('ENOTDIR')
    expect(await codeOf(join(directory, 'file/a'))).to.equal('ENOTDIR')
  })

  it('fails at once where nothing can be made, and does not try for ever', async function () {
    if (!existsSync('/proc/self')) this.skip()
    expect(await codeOf('/proc/ecs-ambient/a')).to.equal('ENOENT')
  })
})
