import { expect } from 'chai'
import type { Settings } from '../../../src/lib/config/settings.ts'
import { systemClock } from '../../../src/lib/engine/clock.ts'
import { isFailure } from '../../../src/lib/engine/failure.ts'
import type { KubernetesWriter } from '../../../src/lib/kubernetes/client.ts'
import { type KubernetesObject, kindRef, type Ref, ref } from '../../../src/lib/kubernetes/objects.ts'
import { writeClients } from '../../../src/lib/steps/clients.ts'
import { allSteps, newEnrollStep, policyStep, waypointStep } from '../../../src/lib/steps/index.ts'
import { listPolicies } from '../../../src/lib/steps/policies.ts'
import { policyControl } from '../../../src/lib/steps/policy-control.ts'
import { RecordingHost } from '../../support/host.ts'
import { everything, type MeshStep, type MeshWorld, startMesh, succeeded } from './mesh-world.ts'

/** Everything in the cluster that is somebody's wish rather than a controller's doing. */
const WATCHED = [
  'Namespace',
  'ConfigMap',
  'Service',
  'ServiceAccount',
  'Deployment',
  'Gateway',
  'AuthorizationPolicy',
] as const

const step = (id: string): MeshStep => {
  const found = allSteps.find(one => one.id === id)
  if (!found) throw new Error(`no step ${id}`)
  return found
}

/** One mesh from its beginning to its end: the tests build on each other, as the walkthrough does. */
describe('the mesh, from nothing to nothing', function () {
  this.bail(true)
  let world: MeshWorld
  let kubernetes: KubernetesWriter
  const up = async (steps: readonly MeshStep[], more: Partial<Settings> = {}) => succeeded(await world.up(steps, more))

  before(async () => {
    world = await startMesh()
  })
  after(() => world.close())

  it('knows before anything exists what it waits for', async () => {
    const states = await world.plan(allSteps)
    expect(states.map(({ id, plan }) => [id, plan?.pending?.length ?? 0])).to.deep.equal([
      ['cluster', 0],
      ['gateway-api', 1],
      ['istio', 1],
      ['iam', 0],
      ['namespace', 2],
      ['east-west', 3],
      ['ecs', 3],
      ['enroll', 3],
      ['apps', 2],
    ])
  })

  it('is built', async () => {
    const { results } = await up(allSteps)
    expect(results.map(({ status }) => status)).to.deep.equal(allSteps.map(() => 'changed'))
    kubernetes = await world.kubernetes()
  }).timeout(60_000)

  it('has nothing to do when it is run again, and writes nothing', async () => {
    const { results, calls } = await up(allSteps)
    expect(results.map(({ status }) => status)).to.deep.equal(allSteps.map(() => 'unchanged'))
    expect(calls.filter(({ writes }) => writes)).to.deep.equal([])
  }).timeout(30_000)

  it('gives nobody a licence or a token to read', async () => {
    const map = await kubernetes.get(ref('ConfigMap', 'ecs-ambient-istio', 'istio-system'))
    expect(map?.data).to.have.all.keys('version', 'fingerprint')
  })

  describe('is mended just where it was changed:', () => {
    const patches: readonly [string, string, Ref, unknown, string][] = [
      [
        'the image of a test pod',
        'apps',
        ref('Deployment', 'eks-echo', 'default'),
        { spec: { template: { spec: { containers: [{ name: 'eks-echo', image: 'other:1' }] } } } },
        'apps: update Deployment default/eks-echo',
      ],
      [
        'a label on the ECS namespace',
        'namespace',
        ref('Namespace', 'ecs'),
        { metadata: { labels: { 'istio.io/dataplane-mode': null } } },
        'namespace: update Namespace ecs',
      ],
      [
        'the role of the service account',
        'namespace',
        ref('ServiceAccount', 'demo', 'ecs'),
        { metadata: { annotations: { 'ecs.solo.io/role-arn': 'other' } } },
        'namespace: update ServiceAccount ecs/demo',
      ],
      [
        'a listener',
        'east-west',
        ref('Gateway', 'eastwest', 'istio-system'),
        {
          spec: {
            listeners: [{ name: 'cross-network', port: 15009, protocol: 'HBONE', tls: { mode: 'Passthrough' } }],
          },
        },
        'east-west: update Gateway istio-system/eastwest',
      ],
      [
        'a CRD',
        'gateway-api',
        ref('CustomResourceDefinition', 'httproutes.gateway.networking.k8s.io'),
        { metadata: { annotations: { 'gateway.networking.k8s.io/bundle-version': 'v0' } } },
        'gateway-api: update CustomResourceDefinition httproutes.gateway.networking.k8s.io',
      ],
    ]
    for (const [what, id, object, patch, change] of patches) {
      it(what, async () => {
        world.sandbox.kubernetes
          .get('ambient-ecs')
          ?.store.patch(object.kind, object.metadata.name, object.metadata.namespace, patch, {
            manager: 'kubectl-edit',
          })
        expect((await world.plan([step(id)])).map(({ state }) => state)).to.deep.equal(['drifted'])
        expect((await up([step(id)])).changes).to.deep.equal([change])
        expect((await world.plan([step(id)])).map(({ state }) => state)).to.deep.equal(['ready'])
      })
    }

    const deletions: readonly [string, Ref, string][] = [
      ['apps', ref('Service', 'eks-echo', 'default'), 'apps: create Service default/eks-echo'],
      ['apps', ref('Deployment', 'eks-shell', 'default'), 'apps: create Deployment default/eks-shell'],
      ['namespace', ref('ServiceAccount', 'demo', 'ecs'), 'namespace: create ServiceAccount ecs/demo'],
      [
        'gateway-api',
        ref('CustomResourceDefinition', 'grpcroutes.gateway.networking.k8s.io'),
        'gateway-api: create CustomResourceDefinition grpcroutes.gateway.networking.k8s.io',
      ],
    ]
    for (const [id, object, change] of deletions) {
      it(`${object.kind} ${object.metadata.name} is gone`, async () => {
        const live = await kubernetes.get(object)
        if (live) await kubernetes.delete(live)
        expect((await up([step(id)])).changes).to.deep.equal([change])
      })
    }

    it('what was written down of Istio is gone', async () => {
      const map = await kubernetes.get(ref('ConfigMap', 'ecs-ambient-istio', 'istio-system'))
      if (map) await kubernetes.delete(map)
      // Now nothing says any more that it is ours: it is used, and taken over when asked to.
      expect((await up([step('istio')])).changes).to.deep.equal([])
      expect((await up([step('istio')], { adopt: true })).changes).to.deep.equal(['istio: adopt istio 1.24.1'])
    }).timeout(30_000)

    it('other values for Istio', async () => {
      expect((await up([step('istio')], { hub: 'other.example/istio' })).changes).to.deep.equal([
        'istio: update istio 1.24.1',
      ])
      expect((await up([step('istio')])).changes).to.deep.equal(['istio: update istio 1.24.1'])
    }).timeout(30_000)
  })

  describe('policies', () => {
    const actions = async () =>
      (await listPolicies(kubernetes, world.settings())).map(
        ({ namespace, name, action, builtIn }) => `${namespace}/${name} ${action} ${builtIn}`,
      )

    it('come and go by name', async () => {
      const deny = policyStep('eks-deny', world.settings())
      await up([deny])
      expect(await actions()).to.deep.equal(['default/eks-echo-deny DENY eks-deny'])
      expect((await up([deny])).changes).to.deep.equal([])
      succeeded(await world.down([deny]))
      expect(await actions()).to.deep.equal([])
      expect((await world.down([deny])).changes).to.deep.equal([])
    })

    it('bring the waypoint that they need', async () => {
      const post = policyStep('post-only', world.settings())
      expect((await up([post])).changes).to.deep.equal([
        'policy post-only: create waypoint ecs/waypoint',
        'policy post-only: create AuthorizationPolicy ecs/post-only',
      ])
      expect((await up([post, waypointStep])).changes).to.deep.equal([])
      expect((await world.down([post])).changes).to.deep.equal([
        'policy post-only: delete AuthorizationPolicy ecs/post-only',
      ])
    }).timeout(20_000)

    it('leave the namespace as it was when the waypoint goes', async () => {
      expect(succeeded(await world.down([waypointStep])).changes).to.deep.equal([
        'waypoint: delete waypoint ecs/waypoint',
      ])
      const namespace = await kubernetes.get(ref('Namespace', 'ecs'))
      expect(namespace?.metadata.labels).to.not.have.property('istio.io/use-waypoint')
      expect((await up([step('namespace')])).changes).to.deep.equal([])
    })

    it('serve the suites', async () => {
      const settings = world.settings()
      const control = policyControl({
        settings,
        clients: writeClients(settings),
        clock: systemClock,
        host: new RecordingHost(),
      })
      const { signal } = new AbortController()
      expect(await control.current()).to.deep.equal({ policies: [], waypoint: false })
      await control.apply('ecs-deny', signal)
      await control.waypoint(true, signal)
      expect(await control.current()).to.deep.equal({ policies: ['ecs-deny'], waypoint: true })
      await control.remove('ecs-deny', signal)
      await control.waypoint(false, signal)
      expect(await control.current()).to.deep.equal({ policies: [], waypoint: false })
      const error = await control.apply('nope', signal).catch((reason: unknown) => reason)
      expect(isFailure(error) && error.code).to.equal('POLICY_UNKNOWN')
    }).timeout(20_000)
  })

  describe('enrolment', () => {
    const unenroll = newEnrollStep({ services: ['echo-service'], unenrollAll: true })

    it('goes back to the revision without a ztunnel, and comes again', async () => {
      expect(succeeded(await world.down([unenroll])).changes).to.deep.equal([
        'enroll: delete enrolment ecs-ambient-ecs/echo-service',
      ])
      expect((await up([step('ecs')])).changes).to.deep.equal([])
      expect((await up([step('enroll')])).changes).to.deep.equal([
        'enroll: create enrolment ecs-ambient-ecs/echo-service',
      ])
    }).timeout(30_000)

    it('is made anew for a new gateway', async () => {
      const gateway = await kubernetes.get(ref('Gateway', 'eastwest', 'istio-system'))
      if (gateway) await kubernetes.delete(gateway)
      const { changes } = await up([step('east-west'), step('enroll')])
      expect(changes.toSorted()).to.deep.equal([
        'east-west: create Gateway istio-system/eastwest',
        'enroll: update enrolment ecs-ambient-ecs/echo-service',
        'enroll: update enrolment ecs-ambient-ecs/shell-task',
      ])
    }).timeout(30_000)

    it('fails for one service and succeeds for the next', async () => {
      const both = newEnrollStep({ services: ['echo-service', 'nothing'] })
      const { results } = await world.up([both])
      expect(results[0]?.error).to.include({ code: 'SERVICE_UNKNOWN', exit: 2 })
    })
  })

  describe('is taken away', () => {
    let before: ReadonlyMap<string, KubernetesObject>
    const foreign: readonly KubernetesObject[] = [
      {
        ...ref('Gateway', 'front', 'shop'),
        spec: { gatewayClassName: 'istio', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
      },
      { ...ref('AuthorizationPolicy', 'eks-echo-deny', 'shop'), spec: { action: 'DENY', rules: [{}] } },
      { ...ref('ConfigMap', 'eks-echo', 'default'), data: { a: 'b' } },
    ]
    const snapshot = async () => {
      const lists = await Promise.all(WATCHED.map(kind => kubernetes.list(kindRef(kind))))
      return new Map(
        lists.flat().map(object => [`${object.kind} ${object.metadata.namespace}/${object.metadata.name}`, object]),
      )
    }

    it('but for what others made in the meantime', async () => {
      const store = world.sandbox.kubernetes.get('ambient-ecs')?.store
      store?.create({ ...ref('Namespace', 'shop'), metadata: { name: 'shop' } })
      for (const object of foreign) store?.create(object as never)
      before = await snapshot()
      const parts = ['enroll', 'ecs', 'apps', 'namespace', 'east-west', 'istio', 'gateway-api', 'policies']
      const ran = succeeded(await world.down(everything.filter(({ id }) => parts.includes(id))))
      expect(
        ran.host
          .of('warning')
          .map(({ message }) => message)
          .join(),
      ).to.contain('Gateway shop/front is not ours')
      const after = await snapshot()
      for (const object of foreign) {
        const key = `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`
        expect(after.get(key)?.spec, key).to.deep.equal(before.get(key)?.spec)
      }
      const left = [...after.keys()].filter(
        key => !/kube-|default\/(kubernetes|default)$|shop|eks-echo|aws-|coredns/.test(key),
      )
      expect(left).to.deep.equal(['Namespace undefined/default'])
      expect(after.get('Namespace undefined/default')?.metadata.labels).to.not.have.property('istio.io/dataplane-mode')
      expect((await kubernetes.list(kindRef('CustomResourceDefinition'))).length).to.be.above(0)
    }).timeout(30_000)

    it('whole, once they are gone, and then there is nothing more to do', async () => {
      const gateway = await kubernetes.get(ref('Gateway', 'front', 'shop'))
      if (gateway) await kubernetes.delete(gateway)
      const { changes } = succeeded(await world.down(everything))
      expect(changes).to.include('cluster: delete eks-cluster ambient-ecs')
      expect(changes.filter(change => change.startsWith('gateway-api'))).to.have.length(5)
      const again = succeeded(await world.down(everything))
      expect(again.changes).to.deep.equal([])
      expect(again.calls.filter(({ writes }) => writes)).to.deep.equal([])
    }).timeout(30_000)
  })
})
