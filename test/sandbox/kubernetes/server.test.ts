import { expect } from 'chai'
import { configMap, deployment, eventually, startCluster, type TestCluster } from './support.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'

describe('the Kubernetes API server', () => {
  let test: TestCluster
  before(async () => {
    test = await startCluster()
  })
  afterEach(() => {
    test.calls.fault = () => undefined
  })
  after(() => test.close())

  describe('lets in', () => {
    it('nobody with a token that it does not know', async () => {
      const { status, body } = await test.send('GET', configMaps, { token: 'wrong' })
      expect(status).to.equal(401)
      expect(body).to.deep.equal({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Unauthorized',
        reason: 'Unauthorized',
        code: 401,
      })
    })

    it('the anonymous only to what is public', async () => {
      for (const path of ['/version', '/healthz', '/livez', '/readyz', '/readyz/ping'])
        expect((await test.send('GET', path, { token: undefined })).status, path).to.equal(200)
      const { status, body } = await test.send('GET', configMaps, { token: undefined })
      expect(status).to.equal(403)
      expect(body).to.deep.include({
        reason: 'Forbidden',
        message:
          'configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace "default"',
        details: { kind: 'configmaps' },
      })
    })

    it('service accounts as far as roles allow', async () => {
      const { store } = test.cluster
      const path = '/api/v1/namespaces/default/serviceaccounts/default/token'
      const { body } = await test.send('POST', path, {
        body: { kind: 'TokenRequest', spec: { expirationSeconds: 600 } },
      })
      const { token } = body.status as { token: string }
      expect((await test.send('GET', configMaps, { token })).status).to.equal(403)
      const rbac = 'rbac.authorization.k8s.io'
      const metadata = { name: 'reader', namespace: 'default' }
      store.create({
        apiVersion: `${rbac}/v1`,
        kind: 'Role',
        metadata,
        rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
      })
      store.create({
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: rbac, kind: 'Role', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'default' }],
      })
      expect((await test.send('GET', configMaps, { token })).status).to.equal(200)
      expect((await test.send('GET', `${configMaps}/x`, { token })).status).to.equal(403)
      expect((await test.send('GET', '/api/v1/namespaces/kube-system/configmaps', { token })).status).to.equal(403)
    })

    it('whoever asks what they may do', async () => {
      const ask = (resource: string, verb: string, token?: string) =>
        test.send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
          body: {
            kind: 'SelfSubjectAccessReview',
            apiVersion: 'authorization.k8s.io/v1',
            spec: { resourceAttributes: { resource, verb, namespace: 'default' } },
          },
          ...(token ? { token } : {}),
        })
      expect((await ask('pods', 'create')).body.status).to.deep.equal({ allowed: true })
    })
  })

  describe('tells', () => {
    it('its version', async () => {
      expect((await test.send('GET', '/version')).body).to.deep.include({ major: '1', minor: '33+' })
    })

    it('its groups, versions and resources', async () => {
      const { body } = await test.send('GET', '/apis/apps/v1')
      const resources = body.resources as { name: string; kind: string; namespaced: boolean; verbs: string[] }[]
      expect(resources.find(({ name }) => name === 'deployments')).to.deep.equal({
        name: 'deployments',
        singularName: 'deployment',
        namespaced: true,
        kind: 'Deployment',
        verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
        shortNames: ['deploy'],
        categories: ['all'],
      })
      expect(resources.map(({ name }) => name)).to.include.members(['deployments/status', 'deployments/scale'])
      const groups = (await test.send('GET', '/apis')).body.groups as { name: string }[]
      expect(groups.map(({ name }) => name)).to.include.members(['apps', 'batch', 'authorization.k8s.io'])
      expect((await test.send('GET', '/apis/apps')).body).to.deep.include({ kind: 'APIGroup', name: 'apps' })
      expect((await test.send('GET', '/apis/none/v1')).status).to.equal(404)
    })

    it('all of it at once to those who ask for the aggregated form', async () => {
      const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
      const { headers, body } = await test.send('GET', '/apis', { headers: { accept } })
      expect(headers['content-type']).to.include('as=APIGroupDiscoveryList')
      const items = body.items as {
        metadata: { name: string }
        versions: { version: string; resources: { resource: string; scope: string }[] }[]
      }[]
      const apps = items.find(({ metadata }) => metadata.name === 'apps')
      expect(apps?.versions[0]?.resources.map(({ resource }) => resource)).to.include('deployments')
    })

    it('its schemas, with the parameter that makes kubectl leave validation to the server', async () => {
      const { body } = await test.send('GET', '/openapi/v3')
      const { 'apis/apps/v1': place } = body.paths as Record<string, { serverRelativeURL: string }>
      const document = (await test.send('GET', place?.serverRelativeURL ?? '')).body as {
        paths: Record<string, { patch: { parameters: { name: string }[] } }>
        components: { schemas: Record<string, unknown> }
      }
      const patch = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.patch
      expect(patch?.parameters.map(({ name }) => name)).to.include('fieldValidation')
      expect(document.components.schemas['v1.PodSpec']).to.have.nested.property(
        'properties.containers.x-kubernetes-patch-merge-key',
        'name',
      )
    })

    it('404 for paths that it does not have', async () => {
      for (const path of [
        '/none',
        '/api/v2',
        '/api/v1/widgets',
        '/api/v1/namespaces/default/nodes',
        '/api/v1/namespaces/default/pods/x/none',
        '/api/v1/pods/x',
      ])
        expect((await test.send('GET', path)).status, path).to.equal(404)
    })
  })

  it('refuses paths that can not be read, and lives on', async () => {
    for (const path of ['/api/v1/namespaces/%zz/pods', '/%'])
      expect((await test.send('GET', path)).status, path).to.equal(400)
  })

  describe('takes', () => {
    const patch = (name: string, type: string, body: unknown, query = '') =>
      test.send('PATCH', `${configMaps}/${name}${query}`, { body, headers: { 'content-type': type } })

    it('YAML', async () => {
      const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata: {a: "1"}\n'
      const { status } = await test.send('POST', configMaps, { body, headers: { 'content-type': 'application/yaml' } })
      expect(status).to.equal(201)
    })

    it('each type of patch', async () => {
      await test.send('POST', configMaps, { body: configMap('patched', { a: '1', b: '1' }) })
      expect(
        (await patch('patched', 'application/json-patch+json', [{ op: 'remove', path: '/data/b' }])).body.data,
      ).to.deep.equal({ a: '1' })
      expect((await patch('patched', 'application/merge-patch+json', { data: { c: '1' } })).body.data).to.deep.equal({
        a: '1',
        c: '1',
      })
      expect(
        (await patch('patched', 'application/strategic-merge-patch+json', { data: { a: null } })).body.data,
      ).to.deep.equal({ c: '1' })
      const config = 'apiVersion: v1\nkind: ConfigMap\ndata: {d: "1"}\n'
      const applied = await patch('patched', 'application/apply-patch+yaml', config, '?fieldManager=me')
      expect(applied).to.deep.include({ status: 200 })
      expect(applied.body.data).to.deep.equal({ c: '1', d: '1' })
    })

    it('an apply of what is new as its creation', async () => {
      const { status } = await patch(
        'applied-new',
        'application/apply-patch+yaml',
        configMap('applied-new'),
        '?fieldManager=me',
      )
      expect(status).to.equal(201)
    })

    it('an apply without a manager, force without an apply, and other patches not', async () => {
      expect((await patch('patched', 'application/apply-patch+yaml', configMap('patched'))).body.message).to.include(
        'fieldManager: Required value',
      )
      expect((await patch('patched', 'application/merge-patch+json', {}, '?force=true')).body.message).to.include(
        'force: Forbidden',
      )
      expect((await patch('patched', 'application/odd', {})).status).to.equal(415)
      expect(
        (await patch('patched', 'application/json-patch+json', [{ op: 'remove', path: '/none' }])).status,
      ).to.equal(422)
    })

    it('no body that it can not read, or that is about something else', async () => {
      const post = (body: unknown, type = 'application/json') =>
        test.send('POST', configMaps, { body, headers: { 'content-type': type } })
      expect((await post('{"kind":')).status).to.equal(400)
      expect((await post('{}', 'application/vnd.kubernetes.protobuf')).status).to.equal(400)
      expect((await post({ ...configMap('x'), kind: 'Secret' })).body.message).to.include(
        'cannot be handled as a ConfigMap',
      )
      expect((await post({ ...configMap('x'), metadata: { name: 'x', namespace: 'other' } })).body.message).to.include(
        'namespace of the provided object does not match',
      )
      expect((await post(JSON.stringify(configMap('x', { big: 'x'.repeat(3 * 1024 * 1024) })))).status).to.equal(413)
      expect((await test.send('PUT', `${configMaps}/other`, { body: configMap('x') })).body.message).to.include(
        'does not match the name on the URL',
      )
      expect((await test.send('POST', `${configMaps}/x`, { body: configMap('x') })).status).to.equal(405)
    })

    it('a dry run, which changes nothing and counts as no write', async () => {
      const before = test.calls.log.length
      const { status } = await test.send('POST', `${configMaps}?dryRun=All`, { body: configMap('dry') })
      expect(status).to.equal(201)
      expect((await test.send('GET', `${configMaps}/dry`)).status).to.equal(404)
      expect(test.calls.log.slice(before).map(({ writes }) => writes)).to.deep.equal([false, false])
    })

    it('unknown fields with a warning, or not at all', async () => {
      const body = { ...configMap('warned'), date: {} }
      expect((await test.send('POST', configMaps, { body })).headers.warning).to.equal(
        '299 - "unknown field \\"date\\""',
      )
      expect((await test.send('POST', `${configMaps}?fieldValidation=Strict`, { body })).status).to.equal(400)
    })
  })

  describe('deletes', () => {
    it('one, answering who it was', async () => {
      test.cluster.store.create(configMap('gone'))
      const { body } = await test.send('DELETE', `${configMaps}/gone`)
      expect(body).to.deep.include({ kind: 'Status', status: 'Success' })
      expect(body.details).to.deep.include({ name: 'gone', kind: 'configmaps' })
    })

    it('all that are selected', async () => {
      for (const name of ['many-a', 'many-b'])
        test.cluster.store.create({
          ...configMap(name),
          metadata: { ...configMap(name).metadata, labels: { of: 'many' } },
        })
      await test.send('DELETE', `${configMaps}?labelSelector=of%3Dmany`)
      expect(test.cluster.store.list('ConfigMap', { labels: 'of=many' })).to.deep.equal([])
      expect((await test.send('GET', `${configMaps}/yaml`)).status).to.equal(200)
    })
  })

  describe('shows', () => {
    const accept = (form: string) => ({
      headers: { accept: `application/json;as=${form};v=v1;g=meta.k8s.io,application/json` },
    })

    it('tables', async () => {
      const { body } = await test.send('GET', `${configMaps}/yaml`, accept('Table'))
      expect(body).to.deep.include({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' })
      const { body: list } = await test.send('GET', configMaps, accept('Table'))
      expect(list.rows).to.be.an('array').that.is.not.empty
    })

    it('metadata alone', async () => {
      const { body } = await test.send('GET', `${configMaps}/yaml`, accept('PartialObjectMetadata'))
      expect(Object.keys(body)).to.have.members(['kind', 'apiVersion', 'metadata'])
      expect((await test.send('GET', configMaps, accept('PartialObjectMetadata'))).body.kind).to.equal(
        'PartialObjectMetadataList',
      )
    })
  })

  describe('records', () => {
    it('every call with its group, method and path', async () => {
      const before = test.calls.log.length
      await test.send('POST', '/apis/apps/v1/namespaces/default/deployments?fieldManager=me', {
        body: deployment('logged'),
      })
      await test.send('GET', '/version')
      expect(test.calls.log.slice(before).map(({ number: _, ...call }) => call)).to.deep.equal([
        {
          plane: 'kubernetes',
          service: 'apps',
          operation: 'POST',
          subject: '/apis/apps/v1/namespaces/default/deployments',
          writes: true,
        },
        { plane: 'kubernetes', service: 'server', operation: 'GET', subject: '/version', writes: false },
      ])
    })
  })

  describe('fails when a test says so', () => {
    const create = (name: string) => test.send('POST', configMaps, { body: configMap(name) })
    const exists = (name: string) => test.cluster.store.get('ConfigMap', name, 'default') !== undefined
    const error = { kind: 'error', code: 'InternalError', status: 500, message: 'etcd is down' } as const

    it('before it has done anything', async () => {
      test.calls.fault = () => ({ ...error, when: 'before' })
      expect(await create('fault-a')).to.deep.include({ status: 500 })
      expect(exists('fault-a')).to.equal(false)
    })

    it('after it has done it', async () => {
      test.calls.fault = () => ({ ...error, when: 'after' })
      expect((await create('fault-b')).body).to.deep.include({ reason: 'InternalError', message: 'etcd is down' })
      expect(exists('fault-b')).to.equal(true)
    })

    it('with the time to wait, where there are too many requests', async () => {
      test.calls.fault = () => ({
        kind: 'error',
        when: 'before',
        code: 'TooManyRequests',
        status: 429,
        message: 'slow down',
      })
      const { status, headers, body } = await create('fault-c')
      expect({ status, after: headers['retry-after'] }).to.deep.equal({ status: 429, after: '1' })
      expect(body.details).to.deep.equal({ retryAfterSeconds: 1 })
    })

    for (const when of ['before', 'after'] as const)
      it(`by a connection that is reset ${when} it`, async () => {
        test.calls.fault = () => ({ kind: 'reset', when })
        const reason = await create(`fault-reset-${when}`).then(
          () => undefined,
          (failure: NodeJS.ErrnoException) => failure.code,
        )
        expect(reason).to.equal('ECONNRESET')
        expect(exists(`fault-reset-${when}`)).to.equal(when === 'after')
      })

    it('by taking its time', async () => {
      let release = () => {}
      const until = new Promise<void>(resolve => {
        release = resolve
      })
      const arrived = new Promise<void>(resolve => {
        test.calls.fault = () => {
          resolve()
          return { kind: 'hold', when: 'before', until }
        }
      })
      const held = create('fault-held')
      await arrived
      expect(exists('fault-held')).to.equal(false)
      release()
      expect((await held).status).to.equal(201)
    })
  })

  describe('serves logs', () => {
    const path = '/api/v1/namespaces/default/pods/talker/log'
    before(async () => {
      const { store } = test.cluster
      store.create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'talker', namespace: 'default' },
        spec: { containers: [{ name: 'main', image: 'a:1' }] },
      })
      await eventually(test.cluster, () => store.get('Pod', 'talker', 'default'))
      for (const line of ['one', 'two', 'three']) test.cluster.logs.append('default', 'talker', 'main', line)
    })

    it('whole, by their end, and with times', async () => {
      expect((await test.send('GET', path)).text).to.equal('one\ntwo\nthree\n')
      expect((await test.send('GET', `${path}?tailLines=1`)).text).to.equal('three\n')
      expect((await test.send('GET', `${path}?tailLines=0`)).text).to.equal('')
      expect((await test.send('GET', `${path}?limitBytes=3`)).text).to.equal('one')
      expect((await test.send('GET', `${path}?timestamps=true&tailLines=1`)).text).to.match(
        /^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/,
      )
      expect((await test.send('GET', `${path}?sinceTime=2100-01-01T00:00:00Z`)).text).to.equal('')
      expect((await test.send('GET', `${path}?sinceSeconds=1000000`)).text).to.equal('one\ntwo\nthree\n')
    })

    it('as they grow, until the pod is gone', async () => {
      const following = test.send('GET', `${path}?follow=true&tailLines=1`)
      // Whether it follows already or not, the line is told once.
      test.cluster.logs.append('default', 'talker', 'main', 'four')
      test.cluster.store.delete('Pod', 'talker', 'default')
      expect((await following).text).to.match(/^(three\n)?four\n$/)
    })

    it('of no container that does not exist', async () => {
      expect((await test.send('GET', '/api/v1/namespaces/default/pods/none/log')).status).to.equal(404)
    })
  })
})
