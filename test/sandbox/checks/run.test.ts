import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { listLines } from '../../../src/lib/checks/reporters/list.ts'
import { isFailure } from '../../../src/lib/engine/failure.ts'
import { kindRef } from '../../../src/lib/kubernetes/objects.ts'
import { type CliOptions, cli } from '../../support/cli.ts'
import { type CheckWorld, failedIds, on, resultOf, startChecks } from './world.ts'

describe('checks in a whole walkthrough', function () {
  this.timeout(90_000)
  let world: CheckWorld

  before(async () => {
    world = await startChecks()
  })
  after(() => world?.close())

  const policies = async () =>
    (await world.kubernetes.list(kindRef('AuthorizationPolicy'))).map(({ metadata: { name } }) => name)
  const waypoints = async () => (await world.kubernetes.list(kindRef('Gateway'), { namespace: 'ecs' })).length

  it('all pass, with evidence asked for strictly, and leave nothing behind', async () => {
    const run = await world.run([], { all: true, evidence: 'strict' })
    expect(failedIds(run)).to.deep.equal([])
    expect(run.summary.total).to.equal(24)
    expect(run.warnings).to.deep.equal([])
    expect(await policies()).to.deep.equal([])
    expect(await waypoints()).to.equal(0)
  })

  it('show by the logs of both sides who called whom, and which policy refused', async () => {
    const run = await world.run(['ecs-deny'])
    expect(resultOf(run, 'ecs-deny/ecs-to-eks').evidence.witness).to.include({
      kind: 'hbone',
      source: 'spiffe://cluster.local/ns/ecs/sa/default',
      destination: 'spiffe://cluster.local/ns/default/sa/default',
    })
    for (const id of ['ecs-deny/eks-to-ecs', 'ecs-deny/ecs-to-ecs']) {
      expect(resultOf(run, id).evidence.proof, id).to.include({ kind: 'log', policy: 'ecs/ecs-deny-all' })
    }
  })

  it('prove a denial without any log, by the same call before and after', async () => {
    const { evidence } = resultOf(await world.run(['eks-deny'], { evidence: 'off' }), 'eks-deny/ecs-to-eks')
    expect(evidence.proof).to.include({ kind: 'before-and-after' })
  })

  it('put back what they found', async () => {
    await world.policies.apply('ecs-deny', new AbortController().signal)
    const run = await world.run(['baseline'])
    expect(failedIds(run)).to.deep.equal([])
    expect(await policies()).to.deep.equal(['ecs-deny-all'])
    await world.policies.remove('ecs-deny', new AbortController().signal)
    expect(await policies()).to.deep.equal([])
  })

  it('leave alone what stands with as-is, and name what refuses', async () => {
    await world.policies.apply('post-only', new AbortController().signal)
    const run = await world.run(['baseline'], { asIs: true })
    expect(failedIds(run)).to.deep.equal(['baseline/eks-to-ecs', 'baseline/ecs-to-ecs'])
    const { verdict, evidence } = resultOf(run, 'baseline/ecs-to-ecs')
    expect(verdict).to.equal('denied-l7')
    expect(evidence.policies).to.deep.equal([
      'ecs/post-only (ALLOW; rule 1: from namespaces default, ecs, to methods POST)',
    ])
    expect(await policies()).to.deep.equal(['post-only'])
    await world.policies.remove('post-only', new AbortController().signal)
    await world.policies.waypoint(false, new AbortController().signal)
  })

  it('put the policies back when they are interrupted in the middle', async () => {
    const stop = new AbortController()
    const run = await world.run(
      ['ecs-deny'],
      {},
      { signal: stop.signal, emit: on('policy.applied', () => stop.abort()) },
    )
    expect(isFailure(run.aborted?.error) && run.aborted.error.exit).to.equal(130)
    expect(await policies()).to.deep.equal([])
  })

  it("run the guide's list in the ECS shell task, and show it in the guide's form", async () => {
    const run = await world.run(['tests/ecs-test-commands.txt'])
    const [using, ...lines] = listLines(run.checks)
    expect(using).to.match(/^Using Task ID: [0-9a-f]{32}$/)
    expect(lines.slice(0, 3)).to.deep.equal(['-----', 'Running command: curl eks-echo.default:8080', 'ServiceVersion='])
    expect(lines).to.include('Running command: curl -I httpbin.org').and.include('HTTP/1.1 200 OK')
  })

  it('send what looks like shell as text', async () => {
    await writeFile(join(world.directory, 'odd.txt'), `-H "X-A: $(id); \`id\`" eks-echo.default:8080/?q=;ls\n`)
    const { output } = resultOf(await world.run(['odd.txt']), 'odd/1')
    expect(output).to.contain('RequestHeader=X-A:$(id); `id`\n').and.contain('URL=/?q=;ls')
  })

  it('run a suite of your own, with a policy from a file beside it', async () => {
    const policy = {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'from-file', namespace: 'ecs' },
      spec: { action: 'DENY', rules: [{ from: [{ source: { namespaces: ['default'] } }] }] },
    }
    await writeFile(join(world.directory, 'from-file.yaml'), JSON.stringify(policy))
    const suite = `name: mine
state: { policies: [./from-file.yaml] }
checks:
  - { id: refused, from: eks/shell, to: ecs/echo, expect: denied-l4 }
  - { id: untouched, from: ecs/shell, to: ecs/echo, request: { path: /x }, expect: allowed }
`
    await writeFile(join(world.directory, 'mine.yaml'), suite)
    const run = await world.run(['mine.yaml'])
    expect(failedIds(run)).to.deep.equal([])
    expect(await policies()).to.deep.equal([])
  })

  it('are reported to files, and repeated where they failed', async () => {
    world.sandbox.mesh.faults.dead.add('eks-echo')
    const junit = join(world.directory, 'reports', 'junit.xml')
    const markdown = join(world.directory, 'summary.md')
    const dataDirectory = join(world.directory, 'data')
    const failed = await world.run(['baseline'], { junit, markdown, dataDirectory, only: ['eks/shell->*'] })
    expect(failedIds(failed)).to.deep.equal(['baseline/eks-to-eks'])
    expect(await readFile(junit, 'utf8')).to.contain('<testsuites name="ecs-ambient" tests="2" failures="1"')
    expect(await readFile(markdown, 'utf8')).to.contain('❌ 2 checks')
    world.sandbox.mesh.faults.dead.clear()
    const again = await world.run([], { dataDirectory, failed: true })
    expect(again.checks.map(({ id, pass }) => `${id} ${pass}`)).to.deep.equal(['baseline/eks-to-eks true'])
    expect((await world.run([], { dataDirectory, failed: true })).summary.total).to.equal(0)
  })

  it('are repeated as they ran: with what was expected, and as it stood', async () => {
    const dataDirectory = join(world.directory, 'repeated')
    await writeFile(join(world.directory, 'list.txt'), 'eks-echo.default:8080\nechoservice.ecs.local:8080\n')
    await world.policies.apply('eks-deny', new AbortController().signal)
    try {
      const first = await world.run(['list.txt'], { dataDirectory, asIs: true, expect: 'allowed' })
      expect(failedIds(first)).to.deep.equal(['list/1', 'list/2'])
      const again = await world.run([], { dataDirectory, failed: true })
      expect(failedIds(again)).to.deep.equal(['list/1', 'list/2'])
      expect(resultOf(again, 'list/1')).to.include({ expected: 'allowed' })
      expect(await policies()).to.deep.equal(['eks-echo-deny'])
    } finally {
      await world.policies.remove('eks-deny', new AbortController().signal)
    }
  })

  it("that need the name of somebody else's policy say which command takes that over", async () => {
    const other = {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'ecs-deny-all', namespace: 'ecs' },
      spec: { action: 'ALLOW', rules: [{}] },
    }
    const { sandbox } = world
    sandbox.kubernetes.get('ambient-ecs')?.store.create(other)
    try {
      const { aborted } = await world.run(['ecs-deny'])
      const planned = await world.plan(['ecs-deny']).catch((error: unknown) => error)
      for (const error of [aborted?.error, planned]) {
        expect(isFailure(error) && [error.code, error.suggestions[0]]).to.deep.equal([
          'NOT_OURS',
          'To take it over: ecs-ambient policy apply ecs-deny --adopt',
        ])
      }
    } finally {
      await world.kubernetes.delete(other)
    }
  })

  it('that can not begin are reported as an error, in JUnit too', async () => {
    const junit = join(world.directory, 'aborted.xml')
    const run = await world.run(['nosuch'], { junit })
    expect(isFailure(run.aborted?.error) && run.aborted.error.code).to.equal('UNKNOWN_SUITE')
    expect(await readFile(junit, 'utf8')).to.contain('type="UNKNOWN_SUITE"')
  })

  it('do not begin where their report could not be written', async () => {
    const outcome = await world.run(['baseline'], { junit: world.directory }).catch((error: unknown) => error)
    expect(outcome).to.include({ code: 'REPORT_UNWRITABLE', exit: 2 })
  })

  describe('by the command', () => {
    const run = (args: readonly string[], watch: CliOptions['watch'] = () => undefined) =>
      cli(['test', 'run', ...args], {
        env: { ...world.sandbox.environment, ECS_AMBIENT_DATA_DIR: world.directory },
        cwd: world.directory,
        watch,
      })

    it('have exit code 0 and one document where all is as expected', async () => {
      const { code, json } = await run(['--json', 'baseline'])
      expect(code).to.equal(0)
      expect(json().result.summary).to.deep.equal({ passed: 5, failed: 0, total: 5 })
      expect(json().result.checks[0]).to.include.keys([
        ...['id', 'from', 'to', 'request', 'expected', 'verdict', 'pass', 'attempts', 'ms', 'evidence'],
      ])
    })

    it('say that there is nothing to repeat, and that nothing is known to be repeated', async () => {
      const env = { ...world.sandbox.environment, ECS_AMBIENT_DATA_DIR: join(world.directory, 'fresh') }
      const failed = () => cli(['test', 'run', '--failed'], { env, cwd: world.directory })
      const first = await failed()
      expect([first.code, first.stderr]).to.deep.equal([
        0,
        'warning: Nothing is known of a run before, of which what failed could be repeated: all checks are run.\n',
      ])
      expect(first.stdout).to.contain('5 checks: 5 passed')
      const second = await failed()
      expect([second.code, second.stdout, second.stderr]).to.deep.equal([0, 'Nothing failed in the last run.\n', ''])
    })

    it('are only planned with --dry-run: nothing is written, neither there nor here', async () => {
      const kept = join(world.directory, 'planned')
      const args = ['test', 'run', '--dry-run', '--json', 'baseline', 'post-only', '--junit', join(kept, 'junit.xml')]
      const env = { ...world.sandbox.environment, ECS_AMBIENT_DATA_DIR: kept }
      const first = world.sandbox.calls.log.length
      const { code, json, stderr } = await cli(args, { env, cwd: world.directory })
      expect(code, stderr).to.equal(0)
      expect(world.sandbox.calls.log.slice(first).filter(({ writes }) => writes)).to.deep.equal([])
      expect(await readdir(kept).catch(() => [])).to.deep.equal([])
      const { result } = json()
      expect(result).to.deep.include({
        dryRun: true,
        restore: [
          { action: 'delete', kind: 'policy', name: 'post-only' },
          { action: 'delete', kind: 'waypoint', name: 'waypoint' },
        ],
      })
      expect(
        result.suites.map(({ suite, checks }: { suite: string; checks: object[] }) => [suite, checks.length]),
      ).to.deep.equal([
        ['baseline', 5],
        ['post-only', 9],
      ])
      expect(result.suites[1].state).to.deep.equal({ policies: ['post-only'], waypoint: true })
    })

    it('have exit code 4 where one is not, and say so', async () => {
      await writeFile(join(world.directory, 'wrong.yaml'), WRONG)
      const { code, stdout, stderr } = await run(['wrong.yaml', '--timeout', '1s'])
      expect(code).to.equal(4)
      expect(stdout).to.contain('ecs/shell  ✘ allowed')
      expect(stderr).to.contain('VERDICT_UNEXPECTED')
    })

    it('have exit code 2 for a wrong name', async () => {
      const { code, json } = await run(['--json', 'eks-dney'])
      expect(code).to.equal(2)
      expect(json().error).to.include({ code: 'UNKNOWN_SUITE', exitCode: 2 })
    })

    it('have exit code 0 for a list, whatever it comes to', async () => {
      await writeFile(join(world.directory, 'away.txt'), 'nosuch.ecs.local:8080\n')
      const { code, stdout } = await run(['away.txt'])
      expect(code).to.equal(0)
      expect(stdout).to.contain('Running command: curl nosuch.ecs.local:8080\ncurl: (97)')
    })

    it('put the policies back on Ctrl-C, with exit code 130', async () => {
      world.sandbox.mesh.faults.stuck = true
      const { code } = await run(['eks-deny', '--json'], child =>
        child.stderr?.on('data', (text: string) => {
          if (text.includes('policy eks-deny applied')) child.kill('SIGINT')
        }),
      )
      world.sandbox.mesh.faults.stuck = false
      expect(code).to.equal(130)
      expect(await policies()).to.deep.equal([])
    })
  })
})

const WRONG = `name: wrong
checks: [{ id: one, from: ecs/shell, to: eks/echo, expect: denied-l4 }]
`
