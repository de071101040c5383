import { expect } from 'chai'
import type { KubernetesObject } from '../../../src/lib/kubernetes/objects.ts'
import { planObjectRemoval, planObjects } from '../../../src/lib/steps/objects.ts'

const OURS = { 'app.kubernetes.io/managed-by': 'ecs-ambient' }

const object = (more: Partial<KubernetesObject['metadata']> = {}, spec: unknown = { a: 1 }): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'x', namespace: 'n', labels: OURS, ...more },
  spec,
})
/** As Kubernetes shows an object without labels: it keeps no empty map. */
const foreign = (spec?: unknown): KubernetesObject => {
  const { metadata, ...rest } = object({}, spec)
  return { ...rest, metadata: { name: metadata.name, namespace: 'n' } }
}
const namespace: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n', labels: OURS } }

describe('planning Kubernetes objects', () => {
  const plan = (live: KubernetesObject | undefined, adopt = false) =>
    planObjects([{ desired: object(), ...(live ? { live } : {}) }], { adopt })
  const actions = (live: KubernetesObject | undefined, adopt = false) =>
    plan(live, adopt).changes.map(({ action, reason }) => `${action}: ${reason}`)

  it('creates what does not exist', () => {
    expect(plan(undefined).changes).to.deep.equal([
      { action: 'create', kind: 'Thing', name: 'n/x', reason: 'does not exist', stage: 1, detail: object() },
    ])
  })

  it('makes anew what is on its way out', () => {
    expect(actions(object({ deletionTimestamp: '2026-01-01T00:00:00Z' }))).to.deep.equal(['create: is being deleted'])
  })

  it('leaves alone what is as desired', () => {
    const seen = plan(object({ uid: 'u' }))
    expect(seen).to.deep.equal({
      changes: [],
      present: [{ kind: 'Thing', name: 'n/x', id: 'u', ours: true }],
      warnings: [],
    })
  })

  it('mends what was changed, and says what', () => {
    expect(actions(object({}, { a: 2 }))).to.deep.equal(['update: spec.a is 2, want 1'])
  })

  it("uses somebody else's that serves, and says so", () => {
    const seen = plan(foreign())
    expect(seen.changes).to.deep.equal([])
    expect(seen.warnings.join()).to.contain('Thing n/x was not made by ecs-ambient')
    expect(seen.present[0]?.ours).to.equal(false)
  })

  it("refuses somebody else's that does not serve, and names what differs", () => {
    expect(() => plan(foreign({ a: 2 })))
      .to.throw('Thing n/x')
      .with.deep.include({ code: 'NOT_OURS', exit: 2, why: ['spec.a is 2, want 1'] })
  })

  it("takes over somebody else's only when asked to", () => {
    expect(actions(foreign({ a: 2 }), true)).to.deep.equal(['adopt: is not ours; spec.a is 2, want 1'])
    expect(actions(foreign(), true)).to.deep.equal(['adopt: is not ours'])
  })

  it('makes a namespace before what lies in it, and removes it after', () => {
    const make = planObjects([{ desired: object() }, { desired: namespace }], { adopt: false })
    expect(make.changes.map(({ kind, stage }) => [kind, stage])).to.deep.equal([
      ['Thing', 1],
      ['Namespace', 0],
    ])
    const remove = planObjectRemoval([object({ uid: 'u' }), namespace])
    expect(remove.changes.map(({ kind, stage }) => [kind, stage])).to.deep.equal([
      ['Thing', 0],
      ['Namespace', 1],
    ])
  })

  it('removes only what is ours, and by its uid', () => {
    const seen = planObjectRemoval([object({ uid: 'u' }), object({ name: 'y', labels: {} })])
    expect(seen.changes.map(({ name, id }) => [name, id])).to.deep.equal([['n/x', 'u']])
    expect(seen.changes[0]?.detail).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Thing',
      metadata: { name: 'x', namespace: 'n', uid: 'u' },
    })
    expect(seen.present.map(({ ours }) => ours)).to.deep.equal([true, false])
  })
})
