import { expect } from 'chai'
import type { Settings } from '../../../src/lib/config/settings.ts'
import type { Gateway } from '../../../src/lib/kubernetes/objects.ts'
import { kindRef, ref } from '../../../src/lib/kubernetes/objects.ts'
import { allSteps } from '../../../src/lib/steps/index.ts'
import { type MeshWorld, startMesh, succeeded } from './mesh-world.ts'

const LICENCE = 'licence-that-nobody-may-see'

describe('the walkthrough with Istio 1.28', () => {
  let world: MeshWorld
  before(async () => {
    world = await startMesh({ version: '1.28.1' })
  })
  after(() => world.close())

  it('is what that version needs, and keeps the licence to itself', async () => {
    const { host, results } = succeeded(await world.up(allSteps, { license: LICENCE }))
    expect(JSON.stringify([host.events, host.questions, results])).to.not.contain(LICENCE)
    expect(JSON.stringify(world.sandbox.calls.log)).to.not.contain(LICENCE)

    const kubernetes = await world.kubernetes()
    const system = await kubernetes.get(ref('Namespace', 'istio-system'))
    expect(system?.metadata.labels).to.include({ 'topology.istio.io/network': 'eks' })
    const gateway = await kubernetes.get<Gateway>(ref('Gateway', 'eastwest', 'istio-system'))
    expect(gateway?.spec).to.have.property('listeners').with.length(2)
    const account = await kubernetes.get(ref('ServiceAccount', 'demo', 'ecs-ambient-ecs'))
    expect(account?.metadata.annotations?.['ecs.solo.io/role-arn']).to.contain(':role/ecs/ambient/eks-ecs-task-role')
    const hosts = (await kubernetes.list(kindRef('ServiceEntry'))).flatMap(
      ({ spec }) => (spec as { hosts: string[] }).hosts,
    )
    expect(hosts).to.include('echo-service.ecs-ambient-ecs.ecs.local')
  }).timeout(60_000)

  it('is known by the mesh that stands where no version is asked for', async () => {
    const asked = { license: LICENCE, istioVersion: undefined } as unknown as Partial<Settings>
    expect(succeeded(await world.up(allSteps, asked)).changes).to.deep.equal([])
    world.sandbox.aws.region().ecs.clusters.get('ecs-ambient-ecs')?.tags.delete('ecs.solo.io/discovery-enabled')
    const { changes } = succeeded(await world.up(allSteps, asked))
    expect(changes).to.deep.equal(['ecs: update ecs-cluster ecs-ambient-ecs'])
  }).timeout(30_000)

  it('has nothing to do when it is run again, but much with another licence', async () => {
    expect(succeeded(await world.up(allSteps, { license: LICENCE })).changes).to.deep.equal([])
    const states = await world.plan(allSteps, { license: 'another' })
    expect(states.filter(({ state }) => state !== 'ready').map(({ id }) => id)).to.deep.equal(['istio'])
  }).timeout(30_000)
})
