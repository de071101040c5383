import { expect } from 'chai'
import { FieldSet, printPath } from '../../../../src/sandbox/kubernetes/fields/field-set.ts'

const set = (...paths: string[]) => FieldSet.of(paths.map(path => path.split('/')))
const paths = (of: FieldSet) => [...of.paths()].map(path => path.join('/')).sort()

describe('field sets', () => {
  const one = set('f:a', 'f:a/f:b', 'f:c/f:d')
  const other = set('f:a', 'f:c')

  const cases: [string, FieldSet, string[]][] = [
    ['union', one.union(other), ['f:a', 'f:a/f:b', 'f:c', 'f:c/f:d']],
    ['intersection', one.intersection(other), ['f:a']],
    ['difference, path by path', one.difference(other), ['f:a/f:b', 'f:c/f:d']],
    ['what lies below', one.below(other), ['f:a', 'f:a/f:b', 'f:c/f:d']],
    ['what lies outside', set('f:a/f:b', 'f:e').outside(other), ['f:e']],
    ['outside keeps neighbours', set('f:c', 'f:c/f:d').outside(set('f:c/f:d')), ['f:c']],
  ]
  for (const [name, result, expected] of cases) it(name, () => expect(paths(result)).to.deep.equal(expected))

  it('are equal when their paths are', () => {
    expect(one.equals(set('f:c/f:d', 'f:a/f:b', 'f:a'))).to.equal(true)
    expect(one.equals(set('f:a/f:b', 'f:c/f:d'))).to.equal(false)
  })

  it('become the JSON of fieldsV1: `.` for a member that has others below it', () => {
    expect(one.toJson()).to.deep.equal({ 'f:a': { '.': {}, 'f:b': {} }, 'f:c': { 'f:d': {} } })
    expect(paths(FieldSet.fromJson(one.toJson()))).to.deep.equal(paths(one))
  })
})

describe('paths in messages', () => {
  const cases: [string[], string][] = [
    [['f:spec', 'f:replicas'], '.spec.replicas'],
    [['f:metadata', 'f:labels', 'f:app.kubernetes.io/name'], '.metadata.labels.app.kubernetes.io/name'],
    [['f:containers', 'k:{"name":"web"}', 'f:image'], '.containers[name="web"].image'],
    [['f:ports', 'k:{"containerPort":80,"protocol":"TCP"}'], '.ports[containerPort=80,protocol="TCP"]'],
    [['f:finalizers', 'v:"a/b"'], '.finalizers[="a/b"]'],
  ]
  for (const [path, text] of cases) it(text, () => expect(printPath(path)).to.equal(text))
})
