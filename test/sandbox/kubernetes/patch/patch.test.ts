import { expect } from 'chai'
import { builtInShape } from '../../../../src/sandbox/kubernetes/fields/built-in-shapes.ts'
import { jsonPatch, PatchError } from '../../../../src/sandbox/kubernetes/patch/json-patch.ts'
import { mergePatch } from '../../../../src/sandbox/kubernetes/patch/merge-patch.ts'
import { strategicPatch } from '../../../../src/sandbox/kubernetes/patch/strategic-patch.ts'

describe('JSON patch', () => {
  const document = { a: 1, list: ['x', 'y'], 'with/slash': { 'and~tilde': true } }
  const cases: [string, object[], unknown][] = [
    ['adds a field', [{ op: 'add', path: '/b', value: 2 }], { ...document, b: 2 }],
    ['adds into a list', [{ op: 'add', path: '/list/1', value: 'm' }], { ...document, list: ['x', 'm', 'y'] }],
    ['appends to a list', [{ op: 'add', path: '/list/-', value: 'z' }], { ...document, list: ['x', 'y', 'z'] }],
    ['removes', [{ op: 'remove', path: '/list/0' }], { ...document, list: ['y'] }],
    ['replaces', [{ op: 'replace', path: '/a', value: null }], { ...document, a: null }],
    [
      'moves',
      [{ op: 'move', from: '/a', path: '/c' }],
      { list: ['x', 'y'], 'with/slash': { 'and~tilde': true }, c: 1 },
    ],
    ['copies', [{ op: 'copy', from: '/list', path: '/more' }], { ...document, more: ['x', 'y'] }],
    ['goes on where a test holds', [{ op: 'test', path: '/list', value: ['x', 'y'] }], document],
    [
      'unescapes slashes and tildes',
      [{ op: 'replace', path: '/with~1slash/and~0tilde', value: false }],
      { ...document, 'with/slash': { 'and~tilde': false } },
    ],
    ['replaces the whole', [{ op: 'replace', path: '', value: 'all' }], 'all'],
  ]
  for (const [name, patch, expected] of cases)
    it(name, () => {
      const before = structuredClone(document)
      expect(jsonPatch(document, patch)).to.deep.equal(expected)
      expect(document, 'the document itself').to.deep.equal(before)
    })

  const refused: [string, unknown][] = [
    ['something else than a list', { op: 'add' }],
    ['an unknown operation', [{ op: 'mangle', path: '/a' }]],
    ['a missing path', [{ op: 'remove', path: '/none' }]],
    ['a replacement of what is missing', [{ op: 'replace', path: '/none', value: 1 }]],
    ['a missing parent', [{ op: 'add', path: '/none/below', value: 1 }]],
    ['an index out of bounds', [{ op: 'add', path: '/list/3', value: 1 }]],
    ['an index that is no number', [{ op: 'remove', path: '/list/x' }]],
    ['a test that fails', [{ op: 'test', path: '/a', value: 2 }]],
    ['a path without its slash', [{ op: 'add', path: 'a', value: 1 }]],
  ]
  for (const [name, patch] of refused)
    it(`refuses ${name}`, () => expect(() => jsonPatch(document, patch)).to.throw(PatchError))
})

describe('JSON merge patch', () => {
  // The examples of RFC 7386, appendix A, that Kubernetes objects can meet.
  const cases: [unknown, unknown, unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [document, patch, expected] of cases)
    it(`${JSON.stringify(document)} with ${JSON.stringify(patch)}`, () =>
      expect(mergePatch(document, patch)).to.deep.equal(expected))
})

describe('strategic merge patch', () => {
  const shape = builtInShape('V1Deployment')
  const pods = (spec: object) => ({ spec: { template: { spec } } })
  const containers = (...list: object[]) => pods({ containers: list })
  const [web, proxy] = [
    { name: 'web', image: 'web:1', args: ['a'] },
    { name: 'proxy', image: 'proxy:1' },
  ]

  const cases: [string, object, object, object][] = [
    [
      'merges containers by name',
      containers(web, proxy),
      containers({ name: 'web', image: 'web:2' }),
      containers({ ...web, image: 'web:2' }, proxy),
    ],
    [
      'adds a container that is new',
      containers(web),
      containers({ name: 'new', image: 'new:1' }),
      containers({ name: 'new', image: 'new:1' }, web),
    ],
    ['deletes an item', containers(web, proxy), containers({ name: 'web', $patch: 'delete' }), containers(proxy)],
    [
      'replaces a list',
      containers(web, proxy),
      containers({ $patch: 'replace' }, { name: 'only' }),
      containers({ name: 'only' }),
    ],
    [
      'replaces lists without a key',
      containers(web),
      containers({ name: 'web', args: ['b'] }),
      containers({ ...web, args: ['b'] }),
    ],
    [
      'orders items as told',
      containers(web, proxy),
      pods({
        '$setElementOrder/containers': [{ name: 'proxy' }, { name: 'web' }],
        containers: [{ name: 'proxy', tty: true }],
      }),
      containers({ ...proxy, tty: true }, web),
    ],
    [
      'takes a field away by null',
      { spec: { replicas: 2, paused: true } },
      { spec: { paused: null } },
      { spec: { replicas: 2 } },
    ],
    [
      'replaces an object',
      { metadata: { labels: { a: '1' } } },
      { metadata: { labels: { $patch: 'replace', b: '2' } } },
      { metadata: { labels: { b: '2' } } },
    ],
    [
      'deletes an object',
      { metadata: { labels: { a: '1' } } },
      { metadata: { labels: { $patch: 'delete' } } },
      { metadata: {} },
    ],
    [
      'keeps only the keys it is told to',
      { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
      { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
      { spec: { strategy: { type: 'Recreate' } } },
    ],
    [
      'adds to sets of values',
      { metadata: { finalizers: ['a/1'] } },
      { metadata: { finalizers: ['b/2'] } },
      { metadata: { finalizers: ['b/2', 'a/1'] } },
    ],
    [
      'deletes from sets of values',
      { metadata: { finalizers: ['a/1', 'b/2'] } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['a/1'] } },
      { metadata: { finalizers: ['b/2'] } },
    ],
    [
      'merges ports by their number',
      containers({ name: 'web', ports: [{ containerPort: 80, protocol: 'TCP' }] }),
      containers({ name: 'web', ports: [{ containerPort: 80, name: 'http' }] }),
      containers({ name: 'web', ports: [{ containerPort: 80, protocol: 'TCP', name: 'http' }] }),
    ],
  ]
  for (const [name, document, patch, expected] of cases)
    it(name, () => expect(strategicPatch(shape, document, patch)).to.deep.equal(expected))

  it('refuses an item without its key', () =>
    expect(() => strategicPatch(shape, containers(web), containers({ image: 'x' }))).to.throw(
      'does not contain declared merge key: name',
    ))
  it('refuses an unknown directive', () =>
    expect(() => strategicPatch(shape, {}, { spec: { $patch: 'mangle' } })).to.throw(PatchError))
})
