import { expect } from 'chai'
import { meshProfile } from '../../../src/lib/config/mesh-profile.ts'
import type { KubernetesObject } from '../../../src/lib/kubernetes/objects.ts'
import { type EastWestSeen, eastWestObjects, eastWestStep } from '../../../src/lib/steps/east-west.ts'
import { settings } from '../../support/settings.ts'

const SCHEME = 'service.beta.kubernetes.io/aws-load-balancer-scheme'
const gateway = (publicGateway: boolean, version = '1.24.1'): KubernetesObject => {
  const [object] = eastWestObjects({ publicGateway }, meshProfile(version))
  if (!object) throw new Error('no gateway')
  return object
}
const seen = (more: Partial<EastWestSeen> = {}): EastWestSeen => ({
  cluster: true,
  gatewayApi: true,
  istio: true,
  pairs: [{ desired: gateway(false) }],
  loadBalancers: [],
  ...more,
})
const actions = (of: EastWestSeen, direction: 'decide' | 'decideRemoval' = 'decide') =>
  eastWestStep[direction](of, settings()).changes.map(({ action, kind, stage }) => `${action} ${kind} ${stage ?? 0}`)

describe('the step east-west', () => {
  it('has an internal load balancer unless a public one is asked for', () => {
    const annotations = (object: KubernetesObject) =>
      (object.spec as { infrastructure: { annotations: Record<string, string> } }).infrastructure.annotations
    expect(annotations(gateway(false))).to.deep.equal({
      [SCHEME]: 'internal',
      'service.beta.kubernetes.io/aws-load-balancer-internal': 'true',
    })
    expect(annotations(gateway(true))).to.deep.equal({ [SCHEME]: 'internet-facing' })
  })

  it('has the listeners of the version', () => {
    const listeners = (version: string) => (gateway(false, version).spec as { listeners: unknown[] }).listeners
    const tls = { mode: 'Passthrough' }
    const hbone = { name: 'cross-network', port: 15008, protocol: 'HBONE', tls }
    expect(listeners('1.24.1')).to.deep.equal([hbone])
    expect(listeners('1.26.3')).to.deep.equal([hbone, { name: 'xds-tls', port: 15012, protocol: 'TLS', tls }])
  })

  it('says for what it waits', () => {
    const { pending } = eastWestStep.decide(seen({ cluster: false, gatewayApi: false, istio: false }), settings())
    expect(pending).to.have.length(3)
  })

  it('creates, and leaves alone what stands', () => {
    expect(actions(seen())).to.deep.equal(['create Gateway 1'])
    expect(actions(seen({ pairs: [{ desired: gateway(false), live: gateway(false) }] }))).to.deep.equal([])
  })

  it('mends a listener in place, but makes a new one for another kind of load balancer', () => {
    const pairs = [{ desired: gateway(false, '1.26.3'), live: gateway(false) }]
    expect(actions(seen({ pairs }))).to.deep.equal(['update Gateway 1'])
    const turned = [{ desired: gateway(true), live: gateway(false) }]
    expect(actions(seen({ pairs: turned }))).to.deep.equal(['delete Gateway 0', 'create Gateway 1'])
  })

  it('takes the load balancer away by itself only where its Gateway is gone', () => {
    const live = [{ desired: gateway(false), live: gateway(false) }]
    expect(actions(seen({ pairs: live, loadBalancers: ['lb'] }), 'decideRemoval')).to.deep.equal(['delete Gateway 0'])
    expect(actions(seen({ loadBalancers: ['lb'] }), 'decideRemoval')).to.deep.equal(['delete load-balancer 0'])
    const gone = seen({ cluster: false, pairs: [], loadBalancers: ['lb'] })
    expect(actions(gone, 'decideRemoval')).to.deep.equal(['delete load-balancer 0'])
  })

  it("leaves somebody else's Gateway and its load balancer", () => {
    const foreign = { ...gateway(false), metadata: { ...gateway(false).metadata, labels: {} } }
    const pairs = [{ desired: gateway(false), live: foreign }]
    expect(actions(seen({ pairs, loadBalancers: ['lb'] }), 'decideRemoval')).to.deep.equal([])
  })
})
