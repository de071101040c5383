import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { extract } from 'tar'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type CliOptions, cli } from '../support/cli.ts'

const STEPS = ['cluster', 'gateway-api', 'istio', 'iam', 'namespace', 'east-west', 'ecs', 'enroll', 'apps']

/** The whole life of a mesh by separate commands, each a process of its own, all on one sandbox that is running. */
describe('separate commands on a running sandbox', function () {
  this.timeout(60_000)
  let sandbox: Sandbox
  before(async () => {
    sandbox = await startSandbox({ speed: 400 })
  })
  after(() => sandbox.close())

  const run = (args: string[], options: CliOptions = {}) =>
    cli(args, { ...options, env: { ...sandbox.environment, ...options.env } })
  const writes = () => sandbox.calls.log.filter(call => call.writes)
  const steps = (result: { steps: { id: string }[] }) => new Map(result.steps.map(step => [step.id, step as never]))

  it('up --dry-run plans every step and says which inputs are still to come', async () => {
    const { code, json } = await run(['up', '--dry-run', '--json'])
    expect(code).to.equal(0)
    const { ok, command, result } = json()
    expect({ ok, command }).to.deep.equal({ ok: true, command: 'up' })
    const status = Object.fromEntries(
      result.steps.map((step: { id: string; status: string }) => [step.id, step.status]),
    )
    expect(status).to.include({
      cluster: 'changed',
      iam: 'changed',
      ecs: 'pending',
      enroll: 'pending',
      apps: 'pending',
    })
    expect(writes()).to.deep.equal([])
  })

  it('up --yes builds it all, and stdout is one JSON document', async () => {
    const { code, json, stderr } = await run(['up', '--yes', '--json'])
    expect(code, stderr).to.equal(0)
    const { ok, result, warnings } = json()
    expect(ok).to.equal(true)
    expect(warnings).to.deep.equal([])
    expect([...steps(result).keys()]).to.deep.equal(STEPS)
    for (const step of result.steps) {
      expect(step).to.have.all.keys('id', 'status', 'changes', 'facts', 'ms')
      expect(step.status, step.id).to.equal('changed')
      for (const change of step.changes) expect(change).to.include.all.keys('action', 'kind', 'name')
    }
    expect(result.steps[6].facts).to.have.property('vpcId').that.matches(/^vpc-/)
    expect(result.steps[6].facts).to.have.property('subnetIds').that.is.an('array').that.is.not.empty
  })

  it('up again changes nothing and writes nothing', async () => {
    const before = writes().length
    const { code, json } = await run(['up', '--yes', '--json'])
    expect(code).to.equal(0)
    const result = json().result
    expect(result.steps.map(({ status }: { status: string }) => status)).to.deep.equal(STEPS.map(() => 'unchanged'))
    expect(writes().slice(before)).to.deep.equal([])
  })

  it('status says that all is ready', async () => {
    const [plain, json] = await Promise.all([run(['status']), run(['status', '--json'])])
    expect(plain.code).to.equal(0)
    expect(plain.stdout.match(/ready/g)).to.have.length(STEPS.length)
    const states = json.json().result.steps.map(({ state }: { state: string }) => state)
    expect(states).to.deep.equal(STEPS.map(() => 'ready'))
  })

  it('env prints what a shell can evaluate', async () => {
    const { code, stdout } = await run(['env'], { env: { OWNER_NAME: 'team one' } })
    expect(code).to.equal(0)
    const lines = stdout.trim().split('\n')
    expect(lines.every(line => /^export [A-Z_]+=/.test(line))).to.equal(true)
    expect(stdout).to.include('TASK_ROLE_ARN=arn:aws:iam::111122223333:role/ecs/ambient/eks-ecs-task-role')
    expect(stdout).to.include("export OWNER_NAME='team one'")
    expect(stdout).not.to.include('LICENSE')
  })

  it('exec exits with the code of the command, and carries its output byte for byte', async () => {
    const [seven, missing, json] = await Promise.all([
      run(['ecs', 'exec', '--', 'sh', '-c', 'printf "a\\nb"; echo oops >&2; exit 7']),
      run(['ecs', 'exec', '--service', 'nowhere', '--', 'true']),
      run(['ecs', 'exec', '--json', '--', 'echo', 'héllo']),
    ])
    expect(seven).to.include({ code: 7, stdout: 'a\nb', stderr: 'oops\n' })
    expect(missing.code).to.equal(125)
    expect(missing.stderr).to.include('EXEC_NO_TASK')
    expect(json.json().result).to.deep.equal({ exitCode: 0, stdout: 'héllo\n', stderr: '' })
  })

  it('policies come and go by name', async () => {
    const applied = await run(['policy', 'apply', 'eks-deny', '--json'])
    expect(applied.json().result.steps[0].status).to.equal('changed')
    const listed = await run(['policy', 'list', '--json'])
    expect(listed.json().result.policies).to.deep.include({
      kind: 'AuthorizationPolicy',
      name: 'eks-echo-deny',
      namespace: 'default',
      action: 'DENY',
      builtIn: 'eks-deny',
      ours: true,
    })
    const asIs = await run(['test', 'run', 'baseline', '--as-is', '--timeout', '2', '--json'])
    expect(asIs.code).to.equal(4)
    expect(asIs.json().error.code).to.equal('VERDICT_UNEXPECTED')
    expect(asIs.json().result.summary.failed).to.equal(2)
    await run(['policy', 'remove', 'eks-deny'])
    const none = await run(['policy', 'list', '--json'])
    expect(none.json().result.policies).to.deep.equal([])
  })

  it('test run --all comes to every expected verdict and leaves no policy behind', async () => {
    const { code, json, stderr } = await run(['test', 'run', '--all', '--json'])
    expect(code, stderr).to.equal(0)
    const { checks, summary } = json().result
    expect(summary).to.deep.equal({ passed: checks.length, failed: 0, total: checks.length })
    for (const check of checks) {
      expect(check).to.include.all.keys(
        'id',
        'from',
        'to',
        'request',
        'expected',
        'verdict',
        'pass',
        'attempts',
        'ms',
        'evidence',
      )
    }
    const listed = await run(['policy', 'list', '--json'])
    expect(listed.json().result.policies).to.deep.equal([])
  })

  it("prints the guide's lists in the guide's form", async () => {
    const { code, stdout } = await run(['test', 'run', 'tests/ecs-test-commands.txt'])
    expect(code).to.equal(0)
    expect(stdout).to.match(/^Using Task ID: [0-9a-f]+\n-----\nRunning command: curl eks-echo.default:8080\n/)
    expect(stdout).to.include('Hostname=').and.to.include('Running command: curl -I httpbin.org\nHTTP/1.1 200 OK')
  })

  it('support-bundle packs states, events and logs, without licence and account ids', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ecs-ambient-'))
    const licence = 'licence-that-nobody-may-see'
    const file = join(directory, 'support.tar.gz')
    const env = { GLOO_MESH_LICENSE_KEY: licence }
    const { code, json, stderr } = await run(['support-bundle', file, '--json'], { env })
    expect(code, stderr).to.equal(0)
    const { files, missing, takenOut } = json().result
    expect(missing).to.deep.equal([])
    expect(files).to.include.members([
      'configuration.json',
      'versions.json',
      'status.json',
      'doctor.json',
      'aws/ecs/ecs-ambient-ecs.json',
      'aws/cloudformation/eksctl-ambient-ecs-cluster.json',
      'kubernetes/istio-system/Gateway.yaml',
      'kubernetes/ecs/ServiceEntry.yaml',
    ])
    for (const part of [
      /^aws\/logs\/ecs\/.*ztunnel.*\.log$/,
      /^kubernetes\/logs\/istiod-/,
      /^kubernetes\/logs\/ztunnel-/,
    ]) {
      expect(files.some((path: string) => part.test(path))).to.equal(true)
    }
    expect(takenOut.map(({ what }: { what: string }) => what)).to.include('account id')
    await extract({ file, cwd: directory })
    const texts = readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && !entry.name.endsWith('.gz'))
      .map(entry => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    expect(texts).to.have.length(files.length + 1)
    for (const text of texts) expect(text).not.to.match(/111122223333|licence-that|AKIASANDBOX/)
    expect(texts.some(text => text.includes('account-1'))).to.equal(true)
    rmSync(directory, { recursive: true })
  })

  it('unenrols and enrols one service by name', async () => {
    const out = await run(['ecs', 'unenroll', 'echo-service', '--json'])
    expect(out.code, out.stderr).to.equal(0)
    expect(out.json().result.steps[0].changes).to.have.length(1)
    const status = await run(['status', '--json'])
    expect(status.json().result.steps.find(({ id }: { id: string }) => id === 'enroll').state).to.equal('partial')
    const back = await run(['ecs', 'enroll', 'echo-service', '--json'])
    expect(back.code, back.stderr).to.equal(0)
  })

  it('--open adds the wide rules, and a run without it takes them away', async () => {
    const opened = await run(['ecs', 'deploy', '--open', '--json'])
    expect(opened.code, opened.stderr).to.equal(0)
    expect(opened.json().result.steps[0].status).to.equal('changed')
    const closed = await run(['ecs', 'deploy', '--json'])
    expect(closed.json().result.steps[0].changes.map(({ action }: { action: string }) => action)).to.include('delete')
    const again = await run(['ecs', 'deploy', '--json'])
    expect(again.json().result.steps[0].status).to.equal('unchanged')
  })

  it('cleanup --dry-run lists what would go, and nothing goes', async () => {
    const before = writes().length
    const { code, json } = await run(['cleanup', '--dry-run', '--json'])
    expect(code).to.equal(0)
    const kinds = json()
      .result.steps.flatMap(({ changes }: { changes: { kind: string }[] }) => changes)
      .map(({ kind }: { kind: string }) => kind)
    expect(kinds).to.include.members([
      'eks-cluster',
      'ecs-cluster',
      'iam-role',
      'security-group',
      'Gateway',
      'log-group',
    ])
    expect(writes().slice(before)).to.deep.equal([])
  })

  for (const removal of ['cluster delete', 'iam delete', 'cleanup --iam', 'cleanup --cluster']) {
    it(`${removal} takes nothing from under ECS services that run, and says what comes first`, async () => {
      const before = writes().length
      const { code, json } = await run([...removal.split(' '), '--yes', '--json'])
      const { code: failed, suggestions } = json().error
      expect({ code, failed }).to.deep.equal({ code: 1, failed: 'STILL_IN_USE' })
      expect(suggestions.join()).to.contain('ecs-ambient ecs delete').and.not.to.contain('eksctl delete')
      expect(writes().slice(before)).to.deep.equal([])
    })
  }

  it('cleanup --yes leaves nothing, and again is safe', async () => {
    const first = await run(['cleanup', '--yes', '--json'])
    expect(first.code, first.stderr).to.equal(0)
    expect(first.json().result.left).to.deep.equal([])
    const again = await run(['cleanup', '--yes', '--json'])
    expect(again.code, again.stderr).to.equal(0)
    expect(again.json().result.steps.every(({ status }: { status: string }) => status === 'unchanged')).to.equal(true)
  })
})
