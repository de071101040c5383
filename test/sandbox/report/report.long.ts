import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { keepRun, runRecordFile } from '../../../src/lib/checks/run-record.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts'
import { cli } from '../../support/cli.ts'
import { everyVerdict } from '../../unit/report/world.ts'
import { startWalkthrough } from '../support.ts'

describe('report on the sandbox', function () {
  this.timeout(60_000)
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'report-'))
  })
  after(() => rm(directory, { recursive: true }))

  const file = (name: string) => join(directory, name)
  const text = (name: string) => readFile(file(name), 'utf8')

  describe('of a mesh that stands', () => {
    let sandbox: Sandbox
    before(async () => {
      sandbox = await startWalkthrough()
    })
    after(() => sandbox.close())
    const run = (...args: string[]) => cli(args, { env: sandbox.environment, cwd: directory })

    const data = () => sandbox.environment.ECS_AMBIENT_DATA_DIR ?? ''

    it('says what is there, and that no checks of this cluster are known', async () => {
      await keepRun(runRecordFile(data(), 'us-east-1', 'other'), everyVerdict())
      const writes = sandbox.calls.log.filter(call => call.writes).length
      const { code, json, stderr } = await run(
        'report',
        '--html',
        'a.html',
        '--svg',
        'a.svg',
        '--markdown',
        'a.md',
        '--json',
      )
      expect(code, stderr).to.equal(0)
      const { result } = json()
      expect(result).to.deep.include({ lastRun: null })
      expect(result.files.map(({ format }: { format: string }) => format)).to.deep.equal(['html', 'svg', 'markdown'])
      const [cluster] = result.topology.ecs
      expect(
        cluster.services.map(({ name, membership }: { name: string; membership: string }) => [name, membership]),
      ).to.deep.equal([
        ['echo-service', 'in'],
        ['shell-task', 'in'],
      ])
      expect(await text('a.html'))
        .to.include('No run of checks is known')
        .and.include('echo-service.ecs.local')
      expect(await text('a.svg')).to.include('spiffe://cluster.local/ns/ecs/sa/default')
      expect(await text('a.md')).to.include('Services of ECS cluster ecs-ambient-ecs')
      expect(sandbox.calls.log.filter(call => call.writes)).to.have.length(writes)
      expect((await readdir(directory)).filter(name => name.endsWith('.tmp'))).to.deep.equal([])
    })

    it('draws the arrows of the last run', async () => {
      await keepRun(runRecordFile(data(), 'us-east-1', 'ambient-ecs'), everyVerdict())
      const { json } = await run('report', '--svg', 'b.svg', '--json')
      expect(json().result.lastRun).to.equal(everyVerdict().at)
      expect(await text('b.svg')).to.include('data-label="unreachable, expected denied-l4"')
      expect(await text('b.svg')).not.to.include('not there now')
    })

    it('status shows the same in sixty columns', async () => {
      const { stdout } = await run('status')
      expect(stdout).to.include('└─ ● shell-task: 1 of 1 task, ztunnel')
    })
  })

  describe('where nothing is deployed', () => {
    let sandbox: Sandbox
    before(async () => {
      sandbox = await startSandbox({ speed: 400 })
    })
    after(() => sandbox.close())
    const run = (...args: string[]) => cli(args, { env: sandbox.environment, cwd: directory })

    it('writes a report that says so', async () => {
      const { code, stderr } = await run('report', '--html', 'nothing.html')
      expect(code, stderr).to.equal(0)
      expect(await text('nothing.html'))
        .to.include('Nothing is deployed')
        .and.include('There is no such EKS cluster.')
    })

    it('refuses to write nothing, or where it cannot, before it reads anything', async () => {
      const before = sandbox.calls.log.length
      const [none, unwritable, device] = await Promise.all([
        run('report', '--json'),
        run('report', '--html', '/dev/null/a.html', '--json'),
        run('report', '--svg', '/dev/null'),
      ])
      expect(none.code).to.equal(2)
      expect(none.json().error.message).to.include('--html FILE')
      expect(unwritable.code).to.equal(2)
      expect(unwritable.json().error.code).to.equal('REPORT_UNWRITABLE')
      expect(device.code).to.equal(2)
      expect(sandbox.calls.log).to.have.length(before)
    })
  })
})
