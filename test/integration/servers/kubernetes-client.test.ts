import { expect } from 'chai'
import { isFailure } from '../../../src/lib/engine/failure.ts'
import { KubernetesWriter } from '../../../src/lib/kubernetes/client.ts'
import { kindRef, ref } from '../../../src/lib/kubernetes/objects.ts'
import { Connection } from '../../../src/lib/kubernetes/transport.ts'
import { ApiProxy, status } from '../support/api-proxy.ts'
import { ControlPlane } from '../support/control-plane.ts'
import { Kubectl } from '../support/kubectl.ts'
import { parts } from '../support/parts.ts'

describe('our Kubernetes client and kube-apiserver', () => {
  let controlPlane: ControlPlane
  let proxy: ApiProxy
  let kubectl: Kubectl
  let client: KubernetesWriter

  before(async function () {
    controlPlane = await ControlPlane.start(await parts.apiserver.need(this))
    kubectl = new Kubectl(await parts.kubectl.need(this), { KUBECONFIG: await controlPlane.kubeconfig() })
    proxy = await ApiProxy.start(controlPlane)
    const connection = new Connection()
    connection.loadFromFile(await controlPlane.kubeconfig(proxy, 'proxied'))
    client = new KubernetesWriter(connection)
  })

  after(async () => {
    await proxy?.stop()
    await controlPlane?.stop()
  })

  beforeEach(() => {
    proxy.verdict = () => undefined
    proxy.requests.length = 0
  })

  const configMap = (name: string, data: Record<string, string>, labels: Record<string, string> = {}) => ({
    ...ref('ConfigMap', name, 'default'),
    metadata: { name, namespace: 'default', labels },
    data,
  })

  it('owns what it applies, and changes nothing when it applies the same again', async () => {
    const first = await client.apply(configMap('twice', { a: '1' }), { force: false })
    const second = await client.apply(configMap('twice', { a: '1' }), { force: false })
    expect(second.metadata).to.deep.include({
      resourceVersion: (first.metadata as { resourceVersion?: string }).resourceVersion,
    })
    expect(first.metadata.managedFields?.map(entry => [entry.manager, entry.operation])).to.deep.equal([
      ['ecs-ambient', 'Apply'],
    ])
  })

  it('takes away a field of its own that it no longer applies, and leaves that of another manager', async () => {
    await client.apply(configMap('shared', { ours: '1', gone: '1' }), { force: false })
    const theirs = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'shared' },
      data: { theirs: '2' },
    })
    await kubectl.run(['apply', '--server-side', '--field-manager=somebody', '-f', '-'], theirs)
    await client.apply(configMap('shared', { ours: '1' }), { force: false })
    const { data } = await kubectl.json<{ data: object }>(['get', 'configmap', 'shared'])
    expect(data).to.deep.equal({ ours: '1', theirs: '2' })
  })

  it('says who owns a field that it may not change, and takes it over only by force', async () => {
    const theirs = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'fought-over' },
      data: { key: 'theirs' },
    })
    await kubectl.run(['apply', '--server-side', '--field-manager=somebody', '-f', '-'], theirs)
    const refused = await failure(client.apply(configMap('fought-over', { key: 'ours' }), { force: false }))
    expect(refused).to.include({ code: 'FIELD_CONFLICT', exit: 2 })
    expect(refused.message).to.contain('somebody')
    await client.apply(configMap('fought-over', { key: 'ours' }), { force: true })
    expect((await client.get(ref('ConfigMap', 'fought-over', 'default')))?.data).to.deep.equal({ key: 'ours' })
  })

  it('has a misspelt field refused rather than dropped', async () => {
    const refused = await failure(client.apply({ ...configMap('misspelt', {}), dta: {} }, { force: false }))
    expect(refused.exit).to.equal(1)
    expect(refused.why.join()).to.contain('dta')
  })

  it('finds neither an object that is missing nor one whose kind is missing', async () => {
    expect(await client.get(ref('ConfigMap', 'missing', 'default'))).to.equal(undefined)
    expect(await client.get(ref('AuthorizationPolicy', 'missing', 'default'))).to.equal(undefined)
    expect(await client.list(kindRef('AuthorizationPolicy'))).to.deep.equal([])
  })

  it('reads a list of many pages whole, and begins again when a page has expired', async () => {
    const many = Array.from({ length: 600 }, (_, i) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `many-${i}`, labels: { many: 'yes' } },
    }))
    await kubectl.run(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: many }))
    let expired = 0
    proxy.verdict = ({ url }) => {
      if (!url.searchParams.has('continue') || expired > 0) return undefined
      expired++
      return status(410, 'Expired', 'The provided continue parameter is too old')
    }
    const found = await client.list(kindRef('ConfigMap'), { namespace: 'default', labelSelector: 'many=yes' })
    expect(found).to.have.length(600)
    expect(expired).to.equal(1)
  })

  it('deletes only the object that it has seen, not one of the same name that came later', async () => {
    const seen = await client.apply(configMap('replaced', { age: 'old' }), { force: false })
    await kubectl.run(['delete', 'configmap', 'replaced'])
    await kubectl.run(['create', 'configmap', 'replaced', '--from-literal=age=new'])
    await client.delete(seen)
    expect((await client.get(ref('ConfigMap', 'replaced', 'default')))?.data).to.deep.equal({ age: 'new' })
  })

  it('leaves an object with a finalizer to whoever has to finish', async () => {
    const finalizers = ['example.com/wait']
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', finalizers } }
    await kubectl.run(['create', '-f', '-'], JSON.stringify(object))
    const held = await client.get(ref('ConfigMap', 'held', 'default'))
    await client.delete(held ?? expect.fail('it was created'))
    expect((await client.get(ref('ConfigMap', 'held', 'default')))?.metadata.deletionTimestamp).to.be.a('string')
    await kubectl.run(['patch', 'configmap', 'held', '--type=merge', '-p', '{"metadata":{"finalizers":null}}'])
    expect(await client.get(ref('ConfigMap', 'held', 'default'))).to.equal(undefined)
  })

  it('takes what belongs to a Deployment along when it deletes it', async () => {
    await kubectl.run(['create', 'deployment', 'owner', '--image=example.com/none'])
    await kubectl.run(['wait', 'deployment/owner', '--for=jsonpath={.status.replicas}=1', '--timeout=20s'])
    await client.delete((await client.get(ref('Deployment', 'owner', 'default'))) ?? expect.fail('it was created'))
    await kubectl.run(['wait', 'deployment/owner', '--for=delete', '--timeout=30s'])
    expect(await client.list(kindRef('Pod'), { namespace: 'default', labelSelector: 'app=owner' })).to.deep.equal([])
  })

  it('waits while it is throttled and while the server restarts', async () => {
    const refusals = [
      { ...status(429, 'TooManyRequests', 'too many requests'), headers: { 'retry-after': '1' } },
      status(503, 'ServiceUnavailable', 'etcd is not ready'),
    ]
    proxy.verdict = ({ method }) => (method === 'PATCH' ? refusals.shift() : undefined)
    await client.apply(configMap('throttled', { a: '1' }), { force: false })
    expect(proxy.requests.filter(({ method }) => method === 'PATCH')).to.have.length(3)
  })

  it('waits until a namespace of the same name is gone before it makes it anew', async () => {
    const finalizer = { metadata: { name: 'held', namespace: 'again', finalizers: ['example.com/wait'] } }
    await kubectl.run(['create', 'namespace', 'again'])
    await kubectl.run(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', ...finalizer }))
    await kubectl.run(['delete', 'namespace', 'again', '--wait=false'])
    const applied = client.apply(configMapIn('again', 'late'), { force: false })
    await kubectl.run([
      'patch',
      '-n',
      'again',
      'configmap',
      'held',
      '--type=merge',
      '-p',
      '{"metadata":{"finalizers":null}}',
    ])
    await kubectl.run(['wait', 'namespace/again', '--for=delete', '--timeout=30s'])
    await kubectl.run(['create', 'namespace', 'again'])
    expect((await applied).metadata.name).to.equal('late')
  })

  const configMapIn = (namespace: string, name: string) => ({ ...ref('ConfigMap', name, namespace), data: {} })
})

async function failure(promise: Promise<unknown>) {
  const error = await promise.then(
    () => expect.fail('it was accepted'),
    (error: unknown) => error,
  )
  if (!isFailure(error)) throw error
  return error
}
