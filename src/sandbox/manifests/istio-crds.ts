import type { ObjectInput } from '../kubernetes/objects.ts'
import { type CrdOptions, crd, listOf, object, oneOf, open, text } from './crd.ts'

/** The custom resources that Istio brings, as far as the sandbox needs them; schemas are our own. */

const targetRef = object(
  { group: text, kind: { ...text, minLength: 1 }, name: { ...text, minLength: 1 }, namespace: text },
  ['kind', 'name'],
)

const authorizationPolicy = object({
  action: oneOf('ALLOW', 'DENY', 'AUDIT', 'CUSTOM'),
  provider: open,
  rules: listOf(
    object({
      from: listOf(open),
      to: listOf(open),
      when: listOf(object({ key: text, values: listOf(text), notValues: listOf(text) }, ['key'])),
    }),
  ),
  selector: open,
  targetRef,
  targetRefs: listOf(targetRef, { maxItems: 16 }),
})

const serviceEntry = object(
  {
    hosts: listOf(text, { minItems: 1, maxItems: 256 }),
    addresses: listOf(text),
    ports: listOf(
      object({ name: text, number: { type: 'integer' }, protocol: text, targetPort: { type: 'integer' } }, [
        'number',
        'name',
      ]),
    ),
    location: oneOf('MESH_EXTERNAL', 'MESH_INTERNAL'),
    resolution: oneOf('NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'),
    endpoints: listOf(open),
    workloadSelector: open,
    exportTo: listOf(text),
    subjectAltNames: listOf(text),
  },
  ['hosts'],
)

const NETWORKING = 'networking.istio.io'
const SECURITY = 'security.istio.io'
const NETWORKING_VERSIONS = ['v1', 'v1beta1', 'v1alpha3']

const KINDS: readonly CrdOptions[] = [
  {
    group: SECURITY,
    kind: 'AuthorizationPolicy',
    plural: 'authorizationpolicies',
    shortNames: ['ap'],
    versions: ['v1', 'v1beta1'],
    spec: authorizationPolicy,
  },
  {
    group: SECURITY,
    kind: 'PeerAuthentication',
    plural: 'peerauthentications',
    shortNames: ['pa'],
    versions: ['v1', 'v1beta1'],
  },
  {
    group: SECURITY,
    kind: 'RequestAuthentication',
    plural: 'requestauthentications',
    shortNames: ['ra'],
    versions: ['v1', 'v1beta1'],
  },
  {
    group: NETWORKING,
    kind: 'ServiceEntry',
    plural: 'serviceentries',
    shortNames: ['se'],
    versions: NETWORKING_VERSIONS,
    spec: serviceEntry,
  },
  {
    group: NETWORKING,
    kind: 'WorkloadEntry',
    plural: 'workloadentries',
    shortNames: ['we'],
    versions: NETWORKING_VERSIONS,
  },
  {
    group: NETWORKING,
    kind: 'WorkloadGroup',
    plural: 'workloadgroups',
    shortNames: ['wg'],
    versions: NETWORKING_VERSIONS,
  },
  {
    group: NETWORKING,
    kind: 'DestinationRule',
    plural: 'destinationrules',
    shortNames: ['dr'],
    versions: NETWORKING_VERSIONS,
  },
  {
    group: NETWORKING,
    kind: 'VirtualService',
    plural: 'virtualservices',
    shortNames: ['vs'],
    versions: NETWORKING_VERSIONS,
  },
  { group: NETWORKING, kind: 'Gateway', plural: 'gateways', shortNames: ['gw'], versions: NETWORKING_VERSIONS },
  { group: NETWORKING, kind: 'Sidecar', plural: 'sidecars', versions: NETWORKING_VERSIONS },
  { group: NETWORKING, kind: 'EnvoyFilter', plural: 'envoyfilters', versions: ['v1alpha3'] },
  { group: NETWORKING, kind: 'ProxyConfig', plural: 'proxyconfigs', versions: ['v1beta1'] },
  {
    group: 'telemetry.istio.io',
    kind: 'Telemetry',
    plural: 'telemetries',
    shortNames: ['telemetry'],
    versions: ['v1', 'v1alpha1'],
  },
  { group: 'extensions.istio.io', kind: 'WasmPlugin', plural: 'wasmplugins', versions: ['v1alpha1'] },
]

export const istioCrds = (): readonly ObjectInput[] =>
  KINDS.map(kind =>
    crd({ ...kind, categories: ['istio-io'], labels: { app: 'istio-pilot', chart: 'istio', release: 'istio' } }),
  )
