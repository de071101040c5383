import { expect } from 'chai'
import type { Fault } from '../../src/sandbox/calls.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { cli } from '../support/cli.ts'

describe('ecs-ambient doctor', function () {
  this.timeout(60_000)
  let sandbox: Sandbox

  before(async () => {
    sandbox = await startSandbox({ speed: 400 })
  })
  afterEach(() => {
    sandbox.calls.fault = () => undefined
  })
  after(() => sandbox?.close())

  const doctor = (...args: readonly string[]) => cli(['doctor', ...args], { env: sandbox.environment })

  it('--pre passes before anything is built', async () => {
    const { code, json } = await doctor('--pre', '--json')
    const { ok, command, result } = json()
    expect([code, ok, command]).to.deep.equal([0, true, 'doctor'])
    expect(result.summary).to.deep.equal({ ok: 13, warnings: 0, failed: 0, notApplicable: 1 })
    expect(result.checks[0]).to.have.keys('code', 'title', 'area', 'state', 'why', 'page', 'ms')
  })

  it('exits 3 where something failed, and shows all the same what it found', async () => {
    const { code, json } = await doctor('--only', 'eks', '--json')
    const { ok, error, result } = json()
    expect([code, ok, error.code, error.exitCode]).to.deep.equal([3, false, 'DOCTOR_FAILED', 3])
    expect(error.suggestions).to.deep.equal(['ecs-ambient cluster create'])
    expect(result.summary).to.deep.equal({ ok: 1, warnings: 0, failed: 1, notApplicable: 5 })
  })

  it('says in short only what is not well, and what to do', async () => {
    const { code, stdout } = await doctor('--only', 'EA120[12]', '--output', 'short')
    expect(code).to.equal(3)
    expect(stdout).to.match(/× EA1201 .*\n {2}there is no EKS cluster .*\n {2}fix: ecs-ambient cluster create\n/)
    expect(stdout).to.match(/see: docs\/checks\/EA1201.md/)
    expect(stdout).not.to.match(/EA1202/)
  })

  it('does not stay for an answer that it gave up on', async () => {
    const { promise: until, resolve: release } = Promise.withResolvers<void>()
    const held: Fault = { kind: 'hold', when: 'before', until }
    sandbox.calls.fault = ({ operation }) => (operation === 'DescribeClusterVersions' ? held : undefined)
    const { code, stdout } = await doctor('--only', 'EA1202', '--timeout', '1s')
    release()
    expect(code).to.equal(0)
    expect(stdout).to.match(/‼ EA1202 .*\n {2}no answer within 1 s/)
  })

  it('names the nearest check, and exits 2, for one that there is not', async () => {
    const { code, stderr } = await doctor('--only', 'EA1O01')
    expect(code).to.equal(2)
    expect(stderr).to.match(/NO_SUCH_CHECK[\s\S]*doctor --only EA1001/)
  })
})
