import { expect } from 'chai'
import { fillDefaults, prune, type Schema, violations } from '../../../../src/sandbox/kubernetes/store/custom-schema.ts'

const of = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({ type: 'object', properties, ...more })

describe('schemas of custom kinds', () => {
  describe('hold values to', () => {
    const cases: [string, Schema, unknown, string | undefined][] = [
      ['their type', { type: 'integer' }, 'x', 'Invalid value: "x": f in body must be of type integer: "string"'],
      ['numbers, whole ones too', { type: 'number' }, 1, undefined],
      ['whole numbers', { type: 'integer' }, 1.5, 'Invalid value: 1.5: f in body must be of type integer: "number"'],
      ['objects', { type: 'object' }, [], 'Invalid value: "array": f in body must be of type object: "array"'],
      ['no null', { type: 'string' }, null, 'Invalid value: null: f in body must be of type string: "null"'],
      ['null where that is allowed', { type: 'string', nullable: true }, null, undefined],
      ['integers or strings', { 'x-kubernetes-int-or-string': true }, '50%', undefined],
      [
        'integers or strings, not more',
        { 'x-kubernetes-int-or-string': true },
        true,
        'Invalid value: true: f in body must be of type integer,string: "boolean"',
      ],
      ['a choice', { type: 'string', enum: ['A', 'B'] }, 'C', 'Unsupported value: "C": supported values: "A", "B"'],
      ['a pattern', { type: 'string', pattern: '^a+$' }, 'b', `Invalid value: "b": f in body should match '^a+$'`],
      [
        'a length',
        { type: 'string', maxLength: 2 },
        'abc',
        'Invalid value: "abc": f in body should be at most 2 chars long',
      ],
      [
        'a minimum',
        { type: 'integer', minimum: 1 },
        0,
        'Invalid value: 0: f in body should be greater than or equal to 1',
      ],
      ['a maximum', { type: 'integer', maximum: 65535 }, 65535, undefined],
      ['a number of items', { type: 'array', maxItems: 1 }, [1, 2], 'Too many: 2: must have at most 1 items'],
      [
        'one schema of several',
        { oneOf: [{ type: 'string' }, { type: 'integer' }] },
        true,
        'Invalid value: "boolean": "f" must validate one and only one schema (oneOf). Found none valid',
      ],
      ['any schema of several', { anyOf: [{ required: ['a'] }, { required: ['b'] }] }, { b: 1 }, undefined],
      [
        'not a schema',
        { not: { required: ['a'] } },
        { a: 1 },
        'Invalid value: "object": "f" must not validate the schema (not)',
      ],
      [
        'all schemas',
        { allOf: [{ minLength: 2 }] },
        'a',
        'Invalid value: "a": f in body should be at least 2 chars long',
      ],
    ]
    for (const [name, schema, value, expected] of cases)
      it(name, () => expect(violations(schema, value, 'f')[0]?.message).to.equal(expected))

    it('required fields, by their whole path', () => {
      const schema = of({ spec: of({ list: { type: 'array', items: of({}, { required: ['name'] }) } }) })
      expect(violations(schema, { spec: { list: [{}] } })).to.deep.equal([
        { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.list[0].name' },
      ])
    })

    it('lists without two items of one key', () => {
      const schema: Schema = { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }
      const items = [{ name: 'a' }, { name: 'b' }, { name: 'a' }]
      expect(violations(schema, items, 'f')).to.deep.equal([
        { reason: 'FieldValueDuplicate', message: 'Duplicate value: {"name":"a"}', field: 'f[2]' },
      ])
    })
  })

  it('drop fields that they do not know, down to where they keep everything', () => {
    const schema = of({
      spec: of({
        known: { type: 'string' },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        map: { type: 'object', additionalProperties: of({ a: { type: 'string' } }) },
        list: { type: 'array', items: of({ a: { type: 'string' } }) },
      }),
    })
    const value = {
      apiVersion: 'v1',
      kind: 'X',
      metadata: { name: 'x', labels: {} },
      odd: 1,
      spec: { known: 'a', odd: 1, free: { odd: 1 }, map: { k: { a: '1', odd: 1 } }, list: [{ a: '1', odd: 1 }] },
    }
    expect(prune(schema, value)).to.deep.equal({
      apiVersion: 'v1',
      kind: 'X',
      metadata: { name: 'x', labels: {} },
      spec: { known: 'a', free: { odd: 1 }, map: { k: { a: '1' } }, list: [{ a: '1' }] },
    })
  })

  it('fill in defaults, also those of objects that are themselves filled in', () => {
    const schema = of({
      outer: { ...of({ inner: { type: 'string', default: 'x' } }), default: {} },
      list: { type: 'array', items: of({ from: { type: 'string', default: 'Same' } }) },
      gone: { type: 'string' },
    })
    const value = { list: [{}, { from: 'All' }], gone: null }
    fillDefaults(schema, value)
    expect(value).to.deep.equal({ list: [{ from: 'Same' }, { from: 'All' }], outer: { inner: 'x' } })
  })
})
