import { expect } from 'chai'
import { decideEnrolment, decideUnenrolment, fingerprintOf } from '../../../src/lib/steps/enroll/decide.ts'
import { addressesOf, notByHbone } from '../../../src/lib/steps/enroll/hbone.ts'
import { type EnrollSeen, type SeenService, targetsOf } from '../../../src/lib/steps/enroll/observe.ts'
import { settings } from '../../support/settings.ts'

const desired = settings()
const [cluster] = desired.ecsClusters as [(typeof desired.ecsClusters)[number]]
const inputs = {
  gatewayAddress: 'lb.example',
  rootCertificate: 'PEM',
  ztunnelImage: 'hub/ztunnel:1',
  namespaces: ['ecs'],
}
const fingerprint = fingerprintOf({ cluster }, inputs, '1.24.1')
const service = (name: string, more: Partial<SeenService> = {}): SeenService => ({
  cluster,
  name,
  arn: `arn:${name}`,
  ours: true,
  hasZtunnel: false,
  ...more,
})
const enrolled = { hasZtunnel: true, fingerprint }
const seen = (services: readonly SeenService[], more: Partial<EnrollSeen> = {}): EnrollSeen => ({
  cluster: true,
  version: '1.24.1',
  inputs,
  services,
  ...more,
})
const actions = (of: EnrollSeen) =>
  decideEnrolment(of, desired, false).changes.map(({ action, name }) => `${action} ${name}`)

describe('the step enroll', () => {
  it('enrols each service on its own', () => {
    expect(actions(seen([service('a'), service('b', enrolled)]))).to.deep.equal(['create ecs-ambient-ecs/a'])
  })

  it('does nothing where all is baked in as it is', () => {
    expect(actions(seen([service('a', enrolled)]))).to.deep.equal([])
  })

  it('enrols again where the ztunnel or the tag is not what it was', () => {
    expect(actions(seen([service('a', { hasZtunnel: true })]))).to.deep.equal(['update ecs-ambient-ecs/a'])
    expect(actions(seen([service('a', { ...enrolled, fingerprint: 'old' })]))).to.deep.equal([
      'update ecs-ambient-ecs/a',
    ])
    expect(actions(seen([service('a', { ...enrolled, hasZtunnel: false })]))).to.deep.equal([
      'create ecs-ambient-ecs/a',
    ])
  })

  it('enrols again where the rollout of the enrolled revision failed', () => {
    expect(actions(seen([service('a', { ...enrolled, rolloutFailed: true })]))).to.deep.equal([
      'update ecs-ambient-ecs/a',
    ])
  })

  const changed: readonly [string, Partial<EnrollSeen>][] = [
    ['gateway', { inputs: { ...inputs, gatewayAddress: 'other' } }],
    ['root certificate', { inputs: { ...inputs, rootCertificate: 'other' } }],
    ['Istio', { inputs: { ...inputs, ztunnelImage: 'hub/ztunnel:2' } }],
    ['network', { inputs: { ...inputs, network: 'eks' } }],
    ['service account', { version: '1.28.0' }],
  ]
  for (const [what, more] of changed) {
    it(`enrols again after a new ${what}`, () => {
      expect(actions(seen([service('a', enrolled)], more))).to.deep.equal(['update ecs-ambient-ecs/a'])
    })
  }

  it('has a fingerprint that fits into a tag and tells nothing', () => {
    expect(fingerprint).to.match(/^[0-9a-f]{32}$/)
  })

  const pending = (of: EnrollSeen, named = false) => decideEnrolment(of, desired, named).pending
  it('says all that it waits for', () => {
    expect(pending(seen([service('a')], { inputs: { namespaces: [] } }))).to.deep.equal([
      'Istio is not installed',
      'Gateway istio-system/eastwest has no address',
      'Namespace ecs does not exist',
    ])
    expect(pending(seen([], { cluster: false }))).to.deep.equal(['EKS cluster ambient-ecs does not exist'])
    const { arn: _, ...missing } = service('a')
    expect(pending(seen([missing]))).to.deep.equal(['ECS service ecs-ambient-ecs/a does not exist'])
  })

  it('refuses the name of a service that there is not', () => {
    const { arn: _, ...missing } = service('a')
    expect(() => pending(seen([missing]), true))
      .to.throw('ecs-ambient-ecs/a')
      .with.include({ code: 'SERVICE_UNKNOWN', exit: 2 })
  })

  it('warns of a version that it does not know', () => {
    expect(decideEnrolment(seen([], { version: '7.0.0' }), desired, false).warnings).to.have.length(1)
  })
})

describe('un-enrolment', () => {
  const names = (services: readonly SeenService[], all: boolean) =>
    decideUnenrolment(seen(services), all).changes.map(({ name }) => name)

  it('of a clean-up takes back the services that stay', () => {
    expect(names([service('a', enrolled), service('b', { ...enrolled, ours: false })], false)).to.deep.equal([
      'ecs-ambient-ecs/b',
    ])
    expect(names([service('a', { hasZtunnel: true, ours: false })], false)).to.deep.equal([])
  })

  it('of a clean-up takes up what was broken off before our tag was gone', () => {
    expect(names([service('a', { ...enrolled, hasZtunnel: false, ours: false })], false)).to.deep.equal([
      'ecs-ambient-ecs/a',
    ])
  })

  it('knows no namespace of a service that the configuration does not name', () => {
    const detailOf = (more: Partial<SeenService>) =>
      decideUnenrolment(seen([service('a', { ...enrolled, ours: false, ...more })]), false).changes[0]?.detail
    expect(detailOf({})).to.have.property('namespace', 'ecs')
    expect(detailOf({ outside: true })).not.to.have.property('namespace')
  })

  it('tells of a named service that is nowhere, and of no other', () => {
    const nowhere = { name: 'typo', cluster, ours: false, hasZtunnel: false }
    const both = seen([service('a', { ...enrolled, arn: 'arn:a' }), nowhere])
    expect(decideUnenrolment(both, true, true).warnings).to.deep.equal([
      'There is no ECS service typo in ecs-ambient-ecs: nothing is to be taken out of the mesh.',
    ])
    expect(decideUnenrolment(both, true).warnings).to.deep.equal([])
  })

  it('by command takes back every one that is enrolled', () => {
    const all = [service('a', enrolled), service('b', { hasZtunnel: true, ours: false }), service('c')]
    expect(names(all, true)).to.deep.equal(['ecs-ambient-ecs/a', 'ecs-ambient-ecs/b'])
  })
})

describe('which services are meant', () => {
  const other = { ...cluster, name: 'other', services: [{ name: 'web', taskDefinition: 'web' }] }
  const two = { ecsClusters: [cluster, other] }
  const names = (services?: readonly string[]) => targetsOf(two, services).map(t => `${t.cluster.name}/${t.name}`)

  it('without names: all of the configuration', () => {
    expect(names()).to.deep.equal(['ecs-ambient-ecs/shell-task', 'ecs-ambient-ecs/echo-service', 'other/web'])
  })

  it('with names: where they are said to be, else everywhere', () => {
    expect(names(['web', 'new'])).to.deep.equal(['other/web', 'ecs-ambient-ecs/new', 'other/new'])
  })
})

describe('knowing tasks by HBONE', () => {
  const task = {
    attachments: [
      {
        details: [
          { name: 'subnetId', value: 's' },
          { name: 'privateIPv4Address', value: '10.0.0.1' },
        ],
      },
    ],
  }
  const workload = { name: 'w', namespace: 'ecs', serviceAccount: 'default', addresses: ['10.0.0.1'] }

  it('goes by their addresses', () => {
    expect(addressesOf([task, {}])).to.deep.equal(['10.0.0.1'])
    expect(notByHbone(['10.0.0.1'], [{ ...workload, protocol: 'HBONE' }])).to.deep.equal([])
    expect(notByHbone(['10.0.0.1'], [{ ...workload, protocol: 'TCP' }])).to.deep.equal(['10.0.0.1 is TCP to the mesh'])
    expect(notByHbone(['10.0.0.1'], [])).to.deep.equal(['10.0.0.1 is unknown to the mesh'])
  })
})
