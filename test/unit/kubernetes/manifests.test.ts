import { expect } from 'chai'
import { manifest, parseManifests } from '../../../src/lib/kubernetes/manifests.ts'

describe('manifests', () => {
  it('puts values into the tree, whatever they hold', () => {
    const [object] = manifest('ecs-deny', { namespace: 'a: b\n---\nkind: Pod # {{x}}' })
    expect(object?.metadata.namespace).to.equal('a: b\n---\nkind: Pod # {{x}}')
    expect(object?.kind).to.equal('AuthorizationPolicy')
  })

  it('puts lists in as lists', () => {
    const [object] = manifest('post-only', { namespace: 'ecs', from: ['default', 'ecs'] })
    expect(object?.spec).to.deep.nested.property('rules[0].from[0].source.namespaces', ['default', 'ecs'])
  })

  it('marks every object as ours and keeps its own labels', () => {
    for (const { metadata } of manifest('eks-echo', { image: 'x' })) {
      expect(metadata.labels).to.include({ app: 'eks-echo', 'app.kubernetes.io/managed-by': 'ecs-ambient' })
    }
  })

  it('refuses a placeholder without a value', () => {
    expect(() => manifest('ecs-deny')).to.throw(/no value for .*namespace/)
  })
})

describe('parsing manifests', () => {
  it('reads several documents, leaves out empty ones and takes lists apart', () => {
    const text = `
apiVersion: v1
kind: A
metadata: { name: a }
---
# nothing
---
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: B, metadata: { name: b } }
  - { apiVersion: v1, kind: C, metadata: { name: c } }
`
    expect(parseManifests(text, 'x').map(({ kind }) => kind)).to.deep.equal(['A', 'B', 'C'])
  })

  const invalid: readonly [string, string][] = [
    ['text that is not YAML', 'a: [1'],
    ['a scalar', 'hello'],
    ['an object without kind', 'apiVersion: v1\nmetadata: { name: a }'],
    ['an object without a name', 'apiVersion: v1\nkind: Pod\nmetadata: {}'],
  ]
  for (const [what, text] of invalid) {
    it(`refuses ${what}`, () => {
      expect(() => parseManifests(text, 'file.yaml'))
        .to.throw('file.yaml')
        .with.include({ code: 'MANIFEST_INVALID', exit: 2 })
    })
  }
})
