import { expect } from 'chai'
import { builtInShape } from '../../../../src/sandbox/kubernetes/fields/built-in-shapes.ts'
import { FieldSet } from '../../../../src/sandbox/kubernetes/fields/field-set.ts'
import {
  ApplyConflict,
  apply,
  type Owner,
  ownersAfterUpdate,
  readOwners,
  writeOwners,
} from '../../../../src/sandbox/kubernetes/fields/ownership.ts'
import { customShape, type Schema } from '../../../../src/sandbox/kubernetes/store/custom-schema.ts'

const deploymentShape = builtInShape('V1Deployment')
const configMapShape = builtInShape('V1ConfigMap')
const everything = (set: FieldSet) => set

type Fields = Record<string, unknown>

/** One object over time, as its writers see it. */
class History {
  object: unknown
  owners: Owner[] = []
  readonly #shape
  readonly #apiVersion

  constructor(shape = deploymentShape, apiVersion = 'apps/v1') {
    this.#shape = shape
    this.#apiVersion = apiVersion
    this.object = { metadata: {} }
  }

  apply(manager: string, config: Fields, force = false): this {
    const writer = { manager, operation: 'Apply', apiVersion: this.#apiVersion } as const
    const options = { force, scope: everything, now: '2026-01-01T00:00:00Z' }
    const { object, owners } = apply(this.#shape, this.object, config, this.owners, writer, options)
    this.object = object
    this.owners = owners
    return this
  }

  update(manager: string, next: unknown): this {
    const writer = { manager, operation: 'Update', apiVersion: this.#apiVersion } as const
    this.owners = ownersAfterUpdate(
      this.#shape,
      this.object,
      next,
      this.owners,
      writer,
      everything,
      '2026-01-02T00:00:00Z',
    )
    this.object = next
    return this
  }

  fieldsOf(manager: string): unknown {
    return writeOwners(this.owners).find(entry => entry.manager === manager)?.fieldsV1
  }

  conflictOf(manager: string, config: Fields): ApplyConflict {
    try {
      this.apply(manager, config)
    } catch (error) {
      if (error instanceof ApplyConflict) return error
      throw error
    }
    throw new Error('no conflict')
  }
}

const withReplicas = (replicas: number) => ({ metadata: {}, spec: { replicas } })
const withContainers = (...containers: Fields[]) => ({ metadata: {}, spec: { template: { spec: { containers } } } })
const data = (values: Record<string, string>) => ({ metadata: {}, data: values })
const containersOf = (history: History) =>
  (history.object as { spec: { template: { spec: { containers: Fields[] } } } }).spec.template.spec.containers

describe('server-side apply', () => {
  it('creates what is applied, owned by the applier', () => {
    const history = new History(configMapShape, 'v1').apply('me', data({ a: '1' }))
    expect(history.object).to.deep.equal(data({ a: '1' }))
    expect(history.fieldsOf('me')).to.deep.equal({ 'f:data': { 'f:a': {} } })
  })

  it('leaves alone what others own', () => {
    const history = new History(configMapShape, 'v1').apply('me', data({ a: '1' })).apply('you', data({ b: '2' }))
    expect(history.object).to.deep.equal(data({ a: '1', b: '2' }))
  })

  it('takes away what the applier no longer applies', () => {
    const history = new History(configMapShape, 'v1')
      .apply('me', data({ a: '1', b: '2' }))
      .apply('me', data({ a: '1' }))
    expect(history.object).to.deep.equal(data({ a: '1' }))
  })

  it('keeps what the applier no longer applies but another one does too', () => {
    const history = new History(configMapShape, 'v1')
      .apply('me', data({ a: '1', b: '2' }))
      .apply('you', data({ b: '2' }))
      .apply('me', data({ a: '1' }))
    expect(history.object).to.deep.equal(data({ a: '1', b: '2' }))
    expect(history.fieldsOf('you')).to.deep.equal({ 'f:data': { 'f:b': {} } })
  })

  it('keeps what the applier no longer applies but an updater has set', () => {
    const history = new History(configMapShape, 'v1').apply('me', data({ a: '1', b: '2' }))
    history.update('editor', data({ a: '1', b: '3' })).apply('me', data({ a: '1' }))
    expect(history.object).to.deep.equal(data({ a: '1', b: '3' }))
  })

  it('shares a field that is applied with the value it has', () => {
    const history = new History().apply('me', withReplicas(2)).apply('you', withReplicas(2))
    expect(history.fieldsOf('me')).to.deep.equal({ 'f:spec': { 'f:replicas': {} } })
    expect(history.fieldsOf('you')).to.deep.equal({ 'f:spec': { 'f:replicas': {} } })
  })

  it('refuses to change what another applier owns, and names manager and field', () => {
    const error = new History().apply('me', withReplicas(2)).conflictOf('you', withReplicas(3))
    expect(error.message).to.equal('Apply failed with 1 conflict: conflict with "me": .spec.replicas')
    expect(error.conflicts).to.deep.equal([{ owner: '"me"', path: '.spec.replicas' }])
  })

  it('names the version of an updater that it conflicts with', () => {
    const error = new History().update('kubectl-edit', withReplicas(2)).conflictOf('me', withReplicas(3))
    expect(error.message).to.equal(
      'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
    )
  })

  it('lists several conflicts by manager', () => {
    const history = new History(configMapShape, 'v1')
      .apply('zoe', data({ a: '1', b: '1' }))
      .apply('ann', data({ c: '1' }))
    expect(history.conflictOf('me', data({ a: '2', b: '2', c: '2' })).message).to.equal(
      'Apply failed with 3 conflicts: conflicts with "ann":\n- .data.c\nconflicts with "zoe":\n- .data.a\n- .data.b',
    )
  })

  it('takes a field from its owner by force', () => {
    const history = new History().apply('me', withReplicas(2)).apply('you', withReplicas(3), true)
    expect(history.object).to.deep.equal(withReplicas(3))
    expect(history.fieldsOf('me')).to.equal(undefined)
  })

  it('has no conflict with itself', () => {
    expect(new History().apply('me', withReplicas(2)).apply('me', withReplicas(3)).object).to.deep.equal(
      withReplicas(3),
    )
  })

  it('changes nothing, not even its time, when the same is applied again', () => {
    const history = new History().apply('me', withReplicas(2))
    const owners = writeOwners(history.owners)
    expect(writeOwners(history.apply('me', withReplicas(2)).owners)).to.deep.equal(owners)
  })

  it('gives up everything when nothing is applied any more', () => {
    const history = new History(configMapShape, 'v1').apply('me', data({ a: '1' })).apply('me', { metadata: {} })
    expect(history.owners).to.deep.equal([])
    expect(history.object).to.deep.equal({ metadata: {} })
  })

  describe('lists with keys', () => {
    it('match containers by name, and own each by itself', () => {
      const history = new History()
        .apply('me', withContainers({ name: 'web', image: 'web:1' }))
        .apply('you', withContainers({ name: 'proxy', image: 'proxy:1' }))
      expect(containersOf(history).map(({ name }) => name)).to.have.members(['web', 'proxy'])
      expect(history.fieldsOf('you')).to.deep.equal({
        'f:spec': {
          'f:template': {
            'f:spec': { 'f:containers': { 'k:{"name":"proxy"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
          },
        },
      })
    })

    it('take a container away with all that nobody else owns of it', () => {
      const history = new History()
        .apply('me', withContainers({ name: 'web', image: 'web:1' }, { name: 'proxy', image: 'proxy:1' }))
        .apply('me', withContainers({ name: 'web', image: 'web:1' }))
      expect(containersOf(history)).to.deep.equal([{ name: 'web', image: 'web:1' }])
    })

    it('match ports by port and protocol, TCP where none is said', () => {
      const port = (fields: Fields) => withContainers({ name: 'web', ports: [fields] })
      const history = new History()
        .apply('me', port({ containerPort: 80, name: 'http' }))
        .apply('you', port({ containerPort: 80, protocol: 'TCP', hostIP: '::' }))
        .apply('they', port({ containerPort: 80, protocol: 'UDP' }))
      expect(containersOf(history)[0]?.ports).to.deep.equal([
        { containerPort: 80, name: 'http', protocol: 'TCP', hostIP: '::' },
        { containerPort: 80, protocol: 'UDP' },
      ])
    })

    it('match environment variables by name, and conflict on the value alone', () => {
      const variable = (value: string) => withContainers({ name: 'web', env: [{ name: 'MODE', value }] })
      const error = new History().apply('me', variable('a')).conflictOf('you', variable('b'))
      expect(error.conflicts.map(conflict => conflict.path)).to.deep.equal([
        '.spec.template.spec.containers[name="web"].env[name="MODE"].value',
      ])
    })

    it('put applied items in the applied order, and keep the place of the others', () => {
      const names = (...list: string[]) => withContainers(...list.map(name => ({ name })))
      const history = new History().apply('me', names('a', 'b', 'c')).apply('you', names('c', 'x', 'a'))
      expect(containersOf(history).map(({ name }) => name)).to.deep.equal(['b', 'c', 'x', 'a'])
    })

    it('refuse two items of one key', () => {
      expect(() => new History().apply('me', withContainers({ name: 'web' }, { name: 'web' }))).to.throw(
        '.spec.template.spec.containers: duplicate entries for key [name="web"]',
      )
    })

    it('refuse an item without any of its keys', () => {
      expect(() => new History().apply('me', withContainers({ image: 'web:1' }))).to.throw(
        'omits all key fields ["name"]',
      )
    })
  })

  describe('lists and maps that are one value', () => {
    const command = (...words: string[]) => withContainers({ name: 'web', command: words })

    it('are replaced as a whole', () => {
      const history = new History().apply('me', command('sleep', '1')).apply('me', command('true'))
      expect(containersOf(history)[0]?.command).to.deep.equal(['true'])
    })

    it('conflict as a whole', () => {
      const error = new History().apply('me', command('sleep', '1')).conflictOf('you', command('sleep', '2'))
      expect(error.conflicts.map(conflict => conflict.path)).to.deep.equal([
        '.spec.template.spec.containers[name="web"].command',
      ])
    })

    it('include label selectors', () => {
      const select = (matchLabels: Fields) => ({ metadata: {}, spec: { selector: { matchLabels } } })
      const history = new History().apply('me', select({ app: 'web' }))
      expect(history.fieldsOf('me')).to.deep.equal({ 'f:spec': { 'f:selector': {} } })
      expect(history.conflictOf('you', select({ tier: 'front' })).conflicts[0]?.path).to.equal('.spec.selector')
    })
  })

  it('keeps sets of values apart by value', () => {
    const finalizers = (...names: string[]) => ({ metadata: { finalizers: names } })
    const history = new History().apply('me', finalizers('a/1')).apply('you', finalizers('b/2'))
    expect(history.object).to.deep.equal(finalizers('a/1', 'b/2'))
    expect(history.apply('me', { metadata: {} }).object).to.deep.equal(finalizers('b/2'))
  })

  describe('custom kinds', () => {
    const gateway: Schema = {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: {
            listeners: {
              type: 'array',
              'x-kubernetes-list-type': 'map',
              'x-kubernetes-list-map-keys': ['name'],
              items: { type: 'object', properties: { name: { type: 'string' }, port: { type: 'integer' } } },
            },
            hosts: { type: 'array', items: { type: 'string' } },
            extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      },
    }
    const shape = customShape(gateway, builtInShape('V1ObjectMeta'))
    const spec = (fields: Fields) => ({ metadata: {}, spec: fields })

    it('match listeners by the keys of the schema', () => {
      const history = new History(shape, 'g/v1')
        .apply('me', spec({ listeners: [{ name: 'mesh', port: 15008 }] }))
        .apply('you', spec({ listeners: [{ name: 'xds', port: 15012 }] }))
      expect(history.object).to.deep.equal(
        spec({
          listeners: [
            { name: 'mesh', port: 15008 },
            { name: 'xds', port: 15012 },
          ],
        }),
      )
    })

    it('take other lists as one value', () => {
      const history = new History(shape, 'g/v1').apply('me', spec({ hosts: ['a'] }))
      expect(history.conflictOf('you', spec({ hosts: ['b'] })).conflicts[0]?.path).to.equal('.spec.hosts')
    })

    it('own fields without a schema one by one', () => {
      const history = new History(shape, 'g/v1').apply('me', spec({ extra: { deep: { a: 1 } } }))
      history.apply('you', spec({ extra: { deep: { b: 2 } } }))
      expect(history.object).to.deep.equal(spec({ extra: { deep: { a: 1, b: 2 } } }))
    })
  })
})

describe('updates', () => {
  it('own what they add and change', () => {
    const history = new History(configMapShape, 'v1').update('editor', data({ a: '1' }))
    expect(history.fieldsOf('editor')).to.deep.equal({ 'f:data': { '.': {}, 'f:a': {} } })
  })

  it('take what they change from its owner, without a conflict', () => {
    const history = new History().apply('me', withReplicas(2)).update('scaler', withReplicas(5))
    expect(history.fieldsOf('me')).to.equal(undefined)
    expect(history.fieldsOf('scaler')).to.deep.equal({ 'f:spec': { 'f:replicas': {} } })
  })

  it('own nothing of what they leave as it was', () => {
    const history = new History().apply('me', withReplicas(2)).update('editor', withReplicas(2))
    expect(history.fieldsOf('editor')).to.equal(undefined)
  })

  it('take what they remove away from every owner', () => {
    const history = new History(configMapShape, 'v1')
      .apply('me', data({ a: '1', b: '2' }))
      .update('editor', data({ a: '1' }))
    expect(history.fieldsOf('me')).to.deep.equal({ 'f:data': { 'f:a': {} } })
  })

  it('never own what the server sets', () => {
    const history = new History(configMapShape, 'v1').update('editor', {
      metadata: { name: 'x', uid: '1', labels: { a: 'b' } },
    })
    expect(history.fieldsOf('editor')).to.deep.equal({ 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } } })
  })
})

describe('managed fields', () => {
  const entry = {
    manager: 'me',
    operation: 'Apply',
    apiVersion: 'apps/v1',
    fieldsType: 'FieldsV1',
    time: '2026-01-01T00:00:00Z',
    fieldsV1: {
      'f:spec': { 'f:replicas': {}, 'f:list': { '.': {}, 'k:{"name":"a"}': { '.': {}, 'f:name': {} }, 'v:1': {} } },
    },
  } as const

  it('are read and written without a change', () => {
    expect(writeOwners(readOwners([entry]))).to.deep.equal([entry])
  })

  it('list appliers before updaters', () => {
    const owner = (operation: 'Apply' | 'Update', manager: string): Owner => ({
      manager,
      operation,
      apiVersion: 'v1',
      fields: FieldSet.of([['f:spec']]),
    })
    const managers = writeOwners([owner('Update', 'a'), owner('Apply', 'b')]).map(({ manager }) => manager)
    expect(managers).to.deep.equal(['b', 'a'])
  })
})
