import { expect } from 'chai'
import { execa } from 'execa'
import { ControlPlane } from '../support/control-plane.ts'
import { gatewayApiBundle } from '../support/crds.ts'
import { Kubectl } from '../support/kubectl.ts'
import { gatewayApis, parts } from '../support/parts.ts'
import { type Answer, type Ask, RawKubernetes } from '../support/raw-kubernetes.ts'
import { Sandbox } from '../support/sandbox.ts'

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
const NAMESPACES = '/api/v1/namespaces'
const GATEWAYS = '/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'

const configMap = (name: string, data: unknown, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
  data,
})
const apply = (path: string, manager: string, body: unknown, query = ''): Ask => ({
  ...{
    method: 'PATCH',
    path: `${path}?fieldManager=${manager}&fieldValidation=Strict${query}`,
    body,
    type: 'apply-patch+yaml',
  },
})
const gateway = (spec: object) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'door' },
  spec: { gatewayClassName: 'istio', listeners: [{ name: 'web', port: 80, protocol: 'HTTP' }], ...spec },
})
const deployment = (image: string, container = 'web') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: container, image }] } },
  },
})

/** One after the other, as the state that each leaves is what the next meets. */
const ASKED: readonly (readonly [what: string, ask: Ask])[] = [
  ['an object that is missing', { method: 'GET', path: `${CONFIG_MAPS}/missing` }],
  ['a kind that is missing', { method: 'GET', path: '/apis/example.com/v1/namespaces/default/things/a' }],
  ['creation', { method: 'POST', path: `${CONFIG_MAPS}?fieldManager=one`, body: configMap('made', { a: '1' }) }],
  ['creation once more', { method: 'POST', path: CONFIG_MAPS, body: configMap('made', { a: '1' }) }],
  ['creation under a bad name', { method: 'POST', path: CONFIG_MAPS, body: configMap('Bad_Name', {}) }],
  [
    'creation of another kind',
    { method: 'POST', path: CONFIG_MAPS, body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } } },
  ],
  ['creation in no namespace', { method: 'POST', path: `${NAMESPACES}/none/configmaps`, body: configMap('a', {}) }],
  [
    'a replacement of an older state',
    { method: 'PUT', path: `${CONFIG_MAPS}/made`, body: configMap('made', { a: '2' }, { resourceVersion: '1' }) },
  ],
  [
    'a merge patch',
    {
      method: 'PATCH',
      path: `${CONFIG_MAPS}/made?fieldManager=two`,
      body: { data: { b: '2' } },
      type: 'merge-patch+json',
    },
  ],
  [
    'a merge patch of what is missing',
    { method: 'PATCH', path: `${CONFIG_MAPS}/missing`, body: {}, type: 'merge-patch+json' },
  ],
  [
    'a JSON patch that does not fit',
    {
      method: 'PATCH',
      path: `${CONFIG_MAPS}/made`,
      body: [{ op: 'remove', path: '/data/none' }],
      type: 'json-patch+json',
    },
  ],
  ['server-side apply', apply(`${CONFIG_MAPS}/applied`, 'one', configMap('applied', { a: '1', b: '1' }))],
  ['server-side apply of the same', apply(`${CONFIG_MAPS}/applied`, 'one', configMap('applied', { a: '1', b: '1' }))],
  ['server-side apply of one field less', apply(`${CONFIG_MAPS}/applied`, 'one', configMap('applied', { a: '1' }))],
  ['server-side apply of a field beside it', apply(`${CONFIG_MAPS}/applied`, 'two', configMap('applied', { c: '1' }))],
  [
    'server-side apply against another manager',
    apply(`${CONFIG_MAPS}/applied`, 'two', configMap('applied', { a: '2' })),
  ],
  ['the same by force', apply(`${CONFIG_MAPS}/applied`, 'two', configMap('applied', { a: '2' }), '&force=true')],
  [
    'server-side apply without a manager',
    { method: 'PATCH', path: `${CONFIG_MAPS}/applied`, body: configMap('applied', {}), type: 'apply-patch+yaml' },
  ],
  ['server-side apply under another name', apply(`${CONFIG_MAPS}/applied`, 'one', configMap('other', {}))],
  [
    'server-side apply of an unknown field',
    apply(`${CONFIG_MAPS}/applied`, 'one', { ...configMap('applied', {}), dta: {} }),
  ],
  ['a deployment', apply(`${DEPLOYMENTS}/web`, 'one', deployment('example.com/a'))],
  [
    'a deployment with an unknown field',
    apply(`${DEPLOYMENTS}/web`, 'one', {
      ...deployment('example.com/a'),
      spec: { ...deployment('a').spec, replcas: 1 },
    }),
  ],
  ['a container of another manager', apply(`${DEPLOYMENTS}/web`, 'two', deployment('example.com/b', 'sidecar'))],
  [
    'a deployment without a selector',
    apply(`${DEPLOYMENTS}/none`, 'one', {
      ...deployment('a'),
      metadata: { name: 'none' },
      spec: { template: deployment('a').spec.template },
    }),
  ],
  ['a custom object', apply(`${GATEWAYS}/door`, 'one', gateway({}))],
  [
    'a custom object that its schema refuses',
    apply(`${GATEWAYS}/door`, 'one', gateway({ listeners: [{ name: 'web', port: 0, protocol: 'HTTP' }] })),
  ],
  ['a custom object with an unknown field', apply(`${GATEWAYS}/door`, 'one', gateway({ listners: [] }))],
  [
    'a custom object without a required field',
    apply(`${GATEWAYS}/window`, 'one', { ...gateway({}), metadata: { name: 'window' }, spec: { listeners: [] } }),
  ],
  [
    'its status, which the object itself does not carry',
    apply(`${GATEWAYS}/door`, 'one', { ...gateway({}), status: { addresses: [] } }),
  ],
  ['deletion of another uid', { method: 'DELETE', path: `${CONFIG_MAPS}/made`, body: { preconditions: { uid: '0' } } }],
  ['deletion', { method: 'DELETE', path: `${CONFIG_MAPS}/made` }],
  ['deletion once more', { method: 'DELETE', path: `${CONFIG_MAPS}/made` }],
  [
    'an object with a finalizer',
    { method: 'POST', path: CONFIG_MAPS, body: configMap('held', {}, { finalizers: ['example.com/wait'] }) },
  ],
  ['its deletion', { method: 'DELETE', path: `${CONFIG_MAPS}/held` }],
  ['its deletion once more', { method: 'DELETE', path: `${CONFIG_MAPS}/held` }],
  [
    'its last finalizer',
    {
      method: 'PATCH',
      path: `${CONFIG_MAPS}/held`,
      body: { metadata: { finalizers: null } },
      type: 'merge-patch+json',
    },
  ],
  ['the object after that', { method: 'GET', path: `${CONFIG_MAPS}/held` }],
  [
    'a watch, until it expires',
    { method: 'GET', path: `${CONFIG_MAPS}?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dapplied` },
  ],
  [
    'a watch from a state that is long gone',
    {
      method: 'GET',
      path: `${CONFIG_MAPS}?watch=1&timeoutSeconds=1&resourceVersion=1&fieldSelector=metadata.name%3Dapplied`,
    },
  ],
  ['a page of a list with a token that has expired', { method: 'GET', path: `${CONFIG_MAPS}?limit=1&continue=none` }],
  ['a selector that does not parse', { method: 'GET', path: `${CONFIG_MAPS}?labelSelector=a==b==c` }],
]

interface Status {
  readonly kind?: string
  readonly reason?: string
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly field?: string }[] }
  readonly metadata?: {
    readonly managedFields?: readonly {
      readonly manager: string
      readonly operation: string
      readonly fieldsV1: unknown
    }[]
    readonly finalizers?: unknown
    readonly generation?: number
  }
  readonly data?: unknown
}

/** What the program can see of an answer, less what differs between any two servers. */
function seen({ status, body }: Answer): unknown {
  if (Array.isArray(body.events)) {
    const events = body.events as { type: string; object: { code?: number; reason?: string } }[]
    return { status, events: events.map(({ type, object: { code, reason } }) => ({ type, code, reason })) }
  }
  const { kind, reason, details, metadata, data } = body as Status
  if (kind === 'Status') {
    // One without a field only says that there may be more.
    const causes = (details?.causes ?? []).filter(({ field }) => field !== '<nil>')
    return { status, reason, causes: causes.map(cause => `${cause.reason} ${cause.field}`).sort() }
  }
  const managers = (metadata?.managedFields ?? [])
    .filter(({ manager }) => ['one', 'two'].includes(manager))
    .map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 }))
  return { status, kind, data, finalizers: metadata?.finalizers, generation: metadata?.generation, managers }
}

describe('kube-apiserver and the sandbox answer alike', () => {
  let controlPlane: ControlPlane
  let sandbox: Sandbox
  let real: RawKubernetes
  let simulated: RawKubernetes

  before(async function () {
    const apiserver = await parts.apiserver.need(this)
    const kubectl = await parts.kubectl.need(this)
    const bundle = await gatewayApiBundle(await (gatewayApis[0] ?? expect.fail()).need(this))
    controlPlane = await ControlPlane.start(apiserver)
    const kubeconfig = await controlPlane.kubeconfig()
    sandbox = await Sandbox.start()
    const config = {
      apiVersion: 'eksctl.io/v1alpha5',
      kind: 'ClusterConfig',
      metadata: { name: 'ambient-ecs', region: 'us-east-1' },
    }
    const args = ['create', 'cluster', '--config-file', '-']
    await execa(sandbox.env.EKSCTL ?? '', args, { env: sandbox.env, input: JSON.stringify(config) })
    for (const env of [{ KUBECONFIG: kubeconfig }, sandbox.env]) {
      const client = new Kubectl(kubectl, env)
      await client.install(bundle)
    }
    real = new RawKubernetes(kubeconfig)
    simulated = new RawKubernetes(sandbox.env.KUBECONFIG ?? '')
  })

  after(async () => {
    await sandbox?.stop()
    await controlPlane?.stop()
  })

  for (const [what, ask] of ASKED) {
    it(`to ${what}`, async () => {
      const [expected, found] = await Promise.all([real.ask(ask), simulated.ask(ask)])
      const show = JSON.stringify({ real: expected.body, simulated: found.body }).slice(0, 2000)
      expect(seen(found), show).to.deep.equal(seen(expected))
    })
  }
})
