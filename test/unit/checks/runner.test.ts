import { expect } from 'chai'
import { loadSuites } from '../../../src/lib/checks/catalogue.ts'
import type { Suite } from '../../../src/lib/checks/check.ts'
import type { RunContext } from '../../../src/lib/checks/context.ts'
import type { CheckResult, ChecksRun } from '../../../src/lib/checks/result.ts'
import { runSuites } from '../../../src/lib/checks/runner.ts'
import { Failure, isFailure } from '../../../src/lib/engine/failure.ts'
import { FakeMesh, places, RESET } from './fake-mesh.ts'

const load = async (...names: string[]): Promise<readonly Suite[]> =>
  (await loadSuites(names, { directory: '/', places })).suites

const run = async (mesh: FakeMesh, names: readonly string[], more: Partial<RunContext> = {}): Promise<ChecksRun> =>
  runSuites(await load(...names), mesh.context(more))

const resultOf = ({ checks }: ChecksRun, id: string): CheckResult => {
  const found = checks.find(check => check.id === id)
  if (!found) throw new Error(`no result ${id}`)
  return found
}

const failedIds = ({ checks }: ChecksRun): readonly string[] => checks.filter(({ pass }) => !pass).map(({ id }) => id)

describe('running suites', () => {
  it('passes all four built-in suites on a mesh that works, and leaves no policy behind', async () => {
    const mesh = new FakeMesh()
    const result = await run(mesh, ['baseline', 'eks-deny', 'ecs-deny', 'post-only'])
    expect(failedIds(result)).to.deep.equal([])
    expect(result.summary).to.deep.equal({ passed: 24, failed: 0, total: 24 })
    expect(result.aborted).to.equal(undefined)
    expect(await mesh.current()).to.deep.equal({ policies: [], waypoint: false })
  })

  it('tries every cell of the table, with the verdict that the table has', async () => {
    const result = await run(new FakeMesh(), ['baseline', 'eks-deny', 'ecs-deny', 'post-only'])
    const cells = result.checks.map(({ id, verdict }) => `${id} ${verdict}`)
    expect(cells).to.deep.equal([
      'baseline/eks-to-eks allowed',
      'baseline/eks-to-ecs allowed',
      'baseline/ecs-to-eks allowed',
      'baseline/ecs-to-ecs allowed',
      'baseline/ecs-to-internet allowed',
      'eks-deny/eks-to-eks denied-l4',
      'eks-deny/eks-to-ecs allowed',
      'eks-deny/ecs-to-eks denied-l4',
      'eks-deny/ecs-to-ecs allowed',
      'eks-deny/ecs-to-internet allowed',
      'ecs-deny/eks-to-eks allowed',
      'ecs-deny/eks-to-ecs denied-l4',
      'ecs-deny/ecs-to-eks allowed',
      'ecs-deny/ecs-to-ecs denied-l4',
      'ecs-deny/ecs-to-internet allowed',
      'post-only/eks-to-eks-get allowed',
      'post-only/eks-to-ecs-get denied-l7',
      'post-only/ecs-to-eks-get allowed',
      'post-only/ecs-to-ecs-get denied-l7',
      'post-only/ecs-to-internet allowed',
      'post-only/eks-to-eks-post allowed',
      'post-only/eks-to-ecs-post allowed',
      'post-only/ecs-to-eks-post allowed',
      'post-only/ecs-to-ecs-post allowed',
    ])
  })

  it('reports each check in the form that is a contract', async () => {
    const result = await run(new FakeMesh(), ['post-only'])
    const check = resultOf(result, 'post-only/ecs-to-ecs-post')
    expect(check).to.include({
      suite: 'post-only',
      from: 'ecs/shell',
      to: 'ecs/echo',
      request: 'curl -X POST echo-service.ecs.local:8080',
      expected: 'allowed',
      verdict: 'allowed',
      pass: true,
      attempts: 2,
    })
    expect(check.evidence.witness).to.include({ kind: 'hbone', source: 'spiffe://cluster.local/ns/ecs/sa/default' })
  })

  it('proves a layer 4 denial by the same call before and after', async () => {
    const mesh = new FakeMesh()
    const { evidence } = resultOf(await run(mesh, ['eks-deny']), 'eks-deny/ecs-to-eks')
    expect(evidence.proof).to.include({ kind: 'before-and-after', target: 'pod-1' })
    expect(mesh.changes).to.deep.equal(['apply eks-deny', 'remove eks-deny'])
    expect(mesh.of('phase.started').map(({ phase, checks }) => `${phase} ${checks}`)).to.deep.equal([
      'before 2',
      'with 5',
      'after 2',
    ])
  })

  it("proves it by the destination ztunnel's log where that names the policy, and then tries no more", async () => {
    const mesh = new FakeMesh()
    mesh.logsRefusals = true
    const { evidence } = resultOf(await run(mesh, ['eks-deny']), 'eks-deny/ecs-to-eks')
    expect(evidence.proof).to.include({ kind: 'log', policy: 'default/eks-deny' })
    expect(mesh.of('phase.started').map(({ phase }) => phase)).to.deep.equal(['before', 'with'])
  })

  it('reads no log with evidence off, and proves it all the same', async () => {
    const mesh = new FakeMesh()
    mesh.logsRefusals = true
    const { evidence } = resultOf(await run(mesh, ['eks-deny'], { evidence: 'off' }), 'eks-deny/ecs-to-eks')
    expect(evidence.proof).to.include({ kind: 'before-and-after' })
    expect(evidence.witness).to.equal(undefined)
  })

  it('tries all open checks of a source at once', async () => {
    const mesh = new FakeMesh()
    await run(mesh, ['baseline'])
    expect(mesh.probes).to.deep.equal([
      { from: 'eks/shell', requests: 2 },
      { from: 'ecs/shell', requests: 3 },
      { from: 'eks/shell', requests: 2 },
      { from: 'ecs/shell', requests: 3 },
    ])
  })

  it('tells what it does by events', async () => {
    const mesh = new FakeMesh()
    await run(mesh, ['eks-deny'])
    const codes = mesh.events.map(({ code }) => code).filter(code => code !== 'waiting')
    expect([...new Set(codes)]).to.deep.equal([
      'checks.started',
      'suite.started',
      'phase.started',
      'policy.applied',
      'check.started',
      'policy.removed',
      'check.finished',
      'suite.finished',
      'checks.finished',
    ])
  })
})

describe('what stands', () => {
  it('is put back: policies and waypoint', async () => {
    const mesh = new FakeMesh()
    mesh.stands('ecs-deny')
    mesh.standsWaypoint()
    const result = await run(mesh, ['baseline'])
    expect(result.summary.failed).to.equal(0)
    expect(await mesh.current()).to.deep.equal({ policies: ['ecs-deny'], waypoint: true })
  })

  it('is not touched with as-is, and what it denies is told', async () => {
    const mesh = new FakeMesh()
    mesh.stands('eks-deny')
    mesh.logsRefusals = true
    const result = await run(mesh, ['baseline'], { asIs: true })
    expect(mesh.changes).to.deep.equal([])
    expect(failedIds(result)).to.deep.equal(['baseline/eks-to-eks', 'baseline/ecs-to-eks'])
    const { verdict, evidence } = resultOf(result, 'baseline/eks-to-eks')
    expect(verdict).to.equal('denied-l4')
    expect(evidence).to.include({ layer: 'policy' })
    expect(evidence.why).to.contain('default/eks-deny')
  })

  it('proves nothing by itself: as-is, a reset without a log is unreachable', async () => {
    const mesh = new FakeMesh()
    mesh.stands('eks-deny')
    const { verdict, pass, evidence } = resultOf(await run(mesh, ['eks-deny'], { asIs: true }), 'eks-deny/eks-to-eks')
    expect({ verdict, pass }).to.deep.equal({ verdict: 'unreachable', pass: false })
    expect(evidence.why).to.contain('tested as it is')
  })

  it('is put back after an interruption in the middle of a suite, and the result says so', async () => {
    const mesh = new FakeMesh()
    mesh.stands('ecs-deny')
    const stop = new AbortController()
    mesh.onChange = change => {
      if (change === 'apply eks-deny') stop.abort()
    }
    const result = await run(mesh, ['baseline', 'eks-deny'], { signal: stop.signal })
    expect(await mesh.current()).to.deep.equal({ policies: ['ecs-deny'], waypoint: false })
    expect(result.summary).to.deep.equal({ passed: 5, failed: 0, total: 5 })
    expect(result.aborted?.suite).to.equal('eks-deny')
    expect(isFailure(result.aborted?.error) && result.aborted.error.exit).to.equal(130)
  })

  it('is put back after a policy could not be applied', async () => {
    const mesh = new FakeMesh()
    mesh.stands('ecs-deny')
    mesh.onChange = change => {
      if (change === 'apply eks-deny') throw new Failure({ code: 'FORBIDDEN', message: 'may not apply' })
    }
    const result = await run(mesh, ['eks-deny'])
    expect(await mesh.current()).to.deep.equal({ policies: ['ecs-deny'], waypoint: false })
    expect(result.aborted).to.include({ suite: 'eks-deny' })
    expect(result.summary.total).to.equal(0)
  })

  it('is named where it could not be put back, with the command that does it', async () => {
    const mesh = new FakeMesh()
    mesh.onChange = change => {
      if (change === 'remove post-only') throw new Failure({ code: 'FORBIDDEN', message: 'may not remove' })
    }
    const { aborted } = await run(mesh, ['post-only'])
    if (!isFailure(aborted?.error)) throw new Error('expected a failure')
    expect(aborted.error.code).to.equal('STATE_NOT_RESTORED')
    expect(aborted.error.stands).to.deep.equal(['policy post-only is applied'])
    expect(aborted.error.suggestions).to.deep.equal(['ecs-ambient policy remove post-only'])
    expect((await mesh.current()).waypoint).to.equal(false)
  })

  it('is left as it is, and named, when told twice to stop', async () => {
    const mesh = new FakeMesh()
    const [stop, stopNow] = [new AbortController(), new AbortController()]
    mesh.onProbe = () => {
      if (mesh.changes.length === 0) return
      stop.abort()
      stopNow.abort()
    }
    const { aborted } = await run(mesh, ['eks-deny'], { signal: stop.signal, stopNow: stopNow.signal })
    if (!isFailure(aborted?.error)) throw new Error('expected a failure')
    expect(aborted.error.exit).to.equal(130)
    expect(aborted.error.stands).to.deep.equal(['policy eks-deny is applied'])
    expect(mesh.changes).to.deep.equal(['apply eks-deny'])
  })
})

describe('propagation', () => {
  it('is waited for, and recorded', async () => {
    const mesh = new FakeMesh()
    mesh.propagation = 5_000
    // One source alone, as the pauses of another would count on this clock, which is one for both.
    const suites = (await load('eks-deny')).map(suite => ({
      ...suite,
      checks: suite.checks.filter(({ from }) => from === 'eks/shell'),
    }))
    const result = await runSuites(suites, mesh.context())
    const { pass, attempts, evidence } = resultOf(result, 'eks-deny/eks-to-eks')
    expect(pass).to.equal(true)
    expect(attempts).to.be.greaterThan(4)
    // The longest pause between two tries is 2 s, and a quarter more by jitter.
    expect(evidence.propagationMs).to.be.within(5_000, 7_500)
  })

  it('ends at a limit: a policy that never takes effect fails its cells', async () => {
    const mesh = new FakeMesh()
    mesh.propagation = Number.POSITIVE_INFINITY
    const result = await run(mesh, ['eks-deny'])
    expect(failedIds(result)).to.deep.equal(['eks-deny/eks-to-eks', 'eks-deny/ecs-to-eks'])
    expect(resultOf(result, 'eks-deny/eks-to-eks')).to.include({ verdict: 'allowed', pass: false })
    expect(resultOf(result, 'eks-deny/eks-to-eks').evidence).to.include({ layer: 'policy' })
  })

  it('is not over with one try: a verdict that comes and goes fails', async () => {
    const mesh = new FakeMesh()
    let tries = 0
    mesh.meddle = ({ from, to, policies }) => {
      if (from !== 'eks/shell' || to !== 'ecs/echo' || !policies.has('eks-deny')) return undefined
      tries += 1
      return tries % 2 ? RESET : undefined
    }
    const result = await run(mesh, ['eks-deny'])
    expect(failedIds(result)).to.deep.equal(['eks-deny/eks-to-ecs'])
  })
})

describe('a slow source', () => {
  it('fails nothing that works: each check gets its tries, however long they take', async () => {
    const mesh = new FakeMesh()
    mesh.onProbe = () => void mesh.clock.sleep(30_000)
    mesh.meddle = ({ to }) => (to === 'internet' ? { exitCode: 28 } : undefined)
    const result = await run(mesh, ['baseline'])
    expect(failedIds(result)).to.deep.equal(['baseline/ecs-to-internet'])
    expect(resultOf(result, 'baseline/ecs-to-eks').attempts).to.equal(2)
    expect(resultOf(result, 'baseline/ecs-to-internet').attempts).to.equal(2)
  })
})

/** Each of these looks like a denial to a tool that only asks whether curl failed. */
describe('a false pass', () => {
  const underPolicy =
    (then: ReturnType<FakeMesh['meddle']>): FakeMesh['meddle'] =>
    ({ to, policies }) =>
      to === 'eks/echo' && policies.has('eks-deny') ? then : undefined

  const cases: readonly {
    readonly what: string
    readonly prepare: (mesh: FakeMesh) => void
    readonly verdict: string
    readonly layer: string
  }[] = [
    {
      what: 'exec fails',
      prepare: mesh => {
        mesh.meddle = underPolicy({ kind: 'broken', layer: 'channel', why: 'the session ended' })
      },
      verdict: 'broken',
      layer: 'channel',
    },
    {
      what: 'there is no task',
      prepare: mesh => {
        mesh.meddle = underPolicy({ kind: 'broken', layer: 'task', why: 'no RUNNING task' })
      },
      verdict: 'broken',
      layer: 'task',
    },
    {
      what: "the task's agent does not run",
      prepare: mesh => {
        mesh.meddle = underPolicy({ kind: 'broken', layer: 'agent', why: 'ExecuteCommandAgent is PENDING' })
      },
      verdict: 'broken',
      layer: 'agent',
    },
    {
      what: 'the target is dead all the while, which is a 56 behind ztunnel',
      prepare: mesh => {
        mesh.meddle = ({ to }) => (to === 'eks/echo' ? RESET : undefined)
      },
      verdict: 'unreachable',
      layer: 'endpoint',
    },
    {
      what: 'the target dies under the policy and stays dead',
      prepare: mesh => {
        let dead = false
        mesh.meddle = ({ to, policies }) => {
          if (to !== 'eks/echo') return undefined
          dead ||= policies.has('eks-deny')
          return dead ? RESET : undefined
        }
      },
      verdict: 'unreachable',
      layer: 'endpoint',
    },
    {
      what: 'port 15008 is shut, which is a 56 too',
      prepare: mesh => {
        mesh.logsRefusals = false
        mesh.meddle = ({ to }) =>
          to === 'eks/echo' ? { exitCode: 52, stderr: 'curl: (52) Empty reply from server\n' } : undefined
      },
      verdict: 'unreachable',
      layer: 'endpoint',
    },
    {
      what: 'the name is not resolved',
      prepare: mesh => {
        mesh.meddle = underPolicy({ exitCode: 6, stderr: 'curl: (6) Could not resolve host: eks-echo.default\n' })
      },
      verdict: 'unreachable',
      layer: 'dns',
    },
    {
      what: 'the name is not resolved through SOCKS',
      prepare: mesh => {
        mesh.meddle = underPolicy({ exitCode: 97, stderr: "curl: (97) Can't complete SOCKS5 connection\n" })
      },
      verdict: 'unreachable',
      layer: 'dns',
    },
    {
      what: 'nothing answers in time',
      prepare: mesh => {
        mesh.meddle = underPolicy({ exitCode: 28, stderr: 'curl: (28) Connection timed out\n' })
      },
      verdict: 'unreachable',
      layer: 'security-group',
    },
    {
      what: 'there is no curl in the container',
      prepare: mesh => {
        mesh.meddle = underPolicy({ exitCode: 127 })
      },
      verdict: 'broken',
      layer: 'curl',
    },
  ]
  for (const { what, prepare, verdict, layer } of cases) {
    it(`is none: ${what}`, async () => {
      const mesh = new FakeMesh()
      prepare(mesh)
      const result = await run(mesh, ['eks-deny'])
      expect(failedIds(result)).to.deep.equal(['eks-deny/eks-to-eks', 'eks-deny/ecs-to-eks'])
      for (const id of failedIds(result)) {
        expect(resultOf(result, id).verdict, id).to.equal(verdict)
        expect(resultOf(result, id).evidence.layer, id).to.equal(layer)
      }
    })
  }

  it('is none: the target was replaced between before and after', async () => {
    const mesh = new FakeMesh()
    mesh.onChange = change => {
      if (change === 'remove eks-deny') mesh.uids.set('eks/echo', 'pod-2')
    }
    const result = await run(mesh, ['eks-deny'])
    expect(failedIds(result)).to.deep.equal(['eks-deny/eks-to-eks', 'eks-deny/ecs-to-eks'])
    const { verdict, evidence } = resultOf(result, 'eks-deny/ecs-to-eks')
    expect(verdict).to.equal('unreachable')
    expect(evidence.why).to.contain('the target was replaced meanwhile: pod-1, then pod-2')
  })

  it('is none: the policy refused it once, then the target died', async () => {
    const mesh = new FakeMesh()
    let refused = 0
    mesh.meddle = ({ from, to, policies }) => {
      if (from !== 'ecs/shell' || to !== 'eks/echo' || (!policies.has('eks-deny') && refused === 0)) return undefined
      refused += 1
      // From now on nobody is there to log a refusal.
      mesh.logsRefusals = refused === 1
      return RESET
    }
    const result = await run(mesh, ['eks-deny'], { limits: { ...mesh.context().limits, evidence: 0 } })
    expect(resultOf(result, 'eks-deny/ecs-to-eks')).to.include({ verdict: 'unreachable', pass: false })
  })

  it('is none: the waypoint answers 503', async () => {
    const mesh = new FakeMesh()
    mesh.meddle = ({ to, policies }) =>
      to === 'ecs/echo' && policies.has('post-only')
        ? { exitCode: 0, status: 503, body: 'no healthy upstream' }
        : undefined
    const result = await run(mesh, ['post-only'])
    expect(failedIds(result)).to.have.length(4)
    expect(resultOf(result, 'post-only/ecs-to-ecs-post')).to.include({ verdict: 'unreachable', pass: false })
    expect(resultOf(result, 'post-only/ecs-to-ecs-get')).to.include({ verdict: 'unreachable', pass: false })
  })

  it('is none: allowed, but in plain text', async () => {
    const mesh = new FakeMesh()
    mesh.protocol = 'TCP'
    const result = await run(mesh, ['baseline'])
    expect(failedIds(result)).to.deep.equal([
      'baseline/eks-to-eks',
      'baseline/eks-to-ecs',
      'baseline/ecs-to-eks',
      'baseline/ecs-to-ecs',
    ])
    const { verdict, evidence } = resultOf(result, 'baseline/eks-to-ecs')
    expect(verdict).to.equal('allowed')
    expect(evidence).to.include({ layer: 'not-enrolled' })
    expect(evidence.why).to.contain('plain text')
  })
})

describe('a denial that was not expected', () => {
  const objects = [
    { metadata: { name: 'eks-deny', namespace: 'default' }, spec: { action: 'DENY', rules: [{}] } },
    { metadata: { name: 'other', namespace: 'default' }, spec: { action: 'DENY', rules: [{}] } },
  ]

  it('names the policy, and its rules', async () => {
    const mesh = new FakeMesh()
    mesh.objects = objects
    mesh.logsRefusals = true
    mesh.stands('eks-deny')
    const { evidence } = resultOf(await run(mesh, ['baseline'], { asIs: true }), 'baseline/eks-to-eks')
    expect(evidence.policies).to.deep.equal(['default/eks-deny (DENY; rule 1: every request)'])
  })

  it('is reported though the policies may not be read', async () => {
    const mesh = new FakeMesh()
    mesh.logsRefusals = true
    mesh.stands('eks-deny')
    const policyObjects = () => Promise.reject(new Error('forbidden'))
    const result = await run(mesh, ['baseline'], { asIs: true, policyObjects })
    expect(resultOf(result, 'baseline/eks-to-eks').verdict).to.equal('denied-l4')
  })

  it('that was expected asks for no policies', async () => {
    const policyObjects = () => Promise.reject(new Error('was asked'))
    expect((await run(new FakeMesh(), ['post-only'], { policyObjects })).aborted).to.equal(undefined)
  })
})

describe('who is not in the mesh', () => {
  it('is in plain text where it is allowed, though no log shows it', async () => {
    const mesh = new FakeMesh()
    mesh.protocol = 'unlogged'
    mesh.unknown.add('10.0.0.2')
    const result = await run(mesh, ['baseline'])
    expect(result.summary.failed).to.equal(4)
    expect(resultOf(result, 'baseline/eks-to-eks').evidence.witness).to.deep.equal({
      kind: 'plain-text',
      line: '10.0.0.2 is TCP',
    })
  })

  it('is why it can not be reached', async () => {
    const mesh = new FakeMesh()
    mesh.unknown.add('10.0.0.2')
    mesh.meddle = ({ to }) => (to === 'ecs/echo' ? RESET : undefined)
    const { evidence } = resultOf(await run(mesh, ['baseline']), 'baseline/eks-to-ecs')
    expect(evidence).to.include({ layer: 'not-enrolled' })
    expect(evidence.why).to.contain('10.0.0.2 is TCP')
  })
})

describe('the second witness', () => {
  it('that can not be read is a warning', async () => {
    const mesh = new FakeMesh()
    mesh.logsReadable = false
    const result = await run(mesh, ['baseline'])
    expect(result.summary.failed).to.equal(0)
    expect(result.warnings).to.deep.equal([
      'baseline: 4 allowed calls have no second witness: the logs may not be read',
    ])
  })

  it('that can not be read is a failure where it is asked for strictly', async () => {
    const mesh = new FakeMesh()
    mesh.logsReadable = false
    const result = await run(mesh, ['baseline'], { evidence: 'strict' })
    expect(result.summary.failed).to.equal(4)
    expect(resultOf(result, 'baseline/ecs-to-internet').pass).to.equal(true)
  })

  it('that saw nothing is waited for, up to a limit', async () => {
    const mesh = new FakeMesh()
    mesh.protocol = 'unlogged'
    const result = await run(mesh, ['baseline'])
    expect(result.summary.failed).to.equal(0)
    expect(result.warnings[0]).to.contain('do not show the call')
    expect(result.ms).to.be.within(10_000, 13_000)
  })

  it('is not asked with evidence off', async () => {
    const mesh = new FakeMesh()
    mesh.protocol = 'TCP'
    expect((await run(mesh, ['baseline'], { evidence: 'off' })).summary.failed).to.equal(0)
  })
})

describe('a list', () => {
  it('is tried once a line, and passes whatever comes', async () => {
    const mesh = new FakeMesh()
    mesh.stands('eks-deny')
    const result = await run(mesh, ['ecs-test-commands'])
    expect(mesh.changes).to.deep.equal([])
    expect(mesh.probes).to.deep.equal([{ from: 'ecs/shell', requests: 3 }])
    expect(result.checks.map(({ verdict, pass, expected }) => ({ verdict, pass, expected }))).to.deep.equal([
      { verdict: 'unreachable', pass: true, expected: null },
      { verdict: 'allowed', pass: true, expected: null },
      { verdict: 'allowed', pass: true, expected: null },
    ])
    expect(result.checks[1]?.output).to.equal('Hostname=echo\n')
  })

  it('fails only where a probe is broken', async () => {
    const mesh = new FakeMesh()
    mesh.meddle = () => ({ kind: 'broken', layer: 'task', why: 'no RUNNING task' })
    expect((await run(mesh, ['ecs-to-eks'])).summary).to.deep.equal({ passed: 0, failed: 1, total: 1 })
  })

  it('may be expected to come to a verdict', async () => {
    const mesh = new FakeMesh()
    mesh.stands('ecs-deny')
    mesh.logsRefusals = true
    const expecting = async (expect: 'allowed' | 'denied-l4', name: string) => {
      const { suites } = await loadSuites([name], { directory: '/', places, expect })
      return (await runSuites(suites, mesh.context())).summary.failed
    }
    expect(await expecting('denied-l4', 'tests/ecs-to-ecs.txt')).to.equal(0)
    expect(await expecting('allowed', 'tests/ecs-to-ecs.txt')).to.equal(1)
    expect(await expecting('denied-l4', 'tests/ecs-to-eks.txt')).to.equal(1)
  })
})
