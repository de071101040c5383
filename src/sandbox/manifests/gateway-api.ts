import { stringify } from 'yaml'
import { type CrdOptions, crd, listOf, object, oneOf, open, text } from './crd.ts'

/**
 * The standard channel of the Kubernetes Gateway API, as far as the sandbox needs it: the groups, kinds and versions of
 * the real bundle with schemas of our own.
 */
const GROUP = 'gateway.networking.k8s.io'

const listener = object(
  {
    name: { ...text, minLength: 1 },
    hostname: text,
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    protocol: { ...text, minLength: 1 },
    tls: open,
    allowedRoutes: open,
  },
  ['name', 'port', 'protocol'],
)

/** Keys and values of one object, which is merged key by key. */
const listMap = (key: string) => ({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] })

const gateway = object(
  {
    gatewayClassName: { ...text, minLength: 1 },
    listeners: listOf(listener, { minItems: 1, maxItems: 64, ...listMap('name') }),
    addresses: listOf(object({ type: text, value: text })),
    infrastructure: object({
      annotations: { type: 'object', additionalProperties: text },
      labels: { type: 'object', additionalProperties: text },
      parametersRef: open,
    }),
  },
  ['gatewayClassName', 'listeners'],
)

const KINDS: readonly Omit<CrdOptions, 'group'>[] = [
  {
    kind: 'GatewayClass',
    plural: 'gatewayclasses',
    shortNames: ['gc'],
    scope: 'Cluster',
    versions: ['v1', 'v1beta1'],
    spec: object({ controllerName: text, description: text, parametersRef: open }, ['controllerName']),
  },
  { kind: 'Gateway', plural: 'gateways', shortNames: ['gtw'], versions: ['v1', 'v1beta1'], spec: gateway },
  { kind: 'HTTPRoute', plural: 'httproutes', versions: ['v1', 'v1beta1'] },
  { kind: 'GRPCRoute', plural: 'grpcroutes', versions: ['v1'] },
  {
    kind: 'ReferenceGrant',
    plural: 'referencegrants',
    shortNames: ['refgrant'],
    versions: ['v1beta1'],
    spec: object(
      {
        from: listOf(object({ group: text, kind: oneOf('HTTPRoute', 'GRPCRoute', 'Gateway'), namespace: text })),
        to: listOf(object({ group: text, kind: text, name: text })),
      },
      ['from', 'to'],
    ),
  },
]

/** @param version of the bundle, such as `v1.2.1` */
export function gatewayApiBundle(version: string): string {
  const crds = KINDS.map(kind =>
    crd({
      ...kind,
      group: GROUP,
      categories: ['gateway-api'],
      annotations: {
        'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/3328',
        'gateway.networking.k8s.io/bundle-version': version,
        'gateway.networking.k8s.io/channel': 'standard',
      },
    }),
  )
  return crds.map(object => stringify(object)).join('---\n')
}
