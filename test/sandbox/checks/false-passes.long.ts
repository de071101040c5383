import { expect } from 'chai'
import { kindRef, ref } from '../../../src/lib/kubernetes/objects.ts'
import { type CheckWorld, failedIds, on, resultOf, startChecks } from './world.ts'

/** Each happens while the policy stands, so that a tool which only asks whether curl failed would see a denial. */
describe('what is not a denial', function () {
  this.timeout(90_000)
  let world: CheckWorld

  before(async () => {
    world = await startChecks({ timeout: 30_000 })
  })
  after(() => world?.close())
  afterEach(() => {
    const { dead, shut, unresolvable, plainText } = world.sandbox.mesh.faults
    for (const set of [dead, shut, unresolvable, plainText]) set.clear()
    world.sandbox.mesh.faults.stuck = false
  })

  const service = (name: string, desiredCount: number) =>
    world.sandbox.aws.call('ecs', 'UpdateService', { cluster: 'ecs-ambient-ecs', service: name, desiredCount })
  const label = (value: string | null) =>
    world.kubernetes.patch(ref('Namespace', 'default'), { metadata: { labels: { 'istio.io/dataplane-mode': value } } })
  const runUnder = (suite: string, then: () => unknown, evidence: 'off' | 'warn' = 'warn') =>
    world.run([suite], { evidence }, { emit: on('policy.applied', then) })

  for (const evidence of ['off', 'warn'] as const) {
    it(`a target that dies under the policy (evidence ${evidence})`, async () => {
      world.sandbox.mesh.faults.stuck = true
      const run = await runUnder('eks-deny', () => world.sandbox.mesh.faults.dead.add('eks-echo'), evidence)
      expect(failedIds(run)).to.deep.equal(['eks-deny/eks-to-eks', 'eks-deny/ecs-to-eks'])
      expect(resultOf(run, 'eks-deny/ecs-to-eks').verdict).to.equal('unreachable')
    })
  }

  it('a target that was dead before', async () => {
    world.sandbox.mesh.faults.dead.add('echo-service')
    const run = await world.run(['ecs-deny'], { evidence: 'off' })
    expect(failedIds(run)).to.deep.equal(['ecs-deny/eks-to-ecs', 'ecs-deny/ecs-to-ecs'])
    expect(resultOf(run, 'ecs-deny/eks-to-ecs').evidence.why).to.contain('not allowed before the policy either')
  })

  it('port 15008 that is shut', async () => {
    const run = await runUnder('ecs-deny', () => world.sandbox.mesh.faults.shut.add('echo-service:15008'))
    expect(failedIds(run)).to.deep.equal(['ecs-deny/eks-to-ecs', 'ecs-deny/ecs-to-ecs'])
    expect(resultOf(run, 'ecs-deny/eks-to-ecs')).to.include({ verdict: 'unreachable' })
    expect(resultOf(run, 'ecs-deny/eks-to-ecs').evidence).to.include({ layer: 'security-group' })
  })

  it('a name that is not resolved, with or without SOCKS', async () => {
    const run = await runUnder('ecs-deny', () => world.sandbox.mesh.faults.unresolvable.add('echo-service.ecs.local'))
    expect(failedIds(run)).to.deep.equal(['ecs-deny/eks-to-ecs', 'ecs-deny/ecs-to-ecs'])
    for (const [id, exitCode] of [
      ['ecs-deny/eks-to-ecs', 6],
      ['ecs-deny/ecs-to-ecs', 97],
    ] as const) {
      expect(resultOf(run, id).evidence, id).to.deep.include({ layer: 'dns', curl: { exitCode } })
    }
  })

  it('a policy that never takes effect', async () => {
    world.sandbox.mesh.faults.stuck = true
    const run = await world.run(['eks-deny'])
    expect(failedIds(run)).to.deep.equal(['eks-deny/eks-to-eks', 'eks-deny/ecs-to-eks'])
    expect(resultOf(run, 'eks-deny/eks-to-eks')).to.include({ verdict: 'allowed', pass: false })
  })

  it('a target that was replaced between before and after', async () => {
    const replace = async () => {
      const pods = await world.kubernetes.list(kindRef('Pod'), { namespace: 'default', labelSelector: 'app=eks-echo' })
      await Promise.all(pods.map(pod => world.kubernetes.delete(pod)))
    }
    const run = await world.run(['eks-deny'], { evidence: 'off' }, { emit: on('policy.applied', replace) })
    expect(failedIds(run)).to.deep.equal(['eks-deny/eks-to-eks', 'eks-deny/ecs-to-eks'])
    expect(resultOf(run, 'eks-deny/eks-to-eks').evidence.why).to.contain('replaced meanwhile')
  })

  it('a call that goes through in plain text', async () => {
    world.sandbox.mesh.faults.plainText.add('eks-echo')
    const run = await world.run(['baseline'])
    expect(failedIds(run)).to.deep.equal(['baseline/eks-to-eks', 'baseline/ecs-to-eks'])
    expect(resultOf(run, 'baseline/eks-to-eks')).to.include({ verdict: 'allowed', pass: false })
    expect(resultOf(run, 'baseline/eks-to-eks').evidence).to.include({ layer: 'not-enrolled' })
  })

  it('a namespace that left the mesh', async () => {
    await label(null)
    const run = await world.run(['baseline'])
    await label('ambient')
    expect(failedIds(run)).to.include('baseline/eks-to-eks')
    expect(resultOf(run, 'baseline/eks-to-eks').evidence).to.include({ layer: 'not-enrolled' })
  })

  it("a waypoint's 503", async () => {
    const run = await runUnder('post-only', () => world.sandbox.mesh.faults.dead.add('echo-service'))
    expect(resultOf(run, 'post-only/ecs-to-ecs-post')).to.include({ verdict: 'unreachable', pass: false })
    expect(resultOf(run, 'post-only/ecs-to-ecs-post').evidence).to.deep.include({
      curl: { exitCode: 0, status: 503 },
    })
    // The waypoint itself refuses before it looks for a target.
    expect(resultOf(run, 'post-only/ecs-to-ecs-get')).to.include({ verdict: 'denied-l7', pass: true })
  })

  it('a source that has no task', async () => {
    await service('shell-task', 0)
    const run = await world.run(['eks-deny'])
    await service('shell-task', 1)
    const fromEcs = run.checks.filter(({ from }) => from === 'ecs/shell')
    expect(fromEcs.map(({ verdict, pass, evidence }) => `${verdict} ${pass} ${evidence.layer}`)).to.deep.equal([
      'broken false task',
      'broken false task',
      'broken false task',
    ])
    expect(resultOf(run, 'eks-deny/eks-to-eks').pass).to.equal(true)
  })

  it('a source that has no pod', async () => {
    const deployment = ref('Deployment', 'eks-shell', 'default')
    await world.kubernetes.patch(deployment, { spec: { replicas: 0 } })
    const run = await world.run(['ecs-deny'])
    await world.kubernetes.patch(deployment, { spec: { replicas: 1 } })
    expect(resultOf(run, 'ecs-deny/eks-to-ecs')).to.include({ verdict: 'broken', pass: false })
    expect(resultOf(run, 'ecs-deny/eks-to-ecs').evidence).to.include({ layer: 'pod' })
  })
})
