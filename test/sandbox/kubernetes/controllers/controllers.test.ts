import { expect } from 'chai'
import { ContainerLogs } from '../../../../src/sandbox/kubernetes/container-logs.ts'
import { builtInControllers } from '../../../../src/sandbox/kubernetes/controllers/built-in.ts'
import { Controllers, keyOf } from '../../../../src/sandbox/kubernetes/controllers/controllers.ts'
import { collectGarbage } from '../../../../src/sandbox/kubernetes/controllers/garbage-collector.ts'
import type { LoadBalancers } from '../../../../src/sandbox/kubernetes/controllers/load-balancers.ts'
import { addNode, defaultNodes } from '../../../../src/sandbox/kubernetes/furnishing.ts'
import {
  controllerReference,
  type Fields,
  type ObjectInput,
  valueAt,
} from '../../../../src/sandbox/kubernetes/objects.ts'
import { ObjectStore } from '../../../../src/sandbox/kubernetes/store/store.ts'
import type { Condition, Deployment, Pod, Service } from '../../../../src/sandbox/kubernetes/workloads.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { configMap, deployment } from '../support.ts'

const second = 1000

describe('the controllers', () => {
  let clock: ManualClock
  let store: ObjectStore
  let controllers: Controllers
  let logs: ContainerLogs
  let stopGarbageCollection: () => void
  let badImages: Set<string>
  let balancers: LoadBalancers

  beforeEach(async () => {
    clock = new ManualClock()
    store = new ObjectStore(clock)
    logs = new ContainerLogs(() => clock.now())
    controllers = new Controllers(store, clock)
    badImages = new Set()
    balancers = { create: async () => 'lb.example', delete: async () => {} }
    stopGarbageCollection = collectGarbage(store, error => controllers.failures.push(error))
    for (const controller of builtInControllers({
      store,
      clock,
      logs,
      badImages,
      loadBalancers: () => balancers,
      ca: 'CA',
    }))
      controllers.add(controller)
    for (const node of defaultNodes) addNode(store, node, '1.33')
    store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
    await clock.advance(0)
  })
  afterEach(() => {
    controllers.close()
    stopGarbageCollection()
    expect(controllers.failures).to.deep.equal([])
  })

  const pods = (app: string) => store.list<Pod>('Pod', { labels: `app=${app}` })
  const phases = (app: string) => pods(app).map(pod => pod.status?.phase)
  const condition = (object: { status?: unknown } | undefined, type: string) =>
    (valueAt(object?.status, 'conditions') as Condition[] | undefined)?.find(one => one.type === type)
  /** Lets things settle, without time. */
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await clock.advance(0)
  }
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += second) {
      await clock.advance(second)
      await settle()
    }
  }
  const live = (name: string) => store.read<Deployment>('Deployment', name, 'default')

  describe('of Deployments', () => {
    it('bring pods up: first creating, then running with an address on a node', async () => {
      store.create(deployment('web', { replicas: 2 }))
      await settle()
      expect(
        pods('web').map(pod => valueAt(pod.status, 'containerStatuses', 0, 'state', 'waiting', 'reason')),
      ).to.deep.equal(['ContainerCreating', 'ContainerCreating'])
      expect(condition(live('web'), 'Available')?.status).to.equal('False')
      await pass(5 * second)
      expect(phases('web')).to.deep.equal(['Running', 'Running'])
      const [one, other] = pods('web')
      expect(one?.status?.podIP).to.match(/^192\.168\.\d+\.\d+$/)
      expect(one?.status?.podIP).not.to.equal(other?.status?.podIP)
      expect(one?.spec.nodeName).not.to.equal(other?.spec.nodeName)
      expect(condition(live('web'), 'Available')?.status).to.equal('True')
      expect(condition(live('web'), 'Progressing')?.reason).to.equal('NewReplicaSetAvailable')
      expect(live('web').status).to.deep.include({
        observedGeneration: 1,
        replicas: 2,
        readyReplicas: 2,
        updatedReplicas: 2,
        availableReplicas: 2,
      })
    })

    it('roll a new template out without ever having too few pods that serve', async () => {
      store.create(deployment('web', { replicas: 3 }))
      await pass(5 * second)
      store.apply(deployment('web', { replicas: 3, image: 'web:2' }), { manager: 'me', force: true })
      let fewest = 3
      const stop = store.listen(() => {
        fewest = Math.min(fewest, Number(live('web').status?.availableReplicas ?? 0))
      })
      await pass(30 * second)
      stop()
      expect(fewest).to.equal(3)
      expect(pods('web').map(pod => pod.spec.containers[0]?.image)).to.deep.equal(['web:2', 'web:2', 'web:2'])
      expect(live('web').metadata.annotations?.['deployment.kubernetes.io/revision']).to.equal('2')
    })

    it('stop before the new pods of a bad image replace the old ones, and give up after the deadline', async () => {
      badImages.add('web:bad')
      store.create(deployment('web'))
      await pass(5 * second)
      store.patch('Deployment', 'web', 'default', {
        spec: { progressDeadlineSeconds: 20, template: { spec: { containers: [{ name: 'main', image: 'web:bad' }] } } },
      })
      await pass(15 * second)
      expect(pods('web').map(pod => pod.spec.containers[0]?.image)).to.have.members(['web:1', 'web:bad'])
      const bad = pods('web').find(pod => pod.spec.containers[0]?.image === 'web:bad')
      expect(valueAt(bad?.status, 'containerStatuses', 0, 'state', 'waiting', 'reason')).to.equal('ImagePullBackOff')
      expect(condition(live('web'), 'Progressing')?.status).to.equal('True')
      await pass(15 * second)
      expect(condition(live('web'), 'Progressing')).to.deep.include({
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
      })
      expect(condition(live('web'), 'Available')?.status).to.equal('True')
    })

    it('restart by an annotation of the template', async () => {
      store.create(deployment('web'))
      await pass(5 * second)
      const [before] = pods('web')
      store.patch('Deployment', 'web', 'default', {
        spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } } } },
      })
      await pass(15 * second)
      expect(pods('web').map(pod => pod.metadata.uid))
        .to.have.length(1)
        .and.not.include(before?.metadata.uid)
    })

    it('empty the old pods first where they are to be recreated', async () => {
      store.create(deployment('web'))
      await pass(5 * second)
      store.patch('Deployment', 'web', 'default', {
        spec: {
          strategy: { type: 'Recreate', rollingUpdate: null },
          template: { spec: { containers: [{ name: 'main', image: 'web:2' }] } },
        },
      })
      let most = 0
      const stop = store.listen(() => {
        most = Math.max(most, pods('web').length)
      })
      await pass(15 * second)
      stop()
      expect(most).to.equal(1)
      expect(pods('web')[0]?.spec.containers[0]?.image).to.equal('web:2')
    })

    it('scale, down to nothing', async () => {
      store.create(deployment('web', { replicas: 2 }))
      await pass(5 * second)
      store.patch('Deployment', 'web', 'default', { spec: { replicas: 0 } })
      await pass(5 * second)
      expect(pods('web')).to.deep.equal([])
      expect(live('web').status).not.to.have.property('replicas')
    })

    it('go back to an old template as its newest revision', async () => {
      store.create(deployment('web'))
      await pass(5 * second)
      for (const image of ['web:2', 'web:1']) {
        store.patch('Deployment', 'web', 'default', {
          spec: { template: { spec: { containers: [{ name: 'main', image }] } } },
        })
        await pass(15 * second)
      }
      expect(store.list('ReplicaSet')).to.have.length(2)
      expect(live('web').metadata.annotations?.['deployment.kubernetes.io/revision']).to.equal('3')
    })

    it('replace a pod that is deleted', async () => {
      store.create(deployment('web'))
      await pass(5 * second)
      const [first] = pods('web')
      store.delete('Pod', first?.metadata.name ?? '', 'default')
      await pass(5 * second)
      expect(phases('web')).to.deep.equal(['Running'])
      expect(pods('web')[0]?.metadata.name).not.to.equal(first?.metadata.name)
    })
  })

  it('leave a pod pending while there is no node for it', async () => {
    for (const node of store.list('Node')) store.delete('Node', node.metadata.name)
    store.create(deployment('web'))
    await pass(5 * second)
    expect(condition(pods('web')[0], 'PodScheduled')).to.deep.include({ status: 'False', reason: 'Unschedulable' })
    const [node] = defaultNodes
    if (node) addNode(store, node, '1.33')
    await pass(5 * second)
    expect(phases('web')).to.deep.equal(['Running'])
  })

  it('start the pods of a node that is gone on another one', async () => {
    store.create(deployment('web', { replicas: 2 }))
    await pass(5 * second)
    const [lost] = pods('web')
    store.delete('Node', lost?.spec.nodeName ?? '')
    await pass(10 * second)
    expect(phases('web')).to.deep.equal(['Running', 'Running'])
    expect(pods('web').map(pod => pod.spec.nodeName)).not.to.include(lost?.spec.nodeName)
  })

  it('keep a DaemonSet on every node, new ones too, and replace its pods one by one', async () => {
    const { spec } = deployment('agent')
    const set = {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'agent', namespace: 'default' },
      spec: { selector: spec.selector, template: spec.template },
    }
    store.create(set)
    await pass(5 * second)
    expect(new Set(pods('agent').map(pod => pod.spec.nodeName)).size).to.equal(2)
    addNode(store, { ip: '192.168.160.10', instanceId: 'i-3', zone: 'us-east-1c', instanceType: 't3.medium' }, '1.33')
    await pass(5 * second)
    expect(store.read('DaemonSet', 'agent', 'default').status).to.deep.include({
      desiredNumberScheduled: 3,
      numberReady: 3,
    })
    store.patch('DaemonSet', 'agent', 'default', {
      spec: { template: { spec: { containers: [{ name: 'main', image: 'web:2' }] } } },
    })
    let fewest = 3
    const stop = store.listen(() => {
      fewest = Math.min(
        fewest,
        pods('agent').filter(pod => condition(pod, 'Ready')?.status === 'True' && !pod.metadata.deletionTimestamp)
          .length,
      )
    })
    await pass(40 * second)
    stop()
    expect(fewest).to.equal(2)
    expect(pods('agent').map(pod => pod.spec.containers[0]?.image)).to.deep.equal(['web:2', 'web:2', 'web:2'])
  })

  it('number the pods of a StatefulSet and start them in their order', async () => {
    const { spec } = deployment('db', { replicas: 2 })
    store.create({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'default' },
      spec: { ...spec, serviceName: 'db' },
    })
    await settle()
    expect(pods('db').map(pod => pod.metadata.name)).to.deep.equal(['db-0'])
    await pass(10 * second)
    expect(pods('db').map(pod => pod.metadata.name)).to.deep.equal(['db-0', 'db-1'])
  })

  it('run a Job to its end', async () => {
    const spec = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'a:1' }] } } }
    store.create({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'once', namespace: 'default' }, spec })
    await pass(15 * second)
    const job = store.read('Job', 'once', 'default')
    expect(condition(job, 'Complete')?.status).to.equal('True')
    expect(job.status).to.deep.include({ succeeded: 1 })
  })

  describe('of Services', () => {
    const service = (spec: Fields): ObjectInput => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
    })

    it('keep the addresses of the pods that serve', async () => {
      store.create(service({}))
      store.create(deployment('web'))
      await settle()
      expect(store.read('Endpoints', 'web', 'default').subsets).to.equal(undefined)
      await pass(5 * second)
      const ip = pods('web')[0]?.status?.podIP
      expect(valueAt(store.read('Endpoints', 'web', 'default'), 'subsets', 0, 'addresses', 0, 'ip')).to.equal(ip)
      expect(valueAt(store.read('Endpoints', 'web', 'default'), 'subsets', 0, 'ports', 0, 'port')).to.equal(8080)
      const [slice] = store.list('EndpointSlice', { labels: 'kubernetes.io/service-name=web' })
      expect(valueAt(slice, 'endpoints', 0)).to.deep.include({ addresses: [ip] })
      store.delete('Service', 'web', 'default')
      await settle()
      expect(store.list('EndpointSlice')).to.deep.equal([])
      expect(store.list('Endpoints')).to.deep.equal([])
    })

    it('give load balancers their address late, and delete them before the Service goes', async () => {
      let made: (hostname: string) => void = () => {}
      let removed = () => {}
      balancers = {
        create: () => new Promise(resolve => (made = resolve)),
        delete: () => new Promise(resolve => (removed = resolve)),
      }
      store.create(service({ type: 'LoadBalancer' }))
      await settle()
      const ingress = () => valueAt(store.get<Service>('Service', 'web', 'default')?.status, 'loadBalancer', 'ingress')
      expect(ingress()).to.equal(undefined)
      made('internal-web.elb.amazonaws.com')
      await settle()
      expect(ingress()).to.deep.equal([{ hostname: 'internal-web.elb.amazonaws.com' }])
      expect(store.delete('Service', 'web', 'default').gone).to.equal(false)
      await pass(6 * second)
      expect(store.get('Service', 'web', 'default')).not.to.equal(undefined)
      removed()
      await settle()
      expect(store.get('Service', 'web', 'default')).to.equal(undefined)
    })

    it('delete a load balancer that was still being made once it is there', async () => {
      const log: string[] = []
      let made: (hostname: string) => void = () => {}
      balancers = {
        create: () =>
          new Promise<string>(resolve => (made = resolve)).finally(() => {
            log.push('made')
          }),
        delete: async () => {
          log.push('deleted')
        },
      }
      store.create(service({ type: 'LoadBalancer' }))
      await settle()
      store.delete('Service', 'web', 'default')
      await pass(6 * second)
      expect(log).to.deep.equal([])
      made('late')
      await pass(6 * second)
      expect(log).to.deep.equal(['made', 'deleted'])
      expect(store.get('Service', 'web', 'default')).to.equal(undefined)
    })

    it('tell of a load balancer that can not be made, and try again', async () => {
      let attempts = 0
      balancers = {
        create: async () => {
          attempts += 1
          if (attempts === 1) throw new Error('no subnets')
          return 'lb.example'
        },
        delete: async () => {},
      }
      store.create(service({ type: 'LoadBalancer' }))
      await settle()
      const events = store.list('Event', { fields: 'reason=SyncLoadBalancerFailed' })
      expect(events[0]?.message).to.equal('Error syncing load balancer: no subnets')
      await pass(6 * second)
      const { status } = store.read<Service>('Service', 'web', 'default')
      expect(status?.loadBalancer?.ingress).to.deep.equal([{ hostname: 'lb.example' }])
    })
  })

  describe('of namespaces', () => {
    it('furnish new ones', async () => {
      store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
      await settle()
      expect(store.get('ServiceAccount', 'default', 'shop')).not.to.equal(undefined)
      expect(store.read('ConfigMap', 'kube-root-ca.crt', 'shop').data).to.deep.equal({ 'ca.crt': 'CA' })
    })

    it('take all that is in them along, after a while', async () => {
      store.create(deployment('web'))
      store.create(configMap('settings'))
      await pass(5 * second)
      store.delete('Namespace', 'default')
      await settle()
      expect(store.read('Namespace', 'default').status).to.deep.include({ phase: 'Terminating' })
      await pass(20 * second)
      expect(store.get('Namespace', 'default')).to.equal(undefined)
      expect(
        store.kinds
          .all()
          .filter(kind => kind.namespaced)
          .flatMap(kind => store.list(kind)),
      ).to.deep.equal([])
    })

    it('wait for finalizers, and say so', async () => {
      store.create({ ...configMap('held'), metadata: { ...configMap('held').metadata, finalizers: ['me/hold'] } })
      store.delete('Namespace', 'default')
      await pass(10 * second)
      expect(condition(store.read('Namespace', 'default'), 'NamespaceFinalizersRemaining')).to.deep.include({
        status: 'True',
      })
      store.patch('ConfigMap', 'held', 'default', { metadata: { finalizers: null } })
      await pass(10 * second)
      expect(store.get('Namespace', 'default')).to.equal(undefined)
    })
  })

  describe('of custom kinds', () => {
    const definition: ObjectInput = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: ['v1', 'v1beta1'].map(name => ({
          name,
          served: true,
          storage: name === 'v1',
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  required: ['size'],
                  properties: { size: { type: 'integer' }, colour: { type: 'string', default: 'red' } },
                },
                status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              },
            },
          },
        })),
      },
    }
    const widget = (spec: Fields, apiVersion = 'example.com/v1'): ObjectInput => ({
      apiVersion,
      kind: 'Widget',
      metadata: { name: 'w', namespace: 'default' },
      spec,
    })

    beforeEach(async () => {
      store.create(definition)
      await settle()
    })

    it('are served after a moment', async () => {
      expect(() => store.create(widget({ size: 1 }))).to.throw('no matches for kind "Widget"')
      expect(condition(store.read('CustomResourceDefinition', 'widgets.example.com'), 'Established')).to.equal(
        undefined,
      )
      await pass(2 * second)
      expect(condition(store.read('CustomResourceDefinition', 'widgets.example.com'), 'Established')?.status).to.equal(
        'True',
      )
      expect(store.create(widget({ size: 1 })).spec).to.deep.equal({ size: 1, colour: 'red' })
    })

    it('are held to their schema', async () => {
      await pass(2 * second)
      expect(() => store.create(widget({}))).to.throw('Widget.example.com "w" is invalid: spec.size: Required value')
      expect(() => store.create(widget({ size: 'big' }))).to.throw('must be of type integer')
      expect(store.create(widget({ size: 1, odd: true })).spec).not.to.have.property('odd')
    })

    it('show the version that is asked for', async () => {
      await pass(2 * second)
      const made = store.create(widget({ size: 1 }, 'example.com/v1beta1'))
      expect(made.apiVersion).to.equal('example.com/v1')
      expect(store.present(store.kind('Widget'), made, 'v1beta1').apiVersion).to.equal('example.com/v1beta1')
    })

    it('have a status of their own', async () => {
      await pass(2 * second)
      store.create({ ...widget({ size: 1 }), status: { ready: true } })
      expect(store.read('Widget', 'w', 'default').status).to.equal(undefined)
      store.patchStatus('Widget', 'w', 'default', { ready: true })
      expect(store.read('Widget', 'w', 'default')).to.deep.include({ status: { ready: true } })
      expect(store.read('Widget', 'w', 'default').metadata.generation).to.equal(1)
    })

    it('go with their definition, objects and all', async () => {
      await pass(2 * second)
      store.create(widget({ size: 1 }))
      store.delete('CustomResourceDefinition', 'widgets.example.com')
      await pass(2 * second)
      expect(store.get('CustomResourceDefinition', 'widgets.example.com')).to.equal(undefined)
      expect(store.kinds.named('Widget')).to.equal(undefined)
      store.create(definition)
      await pass(2 * second)
      expect(store.list('Widget')).to.deep.equal([])
    })

    it('follow a definition that changes', async () => {
      await pass(2 * second)
      store.patch(
        'CustomResourceDefinition',
        'widgets.example.com',
        undefined,
        [
          {
            op: 'add',
            path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/depth',
            value: { type: 'integer' },
          },
        ],
        { type: 'json' },
      )
      await settle()
      expect(store.create(widget({ size: 1, depth: 2 })).spec).to.have.property('depth', 2)
    })
  })

  describe('of garbage', () => {
    const owned = (name: string, ...owners: string[]) => {
      const references = owners.map(owner => controllerReference(store.read('ConfigMap', owner, 'default')))
      return store.create({
        ...configMap(name),
        metadata: { ...configMap(name).metadata, ownerReferences: references },
      })
    }
    const exists = (name: string) => store.get('ConfigMap', name, 'default') !== undefined

    beforeEach(() => {
      store.create(configMap('owner'))
      store.create(configMap('second'))
      owned('owned', 'owner')
      owned('grandchild', 'owned')
    })

    it('follow their owner', async () => {
      store.delete('ConfigMap', 'owner', 'default')
      await settle()
      expect([exists('owned'), exists('grandchild')]).to.deep.equal([false, false])
    })

    it('stay while another owner stays', async () => {
      owned('shared', 'owner', 'second')
      store.delete('ConfigMap', 'owner', 'default')
      await settle()
      expect(exists('shared')).to.equal(true)
    })

    it('go before an owner that is deleted in the foreground', async () => {
      store.patch('ConfigMap', 'owned', 'default', { metadata: { finalizers: ['me/hold'] } })
      store.delete('ConfigMap', 'owner', 'default', { propagation: 'Foreground' })
      await settle()
      expect(exists('owner')).to.equal(true)
      expect(exists('grandchild')).to.equal(false)
      store.patch('ConfigMap', 'owned', 'default', { metadata: { finalizers: null } })
      await settle()
      expect([exists('owner'), exists('owned')]).to.deep.equal([false, false])
    })

    it('are set free where they are to be orphaned', async () => {
      store.delete('ConfigMap', 'owner', 'default', { propagation: 'Orphan' })
      await settle()
      expect([exists('owner'), exists('owned')]).to.deep.equal([false, true])
      expect(store.read('ConfigMap', 'owned', 'default').metadata).not.to.have.property('ownerReferences')
    })

    it('do not outlive an owner that was gone before them', async () => {
      const ownerReferences = [{ ...controllerReference(store.read('ConfigMap', 'owner', 'default')), uid: 'gone' }]
      store.create({ ...configMap('late'), metadata: { ...configMap('late').metadata, ownerReferences } })
      await settle()
      expect(exists('late')).to.equal(false)
    })
  })

  describe('that others add', () => {
    it('see what is there already, every change, and look again when they ask to', async () => {
      store.create(configMap('seen'))
      const looks: string[] = []
      const stop = controllers.add({
        name: 'test',
        watches: [{ kind: 'ConfigMap', concerns: object => (object.metadata.name === 'seen' ? [keyOf(object)] : []) }],
        reconcile: ({ name, namespace }) => {
          const data = store.get('ConfigMap', name, namespace)?.data as Record<string, string> | undefined
          looks.push(data?.step ?? 'gone')
          return data?.step === 'wait' ? 10 * second : undefined
        },
      })
      await settle()
      store.patch('ConfigMap', 'seen', 'default', { data: { step: 'wait' } })
      await settle()
      await clock.advance(11 * second)
      await settle()
      store.delete('ConfigMap', 'seen', 'default')
      await settle()
      stop()
      store.create(configMap('seen'))
      await settle()
      expect(looks).to.deep.equal(['gone', 'wait', 'wait', 'gone'])
    })

    it('try again after an error', async () => {
      let attempts = 0
      controllers.add({
        name: 'test',
        watches: [{ kind: 'Node' }],
        reconcile: ({ name }) => {
          attempts += 1
          if (attempts < 3 && name.includes('96')) throw new Error('not yet')
          return undefined
        },
      })
      await pass(5 * second)
      expect(attempts).to.equal(3)
    })
  })
})
