import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { cli } from '../../support/cli.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** What users install has no sources: it must do the same from what was built of them. */
describe('the package, built', function () {
  this.timeout(180_000)
  let directory: string
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'ecs-ambient-package-'))
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(directory, 'dist')])
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] }
    for (const file of ['package.json', ...files]) {
      if (file !== 'dist' && !file.endsWith('manifest.json'))
        cpSync(join(ROOT, file), join(directory, file), { recursive: true })
    }
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  it('builds a mesh on the sandbox', async () => {
    const { code, stdout, stderr } = await cli(['up', '--sandbox', '--yes', '--json'], {
      program: join(directory, 'bin/run.js'),
    })
    expect(code, stderr).to.equal(0)
    expect(JSON.parse(stdout)).to.include({ ok: true })
  })

  it('says what is wrong with a command that does not exist', async () => {
    const { code, stderr } = await cli(['iam', 'ensur'], { program: join(directory, 'bin/run.js') })
    expect(code).to.equal(2)
    expect(stderr).to.include('iam ensure')
  })
})
