import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { loadSettings } from '../../../src/lib/config/load.ts'
import type { Key } from '../../../src/lib/config/schema.ts'
import { exportFiles, WORKFLOW, writeExport } from '../../../src/lib/walkthrough/export.ts'

const given = new Map<Key, unknown>([
  ['clusterName', 'mine'],
  ['eksVersion', '1.30'],
  ['license', 'licence-that-nobody-may-see'],
  ['profile', 'demo'],
  ['istioctl', '/home/me/istioctl'],
  ['hub', 'registry.example/istio'],
])
const files = (range: readonly string[] = []) =>
  exportFiles({ settings: { region: 'eu-west-1' }, given, range, version: '1.2.3' })

describe('the export', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ecs-ambient-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  it('holds what was given, nothing secret and nothing of this machine', async () => {
    const text = files()
      .map(({ content }) => content)
      .join('\n')
    expect(text).not.to.match(/licence-that|demo|\/home\/me/)
    await writeExport(directory, files())
    const settings = loadSettings({ flags: {}, environment: {}, directory })
    expect(settings).to.include({
      region: 'eu-west-1',
      clusterName: 'mine',
      eksVersion: '1.30',
      hub: 'registry.example/istio',
    })
  })

  it('has a workflow that builds, checks and collects what support needs', () => {
    const workflow = parse(files()[1]?.content ?? '')
    const steps: { run?: string; if?: string }[] = workflow.jobs.walkthrough.steps
    const runs = steps.flatMap(({ run }) => run ?? [])
    expect(runs).to.include('ecs-ambient up --yes')
    expect(runs.some(run => run.startsWith('ecs-ambient test run --all --junit'))).to.equal(true)
    expect(steps.find(({ if: when }) => when === 'failure()')?.run).to.match(/support-bundle/)
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the workflow's own syntax
    expect(workflow.jobs.walkthrough.env.GLOO_MESH_LICENSE_KEY).to.equal('${{ secrets.GLOO_MESH_LICENSE_KEY }}')
  })

  it('installs the version that wrote it, and says how that is done from a checkout', () => {
    const { steps } = parse(files()[1]?.content ?? '').jobs.walkthrough
    const { run } = steps.find(({ name }: { name?: string }) => name === 'Install ecs-ambient')
    expect(run).to.match(/^npm install --global ecs-ambient@1\.2\.3$/m)
    expect(files()[1]?.content).to.include('run: |-\n          # As it is published')
    expect(run).to.match(/^# As it is published[\s\S]*^# .*npm ci.* && npm install --global \.\/ecs-ambient$/m)
  })

  it('builds no more than was asked for, and then has nothing to check', () => {
    const text = files(['--until', 'ecs'])[1]?.content ?? ''
    expect(text).to.include('ecs-ambient up --yes --until ecs').and.not.to.include('test run')
  })

  it('writes over what it wrote itself, and never over what is somebody else’s', async () => {
    await writeExport(directory, files())
    await writeExport(directory, files(['--until', 'ecs']))
    expect(readFileSync(join(directory, WORKFLOW), 'utf8')).to.include('--until ecs')
    const theirs = 'clusterName: theirs\n'
    rmSync(join(directory, '.github'), { recursive: true })
    writeFileSync(join(directory, 'ecs-ambient.yaml'), theirs)
    const error = await writeExport(directory, files()).catch(error => error)
    expect(error).to.include({ code: 'EXPORT_IN_THE_WAY', exit: 2 })
    expect(readFileSync(join(directory, 'ecs-ambient.yaml'), 'utf8')).to.equal(theirs)
    expect(readdirSync(directory)).to.deep.equal(['ecs-ambient.yaml'])
  })

  it('is refused where nothing can be written', async () => {
    writeFileSync(join(directory, 'file'), '')
    const error = await writeExport(join(directory, 'file'), files()).catch(error => error)
    expect(error).to.include({ code: 'EXPORT_UNWRITABLE', exit: 2 })
  })
})
