import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { extract } from 'tar'
import { writeBundle } from '../../../src/lib/support-bundle/bundle.ts'
import type { Collecting, Part } from '../../../src/lib/support-bundle/part.ts'
import { Redactor } from '../../../src/lib/support-bundle/redactor.ts'

const collecting = {} as Collecting
const part = (name: string, collect: Part['collect']): Part => ({ name, collect })

describe('a support bundle', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ecs-ambient-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))
  const write = (file: string, parts: readonly Part[]) =>
    writeBundle(join(directory, file), parts, collecting, new Redactor({ accounts: true, secrets: {} }))

  it('holds every part, and names those that could not be read', async () => {
    const { files, missing } = await write('x.tar.gz', [
      part('good', async () => [{ path: 'a/b.log', text: 'account 111122223333\n' }]),
      part('bad', async () => {
        throw new Error('not allowed in 111122223333')
      }),
    ])
    expect(files).to.deep.equal(['a/b.log'])
    expect(missing).to.deep.equal([{ part: 'bad', why: 'not allowed in account-1' }])
    await extract({ file: join(directory, 'x.tar.gz'), cwd: directory })
    const root = join(directory, 'ecs-ambient-support')
    expect(readFileSync(join(root, 'a', 'b.log'), 'utf8')).to.equal('account account-1\n')
    const contents = JSON.parse(readFileSync(join(root, 'contents.json'), 'utf8'))
    expect(contents.missing).to.deep.equal(missing)
    expect(contents.takenOut).to.deep.equal([{ what: 'account id', instead: 'account-1', times: 2 }])
    expect(readdirSync(directory).sort()).to.deep.equal(['ecs-ambient-support', 'x.tar.gz'])
  })

  it('keeps the end of what is too long', async () => {
    await write('x.tar.gz', [part('log', async () => [{ path: 'log', text: `${'x'.repeat(3_000_000)}end` }])])
    await extract({ file: join(directory, 'x.tar.gz'), cwd: directory })
    const text = readFileSync(join(directory, 'ecs-ambient-support', 'log'), 'utf8')
    expect(text.length).to.equal(2_000_000)
    expect(text.endsWith('xend')).to.equal(true)
  })

  it('is refused with exit 2, and nothing read, where it cannot be written', async () => {
    writeFileSync(join(directory, 'file'), '')
    const never = part('never', async () => {
      throw new Error('was read')
    })
    for (const target of ['file/x.tar.gz', '.', 'nowhere/x.tar.gz']) {
      const error = await write(target, [never]).catch(error => error)
      expect(error).to.include({ code: 'BUNDLE_UNWRITABLE', exit: 2 })
    }
  })
})
