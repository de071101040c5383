import { expect } from 'chai'
import type { ObjectInput } from '../../../../src/sandbox/kubernetes/objects.ts'
import { StatusError } from '../../../../src/sandbox/kubernetes/status-error.ts'
import { ObjectStore } from '../../../../src/sandbox/kubernetes/store/store.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const configMap = (name: string, data: Record<string, unknown> = {}, metadata: object = {}): ObjectInput => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop', ...metadata },
  data,
})

const deployment = (spec: object = {}): ObjectInput => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    ...spec,
  },
})

const service = (spec: object = {}): ObjectInput => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { ports: [{ port: 80 }], ...spec },
})

const refusalOf = (work: () => unknown): StatusError => {
  try {
    work()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const shown = ({ code, reason, message }: StatusError) => ({ code, reason, message })

describe('the object store', () => {
  let clock: ManualClock
  let store: ObjectStore

  beforeEach(() => {
    clock = new ManualClock()
    store = new ObjectStore(clock)
    for (const name of ['shop', 'bank']) store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  })

  describe('creates', () => {
    it('with an identity, a version and a time', () => {
      const { metadata } = store.create(configMap('a'))
      expect(metadata.uid).to.match(/^[0-9a-f-]{36}$/)
      expect(Number(metadata.resourceVersion)).to.be.greaterThan(0)
      expect(metadata.creationTimestamp).to.equal(store.now())
    })

    it('under a generated name', () => {
      const names = [1, 2].map(() => store.create(configMap('', {}, { generateName: 'made-' })).metadata.name)
      expect(names[0]).to.match(/^made-[a-z0-9]{5}$/)
      expect(names[0]).not.to.equal(names[1])
    })

    it('no second object of the name', () => {
      store.create(configMap('a'))
      expect(shown(refusalOf(() => store.create(configMap('a'))))).to.deep.equal({
        code: 409,
        reason: 'AlreadyExists',
        message: 'configmaps "a" already exists',
      })
    })

    it('nothing in a namespace that does not exist', () => {
      const refusal = refusalOf(() => store.create(configMap('a', {}, { namespace: 'none' })))
      expect(shown(refusal)).to.deep.equal({ code: 404, reason: 'NotFound', message: 'namespaces "none" not found' })
    })

    it('nothing in a namespace that is being deleted', () => {
      store.delete('Namespace', 'shop')
      const refusal = refusalOf(() => store.create(configMap('a')))
      expect(refusal.code).to.equal(403)
      expect(refusal.message).to.include(
        'unable to create new content in namespace shop because it is being terminated',
      )
    })

    it('nothing of an unknown kind', () => {
      const refusal = refusalOf(() => store.create({ apiVersion: 'v1', kind: 'Widget', metadata: { name: 'a' } }))
      expect(refusal.message).to.equal('no matches for kind "Widget" in version "v1"')
    })

    for (const name of ['Upper', '-dash', 'under_score', 'a'.repeat(254)])
      it(`nothing called ${name.slice(0, 20)}`, () =>
        expect(refusalOf(() => store.create(configMap(name))).code).to.equal(422))

    it('no labels that can not be selected', () => {
      const refusal = refusalOf(() => store.create(configMap('a', {}, { labels: { role: 'arn:aws:iam::1:role/x' } })))
      expect(refusal.code).to.equal(422)
    })

    it('nothing on a dry run', () => {
      expect(store.create(configMap('a'), { dryRun: true }).metadata.uid).to.be.a('string')
      expect(store.get('ConfigMap', 'a', 'shop')).to.equal(undefined)
    })

    it('Secrets from texts', () => {
      const secret = store.create({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'a', namespace: 'shop' },
        stringData: { key: 'hi' },
      })
      expect(secret).to.deep.include({ type: 'Opaque', data: { key: 'aGk=' } })
      expect(secret).not.to.have.property('stringData')
    })
  })

  describe('fills in', () => {
    it('what a Deployment leaves out', () => {
      const { spec } = store.create(deployment())
      expect(spec).to.deep.equal({
        replicas: 1,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            restartPolicy: 'Always',
            terminationGracePeriodSeconds: 30,
            dnsPolicy: 'ClusterFirst',
            schedulerName: 'default-scheduler',
            securityContext: {},
            containers: [
              {
                name: 'web',
                image: 'web:1',
                imagePullPolicy: 'IfNotPresent',
                terminationMessagePath: '/dev/termination-log',
                terminationMessagePolicy: 'File',
                resources: {},
              },
            ],
          },
        },
      })
    })

    it('an address that stays, and node ports where they are needed', () => {
      const made = store.create(service({ type: 'LoadBalancer' })).spec as {
        clusterIP: string
        ports: { nodePort: number }[]
      }
      expect(made.clusterIP).to.match(/^10\.100\./)
      expect(made.ports[0]?.nodePort).to.be.within(30_000, 32_767)
      const after = store.replace(service({ type: 'LoadBalancer' })).spec
      expect(after).to.deep.equal(made)
    })

    it('the tag that decides whether an image is always pulled', () => {
      const policies = ['web', 'web:latest', 'reg:5000/web', 'web:1', 'web@sha256:0'].map(image => {
        const made = store.create(
          deployment({
            template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
          }),
          { dryRun: true },
        )
        return (made.spec as { template: { spec: { containers: { imagePullPolicy: string }[] } } }).template.spec
          .containers[0]?.imagePullPolicy
      })
      expect(policies).to.deep.equal(['Always', 'Always', 'Always', 'IfNotPresent', 'IfNotPresent'])
    })
  })

  describe('refuses', () => {
    const cases: [string, ObjectInput, string][] = [
      [
        'a selector that misses its own pods',
        deployment({ selector: { matchLabels: { app: 'other' } } }),
        '`selector` does not match template `labels`',
      ],
      [
        'a Deployment without containers',
        deployment({ template: { metadata: { labels: { app: 'web' } }, spec: {} } }),
        'spec.template.spec.containers: Required value',
      ],
      ['a Service without ports', service({ ports: [] }), 'spec.ports: Required value'],
      ['a port that is none', service({ ports: [{ port: 70_000 }] }), 'must be between 1 and 65535'],
      ['a type of Service that there is not', service({ type: 'Balloon' }), 'Unsupported value: "Balloon"'],
    ]
    for (const [name, object, message] of cases)
      it(name, () => {
        const refusal = refusalOf(() => store.create(object))
        expect(refusal).to.deep.include({ code: 422, reason: 'Invalid' })
        expect(refusal.message).to.include(message)
      })

    it('a value of another type, in the words of the decoder', () => {
      const refusal = refusalOf(() => store.create(deployment({ replicas: 'two' })))
      expect(refusal.code).to.equal(400)
      expect(refusal.message).to.match(
        /^Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string/,
      )
    })

    it('unknown fields where it is told to be strict, and drops them otherwise', () => {
      const odd = deployment({ replica: 2 })
      const refusal = refusalOf(() => store.create(odd, { fieldValidation: 'Strict' }))
      expect(refusal.message).to.include('strict decoding error: unknown field "spec.replica"')
      const warnings: string[] = []
      const made = store.create(odd, { fieldValidation: 'Warn', warn: message => warnings.push(message) })
      expect(warnings).to.deep.equal(['unknown field "spec.replica"'])
      expect(made.spec).not.to.have.property('replica')
    })

    it('to change what can not be changed', () => {
      store.create(deployment())
      const other = deployment({
        selector: { matchLabels: { tier: 'x' } },
        template: { metadata: { labels: { tier: 'x' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
      })
      expect(refusalOf(() => store.replace(other)).message).to.include('spec.selector: Invalid value')
      expect(refusalOf(() => store.replace(other)).message).to.include('field is immutable')
    })
  })

  describe('updates', () => {
    it('only what is still as the writer knows it', () => {
      const before = store.create(configMap('a', { x: '1' }))
      store.patch('ConfigMap', 'a', 'shop', { data: { x: '2' } })
      const stale = configMap('a', { x: '3' }, { resourceVersion: before.metadata.resourceVersion })
      expect(shown(refusalOf(() => store.replace(stale)))).to.deep.equal({
        code: 409,
        reason: 'Conflict',
        message:
          'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
      })
    })

    it('nothing when nothing changes', () => {
      const before = store.create(configMap('a', { x: '1' }))
      expect(store.replace(configMap('a', { x: '1' })).metadata.resourceVersion).to.equal(
        before.metadata.resourceVersion,
      )
    })

    it('count the generations of what is asked for, not of labels or status', () => {
      store.create(deployment())
      const generation = () => store.read('Deployment', 'web', 'shop').metadata.generation
      store.patch('Deployment', 'web', 'shop', { metadata: { labels: { a: 'b' } } })
      store.patchStatus('Deployment', 'web', 'shop', { replicas: 1 })
      expect(generation()).to.equal(1)
      store.patch('Deployment', 'web', 'shop', { spec: { replicas: 2 } })
      expect(generation()).to.equal(2)
    })

    it('keep status and everything else apart', () => {
      store.create({ ...deployment(), status: { replicas: 9 } })
      expect(store.read('Deployment', 'web', 'shop').status).to.deep.equal({})
      store.patch('Deployment', 'web', 'shop', { status: { replicas: 9 } })
      expect(store.read('Deployment', 'web', 'shop').status).to.deep.equal({})
      store.patch(
        'Deployment',
        'web',
        'shop',
        { spec: { replicas: 7 }, status: { replicas: 1 } },
        { subresource: 'status' },
      )
      const { spec, status } = store.read('Deployment', 'web', 'shop')
      expect(spec).to.have.property('replicas', 1)
      expect(status).to.deep.equal({ replicas: 1 })
    })

    it('never change identity', () => {
      const { metadata } = store.create(configMap('a'))
      const changed = store.patch('ConfigMap', 'a', 'shop', {
        metadata: { creationTimestamp: '2000-01-01T00:00:00Z', labels: { a: 'b' } },
      })
      expect(changed.metadata.creationTimestamp).to.equal(metadata.creationTimestamp)
      expect(refusalOf(() => store.patch('ConfigMap', 'a', 'shop', { metadata: { uid: 'other' } })).code).to.equal(409)
    })

    it('record who owns what', () => {
      store.create(configMap('a', { x: '1' }), { manager: 'maker' })
      store.patch('ConfigMap', 'a', 'shop', { data: { y: '2' } }, { manager: 'patcher' })
      const owners = store
        .read('ConfigMap', 'a', 'shop')
        .metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`)
      expect(owners).to.have.members(['maker Update', 'patcher Update'])
    })

    it('take managed fields that the writer itself sets', () => {
      store.create(configMap('a', { x: '1' }), { manager: 'maker' })
      store.patch('ConfigMap', 'a', 'shop', [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }], {
        type: 'json',
        manager: 'cleaner',
      })
      expect(store.read('ConfigMap', 'a', 'shop').metadata.managedFields).to.deep.equal([])
    })
  })

  describe('applies', () => {
    const mine = (data: Record<string, string>) => configMap('a', data)

    it('a new object, and again without a change', () => {
      const first = store.apply(mine({ x: '1' }), { manager: 'me' })
      clock.after(0, () => {})
      const second = store.apply(mine({ x: '1' }), { manager: 'me' })
      expect(second).to.deep.equal(first)
    })

    it('not over a field of somebody else, and tells the fields', () => {
      store.apply(mine({ x: '1' }), { manager: 'me' })
      const refusal = refusalOf(() => store.apply(mine({ x: '2' }), { manager: 'you' }))
      expect(refusal.toStatus()).to.deep.equal({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Apply failed with 1 conflict: conflict with "me": .data.x',
        reason: 'Conflict',
        details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "me"', field: '.data.x' }] },
        code: 409,
      })
      expect(store.read('ConfigMap', 'a', 'shop').data).to.deep.equal({ x: '1' })
    })

    it('by force', () => {
      store.apply(mine({ x: '1' }), { manager: 'me' })
      store.apply(mine({ x: '2' }), { manager: 'you', force: true })
      expect(store.read('ConfigMap', 'a', 'shop').data).to.deep.equal({ x: '2' })
    })

    it('no defaults as owned by the applier', () => {
      store.apply(deployment(), { manager: 'me' })
      const scaled = store.apply({ ...deployment(), spec: { replicas: 3 } }, { manager: 'scaler' })
      expect(scaled.spec).to.have.property('replicas', 3)
    })

    it('the server default again once nobody owns a field', () => {
      store.apply(deployment({ replicas: 3 }), { manager: 'me' })
      expect(store.apply(deployment(), { manager: 'me' }).spec).to.have.property('replicas', 1)
    })

    it('nothing that the schema does not declare', () => {
      const refusal = refusalOf(() => store.apply(deployment({ replica: 1 }), { manager: 'me' }))
      expect(refusal.message).to.equal(
        'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema',
      )
    })

    it('nothing at a version that has passed, or to an object that is gone', () => {
      const { metadata } = store.apply(mine({ x: '1' }), { manager: 'me' })
      store.patch('ConfigMap', 'a', 'shop', { data: { y: '1' } })
      const { resourceVersion } = metadata
      expect(refusalOf(() => store.apply(configMap('a', {}, { resourceVersion }), { manager: 'me' })).code).to.equal(
        409,
      )
      store.delete('ConfigMap', 'a', 'shop')
      expect(refusalOf(() => store.apply(configMap('a', {}, { resourceVersion }), { manager: 'me' })).code).to.equal(
        404,
      )
    })

    it('status by itself, with owners of its own', () => {
      store.apply(deployment(), { manager: 'me' })
      const status = { ...deployment(), spec: undefined, status: { replicas: 4 } }
      delete (status as { spec?: unknown }).spec
      store.apply(status, { manager: 'me', subresource: 'status' })
      const live = store.read('Deployment', 'web', 'shop')
      expect(live.status).to.deep.equal({ replicas: 4 })
      expect(live.spec).to.have.property('replicas', 1)
      expect(live.metadata.managedFields?.map(({ subresource = '' }) => subresource)).to.have.members(['', 'status'])
    })
  })

  describe('deletes', () => {
    it('what nothing holds, at once', () => {
      store.create(configMap('a'))
      expect(store.delete('ConfigMap', 'a', 'shop').gone).to.equal(true)
      expect(refusalOf(() => store.delete('ConfigMap', 'a', 'shop')).message).to.equal('configmaps "a" not found')
    })

    it('what has finalizers only once they are taken away', () => {
      store.create(configMap('a', {}, { finalizers: ['x/y'] }))
      const { gone, object } = store.delete('ConfigMap', 'a', 'shop')
      expect(gone).to.equal(false)
      expect(object.metadata.deletionTimestamp).to.equal(store.now())
      store.patch('ConfigMap', 'a', 'shop', { data: { still: 'here' } })
      store.patch('ConfigMap', 'a', 'shop', { metadata: { finalizers: null } })
      expect(store.get('ConfigMap', 'a', 'shop')).to.equal(undefined)
    })

    it('only the object that was meant', () => {
      const { metadata } = store.create(configMap('a'))
      const refusal = refusalOf(() => store.delete('ConfigMap', 'a', 'shop', { uid: 'other' }))
      expect(refusal.code).to.equal(409)
      expect(refusal.message).to.include('the UID in the precondition (other) does not match')
      expect(store.delete('ConfigMap', 'a', 'shop', { uid: metadata.uid }).gone).to.equal(true)
    })

    it('namespaces only once they are empty', () => {
      const { gone, object } = store.delete('Namespace', 'shop')
      expect(gone).to.equal(false)
      expect(object.status).to.have.property('phase', 'Terminating')
      store.finish(object)
      expect(store.get('Namespace', 'shop')).to.equal(undefined)
    })

    it('nothing on a dry run', () => {
      store.create(configMap('a'))
      store.delete('ConfigMap', 'a', 'shop', { dryRun: true })
      expect(store.get('ConfigMap', 'a', 'shop')).not.to.equal(undefined)
    })
  })

  describe('lists', () => {
    it('by namespace, labels and fields', () => {
      store.create(configMap('a', {}, { labels: { app: 'x' } }))
      store.create(configMap('b', {}, { labels: { app: 'y' } }))
      store.create(configMap('c', {}, { namespace: 'bank', labels: { app: 'x' } }))
      const names = (query: object) => store.list('ConfigMap', query).map(({ metadata }) => metadata.name)
      expect(names({})).to.deep.equal(['c', 'a', 'b'])
      expect(names({ namespace: 'shop' })).to.deep.equal(['a', 'b'])
      expect(names({ labels: 'app=x' })).to.deep.equal(['c', 'a'])
      expect(names({ fields: 'metadata.name=b' })).to.deep.equal(['b'])
    })

    it('what stood at a revision', () => {
      store.create(configMap('a'))
      const { revision } = store.revisions
      store.create(configMap('b'))
      store.delete('ConfigMap', 'a', 'shop')
      const kind = store.kind('ConfigMap')
      expect(store.revisions.allAt(kind, revision).map(({ metadata }) => metadata.name)).to.deep.equal(['a'])
      store.revisions.compact()
      expect(refusalOf(() => store.revisions.allAt(kind, revision))).to.deep.include({ code: 410, reason: 'Expired' })
    })

    it('copies: what is done to them stays with whoever did it', () => {
      store.create(configMap('a', { x: '1' }))
      const [copy] = store.list('ConfigMap')
      Object.assign(copy ?? {}, { data: {} })
      expect(store.read('ConfigMap', 'a', 'shop').data).to.deep.equal({ x: '1' })
    })
  })
})
