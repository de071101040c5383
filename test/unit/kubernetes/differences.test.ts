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
      'f:spec': { 'f:replicas': {}, 'f:ports': { 'k:{"port":80}': { 'f:gone': {} } } },
    })
    expect(differences(base, live)).to.deep.equal(['metadata.annotations is set, want none'])
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
