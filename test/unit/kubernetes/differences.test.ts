import { expect } from 'chai'
import { differences, isOurs, ownsField } from '../../../src/lib/kubernetes/differences.ts'
import type { KubernetesObject } from '../../../src/lib/kubernetes/objects.ts'

const base: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'a', namespace: 'b', labels: { app: 'x' } },
  spec: { replicas: 1, ports: [{ port: 80 }, { port: 81 }], selector: {} },
}

const withSpec = (spec: unknown): KubernetesObject => ({ ...base, spec })

const ownedBy = (manager: string, operation: string, fieldsV1: unknown): KubernetesObject => ({
  ...base,
  metadata: { ...base.metadata, managedFields: [{ manager, operation, fieldsV1 }] },
})

describe('differences', () => {
  const cases: readonly [string, KubernetesObject, KubernetesObject, readonly string[]][] = [
    ['is empty for the same object', base, base, []],
    [
      'does not count what the server filled in',
      base,
      {
        ...withSpec({
          ...(base.spec as object),
          clusterIP: '10.0.0.1',
          ports: [{ port: 80, protocol: 'TCP' }, { port: 81 }],
        }),
        status: {},
      },
      [],
    ],
    ['names a value that differs', withSpec({ replicas: 2 }), base, ['spec.replicas is 1, want 2']],
    ['names a field that is missing', withSpec({ paused: true }), base, ['spec.paused is missing']],
    ['names a list of another length', withSpec({ ports: [{ port: 80 }] }), base, ['spec.ports has 2 items, want 1']],
    [
      'looks into list items',
      withSpec({ ports: [{ port: 80 }, { port: 82 }] }),
      base,
      ['spec.ports[1].port is 81, want 82'],
    ],
    [
      'tells an empty object from none',
      withSpec({ rules: [{}] }),
      withSpec({ rules: [] }),
      ['spec.rules has 0 items, want 1'],
    ],
    ['misses an empty object', withSpec({ none: {} }), base, ['spec.none is missing']],
    [
      'looks at labels and annotations, not at names',
      { ...base, metadata: { name: 'a', labels: { app: 'y' }, annotations: { k: 'v' } } },
      base,
      ['metadata.labels.app is "x", want "y"', 'metadata.annotations.k is missing'],
    ],
  ]
  for (const [what, desired, live, expected] of cases) {
    it(what, () => expect(differences(desired, live)).to.deep.equal(expected))
  }

  it('finds a field that we set once and want no more', () => {
    const live = ownedBy('ecs-ambient', 'Apply', {
      'f:metadata': { 'f:labels': { 'f:app': {} }, 'f:annotations': { '.': {}, 'f:old': {} } },
      'f:spec': { 'f:replicas': {}, 'f:ports': {} },
    })
    expect(differences(base, live)).to.deep.equal(['metadata.annotations is set, want none'])
  })

  describe('in a list that is merged item by item', () => {
    const ports = { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} }, 'k:{"port":81,"protocol":"TCP"}': {} }
    const live = (...items: object[]) => ({
      ...ownedBy('ecs-ambient', 'Apply', { 'f:spec': { 'f:ports': ports } }),
      spec: { ...(base.spec as object), ports: items.map(item => ({ protocol: 'TCP', ...item })) },
    })

    it('leaves the items of others alone, wherever they stand', () => {
      expect(differences(base, live({ port: 8080 }, { port: 81 }, { port: 80 }))).to.deep.equal([])
    })

    it('misses an item of ours', () => {
      expect(differences(base, live({ port: 80 }, { port: 8080 }))).to.deep.equal(['spec.ports[1] is missing'])
    })

    it('finds what differs in an item', () => {
      const named = { spec: { ports: [{ port: 80, name: 'http' }, { port: 81 }] } }
      expect(differences({ ...base, ...named }, live({ port: 81 }, { port: 80, name: 'web' }))).to.deep.equal([
        'spec.ports[0].name is "web", want "http"',
      ])
    })

    it('finds an item that we set once and want no more', () => {
      const fewer = { spec: { ports: [{ port: 80 }] } }
      expect(differences({ ...base, ...fewer }, live({ port: 80 }, { port: 81 }))).to.deep.equal([
        'spec.ports[81/TCP] is set, want none',
      ])
    })
  })

  it('leaves the fields of others alone', () => {
    for (const [manager, operation] of [
      ['kubectl', 'Apply'],
      ['ecs-ambient', 'Update'],
    ] as const) {
      expect(differences(base, ownedBy(manager, operation, { 'f:spec': { 'f:old': {} } }))).to.deep.equal([])
    }
  })
})

describe('ownership of objects and fields', () => {
  it('is ours by its label alone', () => {
    expect(isOurs(base)).to.equal(false)
    const labels = { 'app.kubernetes.io/managed-by': 'ecs-ambient' }
    expect(isOurs({ ...base, metadata: { name: 'a', labels } })).to.equal(true)
    expect(isOurs({ ...base, metadata: { name: 'a', labels: { 'app.kubernetes.io/managed-by': 'Helm' } } })).to.equal(
      false,
    )
  })

  it('owns a field that it has applied, and no other', () => {
    const path = ['metadata', 'labels', 'istio.io/dataplane-mode']
    const fields = { 'f:metadata': { 'f:labels': { 'f:istio.io/dataplane-mode': {} } } }
    expect(ownsField(ownedBy('ecs-ambient', 'Apply', fields), path)).to.equal(true)
    expect(ownsField(ownedBy('kubectl-label', 'Update', fields), path)).to.equal(false)
    expect(ownsField(ownedBy('ecs-ambient', 'Apply', { 'f:metadata': {} }), path)).to.equal(false)
    expect(ownsField(base, path)).to.equal(false)
  })
})
