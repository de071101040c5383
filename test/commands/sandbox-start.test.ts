import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { cli } from '../support/cli.ts'

describe('sandbox start', function () {
  this.timeout(30_000)
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ecs-ambient-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))
  const start = (...args: readonly string[]) => cli(['sandbox', 'start', ...args])

  for (const port of ['99999', '-1', '65536']) {
    it(`takes no port ${port}: exit 2, which ones there are, and nothing has been made`, async () => {
      const { code, stderr } = await start('--dir', join(directory, 'x'), '--port', port)
      expect(code).to.equal(2)
      expect(stderr).to.match(new RegExp(`SANDBOX_PORT\\): ${port} is no port`))
      expect(stderr).to.match(/Why:\n.*from 0 to 65535[\s\S]*Try this:\n.*leave --port out/)
      expect(existsSync(join(directory, 'x'))).to.equal(false)
    })
  }

  it('says what is wrong with a port that is no number', async () => {
    const { code, stderr } = await start('--port', 'http')
    expect([code, stderr.split('\n')[0]]).to.deep.equal([
      2,
      'Error (USAGE): --port: Expected an integer but received: http',
    ])
  })

  it('says that a port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => other.once('listening', resolve))
    const { port } = other.address() as { port: number }
    const { code, stderr } = await start('--dir', directory, '--port', String(port))
    other.close()
    expect(code).to.equal(2)
    expect(stderr).to.match(
      new RegExp(`can't listen on port ${port}[\\s\\S]*Another process listens there[\\s\\S]*--port`),
    )
  })

  it('says that a directory can not be used', async () => {
    const { code, stderr } = await start('--dir', '/dev/null/x')
    expect(code).to.equal(2)
    expect(stderr).to.match(/SANDBOX_DIRECTORY[\s\S]*\/dev\/null[\s\S]*--dir DIR/)
  })

  it('takes port 0 for any free one, and answers how to use the one that runs', async () => {
    const running: Sandbox = await startSandbox({ dir: directory, port: 0 })
    const { code, stderr } = await start('--dir', directory)
    await running.close()
    expect(code).to.equal(2)
    expect(stderr).to.include(`Use it: ecs-ambient sandbox env --dir ${directory}\n`)
    const gone = await cli(['sandbox', 'env', '--dir', directory])
    expect(gone.code).to.equal(3)
    expect(gone.stderr).to.include(`ecs-ambient sandbox start --dir ${directory}\n`)
  })
})
