import { expect } from 'chai'
import { meshProfile } from '../../../src/lib/config/mesh-profile.ts'
import { Failure } from '../../../src/lib/engine/failure.ts'
import type { KubernetesObject } from '../../../src/lib/kubernetes/objects.ts'
import { istioStep } from '../../../src/lib/steps/istio/index.ts'
import type { IstioSeen } from '../../../src/lib/steps/istio/observe.ts'
import { fingerprintOf, istioOperator } from '../../../src/lib/steps/istio/operator.ts'
import { settings } from '../../support/settings.ts'

const desired = settings({ license: 's3cret' })
const fingerprint = fingerprintOf('1.24.1', istioOperator(desired, meshProfile('1.24.1')))
const ready = ['istiod', 'ztunnel', 'istio-cni-node'].map(name => ({ name }))
const absent = ready.map(part => ({ ...part, lags: 'does not exist' }))
const namespace = (labels: Record<string, string> = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'istio-system', labels },
})
const OURS = { 'app.kubernetes.io/managed-by': 'ecs-ambient' }
const missingTool = new Failure({ code: 'TOOL_NOT_FOUND', message: 'istioctl was not found.', exit: 3 })

const seen = (more: Partial<IstioSeen> = {}): IstioSeen => ({
  cluster: true,
  gatewayApi: true,
  parts: absent,
  stopped: false,
  istioctl: '1.24.1',
  foreign: [],
  ...more,
})
const installed = (more: Partial<IstioSeen> = {}): IstioSeen =>
  seen({ parts: ready, installed: { version: '1.24.1', fingerprint }, namespace: namespace(OURS), ...more })
const actions = (of: IstioSeen, wanted = desired) =>
  istioStep.decide(of, wanted).changes.map(({ action, kind, reason }) => `${action} ${kind}: ${reason}`)

describe('the IstioOperator', () => {
  const values = (version: string, more = {}) =>
    (istioOperator(settings({ license: 's3cret', ...more }), meshProfile(version)) as { spec: { values: object } }).spec
      .values

  it("is the guide's for 1.24", () => {
    expect(values('1.24.1')).to.deep.equal({
      global: { hub: 'registry.example/istio' },
      cni: { ambient: { dnsCapture: true } },
      platforms: { ecs: { cluster: 'ecs-ambient-ecs' } },
      pilot: {
        env: {
          PILOT_ENABLE_IP_AUTOALLOCATE: 'true',
          PILOT_ENABLE_ALPHA_GATEWAY_API: 'true',
          REQUIRE_3P_TOKEN: 'false',
        },
      },
    })
  })

  it('has a network and the licence from 1.26 on', () => {
    expect(values('1.26.3')).to.deep.include({
      global: { hub: 'registry.example/istio', network: 'eks' },
      license: { value: 's3cret' },
    })
    expect(values('1.26.3', { license: undefined })).to.not.have.property('license')
  })

  it('has a fingerprint that changes with everything and tells nothing', () => {
    const print = (version: string, more = {}) =>
      fingerprintOf(version, istioOperator(settings({ license: 's3cret', ...more }), meshProfile(version)))
    const all = [
      print('1.26.3'),
      print('1.26.4'),
      print('1.26.3', { hub: 'other' }),
      print('1.26.3', { license: 'other' }),
      print('1.26.3', { license: undefined }),
    ]
    expect(new Set(all).size).to.equal(all.length)
    for (const one of all) expect(one).to.match(/^[0-9a-f]{64}$/)
  })
})

describe('the step istio', () => {
  it('makes the namespace, then installs', () => {
    expect(istioStep.decide(seen(), desired).changes.map(({ kind, name, stage }) => [kind, name, stage])).to.deep.equal(
      [
        ['Namespace', 'istio-system', 0],
        ['istio', '1.24.1', 1],
      ],
    )
  })

  it('has no secret in its plan', () => {
    expect(JSON.stringify(istioStep.decide(seen(), desired))).to.not.contain('s3cret')
  })

  it('does nothing where all is as it was installed', () => {
    expect(actions(installed())).to.deep.equal([])
    expect(actions(installed({ istioctl: missingTool }))).to.deep.equal([])
  })

  const reinstalls: readonly [string, IstioSeen, string][] = [
    ['broken off', installed({ installed: { version: '1.24.1', fingerprint: '' } }), 'its installation was broken off'],
    [
      'of another version',
      installed({ installed: { version: '1.23.0', fingerprint } }),
      'version is 1.23.0, want 1.24.1',
    ],
    ['of other values', installed({ installed: { version: '1.24.1', fingerprint: 'x' } }), 'its values differ'],
    [
      'that lost a part',
      installed({ parts: [...ready.slice(0, 2), { name: 'istio-cni-node', lags: 'does not exist' }] }),
      'istio-cni-node missing',
    ],
  ]
  for (const [what, of, reason] of reinstalls) {
    it(`installs again one ${what}`, () => expect(actions(of)).to.deep.equal([`update istio: ${reason}`]))
  }

  it('does not install again what is only not ready yet', () => {
    expect(
      actions(installed({ parts: [{ name: 'istiod', lags: '0 of 1 pods available' }, ...ready.slice(1)] })),
    ).to.deep.equal([])
  })

  it('waits for what it needs, and says that Solo.io has it', () => {
    const { pending } = istioStep.decide(
      seen({ cluster: false, istioctl: missingTool }),
      settings({ hub: undefined, istioVersion: undefined } as never),
    )
    expect(pending?.join()).to.match(/EKS cluster.*HUB is not set.*ISTIO_VERSION is not set/)
    expect(istioStep.decide(seen({ gatewayApi: false }), desired).pending).to.deep.equal([
      'the Gateway API CRDs are not installed',
    ])
  })

  it('takes the version of istioctl where none is asked for', () => {
    const { istioVersion: _, ...rest } = desired
    expect(istioStep.decide(seen({ istioctl: '1.26.3' }), rest).changes.at(-1)?.name).to.equal('1.26.3')
  })

  it('needs istioctl only where there is something to install', () => {
    expect(() => istioStep.decide(seen({ istioctl: missingTool }), desired)).to.throw('istioctl was not found.')
  })

  it('leaves a finished installation alone where HUB is not given', () => {
    const { hub: _, ...rest } = desired
    expect(actions(installed(), rest)).to.deep.equal([])
    expect(istioStep.decide(installed(), rest).warnings?.join()).to.contain('HUB is not set')
  })

  it("uses somebody else's Istio as it is, refuses a broken one, and takes over when asked to", () => {
    const foreign = seen({ parts: ready, namespace: namespace() })
    expect(actions(foreign)).to.deep.equal([])
    expect(istioStep.decide(foreign, desired).warnings?.join()).to.contain('not made by ecs-ambient')
    const broken = seen({ parts: [{ name: 'istiod' }, ...absent.slice(1)] })
    expect(() => actions(broken))
      .to.throw('Istio')
      .with.include({ code: 'NOT_OURS', exit: 2 })
    expect(actions(foreign, settings({ adopt: true })).at(-1)).to.equal('adopt istio: is not ours')
  })

  it('labels the network, on a namespace of somebody else that label alone', () => {
    const newer = settings({ istioVersion: '1.26.3' })
    const label = (holder: KubernetesObject) =>
      istioStep.decide(seen({ namespace: holder, istioctl: '1.26.3' }), newer).changes[0]
    expect(label(namespace(OURS))).to.include({ action: 'update', kind: 'Namespace' })
    expect(label(namespace())).to.include({ action: 'create', kind: 'namespace-label' })
    expect(label(namespace())?.detail).to.have.nested.property('metadata.labels').that.deep.equals({
      'topology.istio.io/network': 'eks',
    })
    expect(label(namespace({ 'topology.istio.io/network': 'eks' }))?.kind).to.equal('istio')
  })

  it('warns of a version that it does not know', () => {
    const { warnings } = istioStep.decide(seen({ istioctl: '9.9.9' }), settings({ istioVersion: '9.9.9' }))
    expect(warnings?.join()).to.contain('newer')
  })

  it('leaves its namespace while others keep something in it', () => {
    const plan = istioStep.decideRemoval(installed({ foreign: ['Deployment istio-system/kiali'] }), desired)
    expect(plan.changes.map(({ kind }) => kind)).to.deep.equal(['istio'])
    expect(plan.warnings?.join()).to.contain('kiali')
  })

  it('removes its own installation, then its own namespace', () => {
    const removal = (of: IstioSeen) =>
      istioStep.decideRemoval(of, desired).changes.map(({ kind, stage }) => `${kind} ${stage ?? 0}`)
    expect(removal(installed())).to.deep.equal(['istio 0', 'Namespace 1'])
    expect(removal(installed({ namespace: namespace() }))).to.deep.equal(['istio 0'])
    expect(removal(installed({ istioctl: missingTool }))).to.deep.equal(['istio 0', 'Namespace 1'])
    expect(removal(seen({ namespace: namespace(OURS) }))).to.deep.equal(['Namespace 1'])
    expect(removal(seen({ parts: ready, namespace: namespace(OURS) }))).to.deep.equal([])
    expect(removal(seen({ parts: ready, namespace: namespace() }))).to.deep.equal([])
    const fields = { 'f:metadata': { 'f:labels': { 'f:topology.istio.io/network': {} } } }
    const managedFields = [{ manager: 'ecs-ambient', operation: 'Apply', fieldsV1: fields }]
    const labelled = { ...namespace(), metadata: { name: 'istio-system', managedFields } }
    expect(removal(installed({ namespace: labelled }))).to.deep.equal(['istio 0', 'namespace-label 1'])
  })
})
