import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type CheckOptions, listChecks } from '../../../src/lib/checks/index.ts'
import { lastRunFile, rememberRun } from '../../../src/lib/checks/last-run.ts'
import { readClients } from '../../../src/lib/steps/clients.ts'
import { settings } from '../../support/settings.ts'
import { resultFor } from './results.ts'

const OPTIONS = (directory: string): CheckOptions => ({
  ...{ names: [], all: false, asIs: false, only: [], failed: false },
  directory,
  dataDirectory: directory,
})

describe('listing checks', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'checks-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  /** Whoever asks AWS or Kubernetes fails. */
  const unreachable = readClients(settings({ kubeconfig: '/nowhere' }))
  const list = (more: Partial<CheckOptions> = {}, istioVersion: string | undefined = '1.24.1', clients = unreachable) =>
    listChecks({ ...OPTIONS(directory), ...more }, settings({ istioVersion }), clients)
  const names = async (more: Partial<CheckOptions>) => (await list(more)).map(({ name }) => name)
  const codeOf = async (more: Partial<CheckOptions>) =>
    list(more).then(
      () => 'none',
      (error: { code: string; exit: number }) => `${error.code} ${error.exit}`,
    )

  it('has the baseline by default, and all four on request', async () => {
    expect(await names({})).to.deep.equal(['baseline'])
    expect(await names({ all: true })).to.deep.equal(['baseline', 'eks-deny', 'ecs-deny', 'post-only'])
  })

  it('names hosts as the Istio version does', async () => {
    const hosts = async (version: string) => (await list({}, version))[0]?.checks[1]?.request
    expect(await hosts('1.24.1')).to.equal('curl echo-service.ecs.local:8080')
    expect(await hosts('1.28.0')).to.equal('curl echo-service.ecs-ambient-ecs.ecs.local:8080')
  })

  it('names them as the mesh that stands does where no version is asked for, or as the guide where that is not known', async () => {
    const { istioVersion: _, ...unversioned } = settings()
    const hosts = async (version: string | undefined) => {
      const tools = { ...unreachable.tools, istioctlVersion: async () => version ?? Promise.reject(new Error('none')) }
      const clients = { ...unreachable, kubernetes: async () => undefined, tools }
      const suites = await listChecks(OPTIONS(directory), unversioned, clients)
      return suites[0]?.checks[1]?.request
    }
    expect(await hosts('1.28.0')).to.equal('curl echo-service.ecs-ambient-ecs.ecs.local:8080')
    expect(await hosts(undefined)).to.equal('curl echo-service.ecs.local:8080')
  })

  it('has with --failed what failed last, whichever suites that was in; all of the baseline where nothing is known', async () => {
    expect(await names({ failed: true })).to.deep.equal(['baseline'])
    const [suite] = await list({ names: ['eks-deny'] })
    if (!suite) throw new Error('no suite')
    const file = lastRunFile(directory, 'us-east-1', 'ambient-ecs')
    await rememberRun(file, [suite], [resultFor('eks-deny/eks-to-eks', { pass: false })], { asIs: false })
    const failed = await list({ failed: true })
    expect(failed.flatMap(({ checks }) => checks.map(({ id }) => id))).to.deep.equal(['eks-deny/eks-to-eks'])
  })

  it('refuses, with exit code 2, an unknown policy and an expectation without a list', async () => {
    const text =
      'name: x\nstate: { policies: [eks-dney] }\nchecks: [{ id: a, from: ecs/shell, to: eks/echo, expect: allowed }]\n'
    await writeFile(join(directory, 'x.yaml'), text)
    expect(await codeOf({ names: ['x.yaml'] })).to.equal('POLICY_UNKNOWN 2')
    expect(await codeOf({ names: ['baseline'], expect: 'allowed' })).to.equal('EXPECT_WITHOUT_LIST 2')
    expect(await codeOf({ only: ['[x'] })).to.equal('BAD_GLOB 2')
  })
})
