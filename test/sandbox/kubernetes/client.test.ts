import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubernetesObjectApi,
  PatchStrategy,
  type V1ConfigMap,
  Watch,
} from '@kubernetes/client-node'
import { expect } from 'chai'
import { configMap, deployment, eventually, startCluster, type TestCluster } from './support.ts'

const refusalOf = async (work: Promise<unknown>): Promise<{ code: number; status: Record<string, unknown> }> => {
  try {
    await work
  } catch (error) {
    if (error instanceof ApiException) return { code: error.code, status: JSON.parse(error.body) }
    throw error
  }
  throw new Error('nothing was refused')
}

describe('the public Kubernetes client on the sandbox', () => {
  let test: TestCluster
  let objects: KubernetesObjectApi
  let core: CoreV1Api

  before(async () => {
    test = await startCluster()
    objects = KubernetesObjectApi.makeApiClient(test.config)
    core = test.config.makeApiClient(CoreV1Api)
  })
  after(async () => {
    await test.close()
    expect(test.cluster.failures).to.deep.equal([])
  })

  it('creates, reads, changes and deletes', async () => {
    await objects.create<V1ConfigMap>(configMap('crud', { a: '1' }))
    const read = await objects.read<V1ConfigMap>(configMap('crud'))
    expect(read.data).to.deep.equal({ a: '1' })
    await objects.replace<V1ConfigMap>({ ...read, data: { a: '2' } })
    await objects.patch(configMap('crud', { b: '3' }), undefined, undefined, 'me', undefined, PatchStrategy.MergePatch)
    expect((await objects.read<V1ConfigMap>(configMap('crud'))).data).to.deep.equal({ a: '2', b: '3' })
    await objects.delete(configMap('crud'))
    expect(await refusalOf(objects.read(configMap('crud')))).to.deep.include({ code: 404 })
  })

  it('applies, and learns of conflicts', async () => {
    const apply = (data: Record<string, string>, manager: string, force = false) =>
      objects.patch(configMap('apply', data), undefined, undefined, manager, force, PatchStrategy.ServerSideApply)
    await apply({ a: '1' }, 'me')
    const { code, status } = await refusalOf(apply({ a: '2' }, 'you'))
    expect(code).to.equal(409)
    expect(status).to.deep.include({
      reason: 'Conflict',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "me"', field: '.data.a' }] },
    })
    await apply({ a: '2' }, 'you', true)
    const { metadata } = await objects.read(configMap('apply'))
    expect(metadata?.managedFields?.map(({ manager }) => manager)).to.deep.equal(['you'])
  })

  it('lists by namespace and label', async () => {
    await core.createNamespacedConfigMap({
      namespace: 'default',
      body: { metadata: { name: 'listed', labels: { of: 'list' } } },
    })
    const { items, metadata } = await core.listNamespacedConfigMap({ namespace: 'default', labelSelector: 'of=list' })
    expect(items.map(item => item.metadata?.name)).to.deep.equal(['listed'])
    expect(Number(metadata?.resourceVersion)).to.be.greaterThan(0)
  })

  it('lists page by page, as of the first page', async () => {
    for (const name of ['page-a', 'page-b', 'page-c'])
      await core.createNamespacedConfigMap({
        namespace: 'default',
        body: { metadata: { name, labels: { of: 'pages' } } },
      })
    const query = { namespace: 'default', labelSelector: 'of=pages', limit: 2 }
    const first = await core.listNamespacedConfigMap(query)
    expect(first.items.map(item => item.metadata?.name)).to.deep.equal(['page-a', 'page-b'])
    expect(first.metadata?.remainingItemCount).to.equal(1)
    await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'page-c' })
    const rest = await core.listNamespacedConfigMap({ ...query, _continue: first.metadata?._continue ?? '' })
    expect(rest.items.map(item => item.metadata?.name)).to.deep.equal(['page-c'])
    expect(rest.metadata?._continue).to.equal(undefined)
    test.cluster.compact()
    const { code, status } = await refusalOf(
      core.listNamespacedConfigMap({ ...query, _continue: first.metadata?._continue ?? '' }),
    )
    expect({ code, reason: status.reason }).to.deep.equal({ code: 410, reason: 'Expired' })
  })

  it('scales by the subresource', async () => {
    const apps = test.config.makeApiClient(AppsV1Api)
    await objects.create(deployment('scaled'))
    const scale = await apps.readNamespacedDeploymentScale({ name: 'scaled', namespace: 'default' })
    expect(scale.spec?.replicas).to.equal(1)
    await apps.replaceNamespacedDeploymentScale({
      name: 'scaled',
      namespace: 'default',
      body: { metadata: { name: 'scaled', namespace: 'default' }, spec: { replicas: 3 } },
    })
    await eventually(test.cluster, () => test.cluster.store.list('Pod', { labels: 'app=scaled' }).length === 3)
  })

  describe('watches', () => {
    interface Seen {
      readonly type: string
      readonly name?: string
      readonly code?: number
    }

    /** What a watch sees until `enough` of it. */
    async function seen(
      query: Record<string, string | number | boolean>,
      enough: (events: Seen[]) => boolean,
      meanwhile: () => void = () => {},
    ): Promise<Seen[]> {
      const events: Seen[] = []
      const watch = new Watch(test.config)
      return await new Promise((resolve, reject) => {
        let stop = () => {}
        const onEvent = (type: string, object: { code?: number; metadata?: { name?: string } }) => {
          events.push({
            type,
            ...(object.metadata?.name ? { name: object.metadata.name } : {}),
            ...(object.code ? { code: object.code } : {}),
          })
          if (!enough(events)) return
          stop()
          resolve(events)
        }
        watch
          .watch('/api/v1/namespaces/default/configmaps', query, onEvent, error =>
            error?.name === 'AbortError' ? undefined : reject(error),
          )
          .then(controller => {
            stop = () => controller.abort()
            if (enough(events)) stop()
            else meanwhile()
          }, reject)
      })
    }
    const store = () => test.cluster.store

    it('what is there, then what happens to it', async () => {
      store().create({
        ...configMap('watched'),
        metadata: { ...configMap('watched').metadata, labels: { of: 'watch' } },
      })
      const events = await seen(
        { labelSelector: 'of=watch' },
        all => all.length === 4,
        () => {
          store().patch('ConfigMap', 'watched', 'default', { data: { a: '1' } })
          store().patch('ConfigMap', 'apply', 'default', { metadata: { labels: { of: 'watch' } } })
          store().delete('ConfigMap', 'watched', 'default')
        },
      )
      expect(events).to.deep.equal([
        { type: 'ADDED', name: 'watched' },
        { type: 'MODIFIED', name: 'watched' },
        { type: 'ADDED', name: 'apply' },
        { type: 'DELETED', name: 'watched' },
      ])
    })

    it('an object that ceases to match as deleted', async () => {
      const events = await seen(
        { labelSelector: 'of=watch' },
        all => all.length === 2,
        () => {
          store().patch('ConfigMap', 'apply', 'default', { metadata: { labels: { of: null } } })
        },
      )
      expect(events.at(-1)).to.deep.equal({ type: 'DELETED', name: 'apply' })
    })

    it('what happened since a version', async () => {
      const { revision } = store().revisions
      store().create(configMap('since-a'))
      store().create(configMap('since-b'))
      const events = await seen(
        { resourceVersion: String(revision), fieldSelector: 'metadata.name=since-b' },
        all => all.length === 1,
      )
      expect(events).to.deep.equal([{ type: 'ADDED', name: 'since-b' }])
    })

    it('no version that is compacted away', async () => {
      const { revision } = store().revisions
      store().create(configMap('compacted'))
      test.cluster.compact()
      const events = await seen({ resourceVersion: String(revision) }, all => all.length === 1)
      expect(events).to.deep.equal([{ type: 'ERROR', code: 410 }])
    })

    it('everything there is and then a mark, where the list itself is asked for', async () => {
      const query = {
        sendInitialEvents: true,
        resourceVersionMatch: 'NotOlderThan',
        allowWatchBookmarks: true,
        fieldSelector: 'metadata.name=listed',
      }
      expect(await seen(query, all => all.length === 2)).to.deep.equal([
        { type: 'ADDED', name: 'listed' },
        { type: 'BOOKMARK' },
      ])
    })
  })
})
