import type { Controller, ObjectKey } from '../../kubernetes/controllers/controllers.ts'
import {
  controllerReference,
  type Fields,
  fieldsOf,
  type KubeObject,
  listOf,
  type ObjectInput,
  valueAt,
} from '../../kubernetes/objects.ts'
import type { ObjectStore } from '../../kubernetes/store/store.ts'
import { type Condition, type Deployment, type Service, withCondition } from '../../kubernetes/workloads.ts'
import { GATEWAY, SYSTEM } from '../plane.ts'

const MANAGER = 'istiod'
const NAME_LABEL = 'gateway.networking.k8s.io/gateway-name'
const STATUS_PORT = { name: 'status-port', port: 15021 }

/** What Istio makes of a Gateway, by its class; others are not its own. */
interface GatewayKind {
  readonly managed: string
  readonly serviceType: 'ClusterIP' | 'LoadBalancer'
  readonly image: string
}

const KINDS: Readonly<Record<string, GatewayKind>> = {
  'istio-eastwest': { managed: 'istio.io-eastwest-controller', serviceType: 'LoadBalancer', image: 'ztunnel' },
  'istio-waypoint': { managed: 'istio.io-mesh-controller', serviceType: 'ClusterIP', image: 'proxyv2' },
}

export const GATEWAY_CLASSES: Readonly<Record<string, string>> = {
  istio: 'istio.io/gateway-controller',
  'istio-remote': 'istio.io/unmanaged-gateway',
  'istio-eastwest': 'istio.io/eastwest-controller',
  'istio-waypoint': 'istio.io/mesh-controller',
}

export interface GatewayOptions {
  readonly store: ObjectStore
  readonly running: () => boolean
  /** `hub` and `tag` of Istio's images. */
  readonly image: (name: string) => string
}

/** Gives each Gateway of Istio's a Deployment and a Service, and says in its status how far that is. */
export function gatewayController({ store, running, image }: GatewayOptions): Controller {
  const named = (object: KubeObject): readonly ObjectKey[] => {
    const name = object.metadata.labels?.[NAME_LABEL]
    return name === undefined ? [] : [{ name, namespace: object.metadata.namespace }]
  }
  const all = (): readonly ObjectKey[] =>
    store.list(GATEWAY).map(({ metadata }) => ({ name: metadata.name, namespace: metadata.namespace }))
  const ofDeployment = (object: KubeObject) =>
    object.metadata.name === 'istiod' && object.metadata.namespace === SYSTEM ? all() : named(object)

  return {
    name: 'istio-gateway-controller',
    watches: [{ kind: GATEWAY }, { kind: 'Deployment', concerns: ofDeployment }, { kind: 'Service', concerns: named }],
    reconcile({ name, namespace = '' }) {
      if (!running() || !store.kinds.named(GATEWAY)) return
      const gateway = store.get(GATEWAY, name, namespace)
      const kind = KINDS[String(valueAt(gateway, 'spec', 'gatewayClassName'))]
      if (!gateway || !kind || gateway.metadata.deletionTimestamp !== undefined) return
      for (const object of objectsOf(gateway, kind, image(kind.image))) {
        store.apply(object, { manager: MANAGER, force: true })
      }
      store.patchStatus(GATEWAY, name, namespace, statusOf(gateway, kind, store), MANAGER)
    },
  }
}

/** Istio's gateway classes, once the Gateway API knows such things. */
export function gatewayClassController({ store, running }: Pick<GatewayOptions, 'store' | 'running'>): Controller {
  const classes = () => Object.keys(GATEWAY_CLASSES).map(name => ({ name, namespace: undefined }))
  return {
    name: 'istio-gateway-class-controller',
    watches: [
      {
        kind: 'CustomResourceDefinition',
        concerns: crd => (crd.metadata.name.startsWith('gatewayclasses.') ? classes() : []),
      },
      { kind: 'Deployment', concerns: ({ metadata }) => (metadata.name === 'istiod' ? classes() : []) },
    ],
    reconcile({ name }) {
      const controllerName = GATEWAY_CLASSES[name]
      if (!running() || !store.kinds.named('GatewayClass') || controllerName === undefined) return
      if (store.get('GatewayClass', name) === undefined) {
        const kind = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass' }
        store.create({ ...kind, metadata: { name }, spec: { controllerName } }, { manager: MANAGER })
      }
      const accepted = {
        type: 'Accepted',
        status: 'True',
        reason: 'Accepted',
        message: 'Handled by Istio controller',
      } as const
      store.patchStatus(
        'GatewayClass',
        name,
        undefined,
        { conditions: withCondition([], accepted, store.now()) },
        MANAGER,
      )
    },
  }
}

function objectsOf(gateway: KubeObject, kind: GatewayKind, image: string): readonly ObjectInput[] {
  const { name, namespace = '' } = gateway.metadata
  const infrastructure = fieldsOf(valueAt(gateway, 'spec', 'infrastructure'))
  const own = { [NAME_LABEL]: name, 'gateway.istio.io/managed': kind.managed }
  const metadata = {
    name,
    namespace,
    labels: { ...gateway.metadata.labels, ...(infrastructure.labels as Record<string, string> | undefined), ...own },
    annotations: { ...(infrastructure.annotations as Record<string, string> | undefined) },
    ownerReferences: [controllerReference(gateway)],
  }
  const podLabels = {
    ...own,
    'istio.io/dataplane-mode': 'none',
    'service.istio.io/canonical-name': name,
    'sidecar.istio.io/inject': 'false',
  }
  const type = gateway.metadata.annotations?.['networking.istio.io/service-type'] ?? kind.serviceType
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        selector: { matchLabels: { [NAME_LABEL]: name } },
        template: {
          metadata: { labels: podLabels },
          spec: {
            serviceAccountName: name,
            containers: [
              { name: 'istio-proxy', image, ports: portsOf(gateway).map(({ port }) => ({ containerPort: port })) },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { type, selector: { [NAME_LABEL]: name }, ports: [STATUS_PORT, ...portsOf(gateway)] },
    },
  ]
}

/** Those of its listeners, and istiod's where the Gateway exposes it. */
function portsOf(gateway: KubeObject): readonly { name: string; port: number }[] {
  const listeners = listOf(valueAt(gateway, 'spec', 'listeners')).map(listener => ({
    name: String(valueAt(listener, 'name')),
    port: Number(valueAt(listener, 'port')),
  }))
  const exposed = Number(gateway.metadata.labels?.['istio.io/expose-istiod'])
  const missing = exposed > 0 && !listeners.some(({ port }) => port === exposed)
  return missing ? [...listeners, { name: 'tls-istiod', port: exposed }] : listeners
}

function statusOf(gateway: KubeObject, kind: GatewayKind, store: ObjectStore): Fields {
  const { name, namespace = '', generation = 1 } = gateway.metadata
  const host = `${name}.${namespace}.svc.cluster.local`
  const deployment = store.get<Deployment>('Deployment', name, namespace)
  const service = store.get<Service>('Service', name, namespace)
  const address = kind.serviceType === 'ClusterIP' ? host : externalAddress(gateway, service)
  const missing =
    address === undefined
      ? `Assigned to service(s) ${host}, but failed to assign to all requested addresses: address pending for hostname "${host}"`
      : (deployment?.status?.readyReplicas ?? 0) === 0
        ? `Resource programmed, assigned to service(s) ${host}, but no instances found for hostname "${host}"`
        : undefined
  const conditions: Condition[] = [
    { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'Resource accepted' },
    missing === undefined
      ? {
          type: 'Programmed',
          status: 'True',
          reason: 'Programmed',
          message: `Resource programmed, assigned to service(s) ${host}`,
        }
      : { type: 'Programmed', status: 'False', reason: 'AddressNotAssigned', message: missing },
  ]
  const before = listOf(valueAt(gateway, 'status', 'conditions')) as Condition[]
  const timed = conditions.reduce<readonly Condition[]>(
    (list, condition) => withCondition(list, condition, store.now()),
    before,
  )
  return {
    conditions: timed.map(condition => ({ ...condition, observedGeneration: generation })),
    addresses: address === undefined ? [] : [{ type: 'Hostname', value: address }],
    listeners: listOf(valueAt(gateway, 'spec', 'listeners')).map(listener => ({
      name: valueAt(listener, 'name'),
      attachedRoutes: 0,
      supportedKinds: [],
      conditions: [
        {
          type: 'Accepted',
          status: 'True',
          reason: 'Accepted',
          message: 'No errors found',
          observedGeneration: generation,
        },
        {
          type: 'Programmed',
          status: 'True',
          reason: 'Programmed',
          message: 'No errors found',
          observedGeneration: generation,
        },
      ],
    })),
  }
}

/** Of the load balancer, or one that somebody else keeps and the Gateway names. */
function externalAddress(gateway: KubeObject, service: Service | undefined): string | undefined {
  const named = gateway.metadata.annotations?.['istio.io/expose-gateway-address']
  return named ?? service?.status?.loadBalancer?.ingress?.[0]?.hostname
}
