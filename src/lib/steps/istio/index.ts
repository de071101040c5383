import { stringify } from 'yaml'
import { type MeshProfile, meshProfile, meshProfileWarning } from '../../config/mesh-profile.ts'
import { ISTIO_CONFIG_MAP, ISTIO_NAMESPACE } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import { Failure, isFailure } from '../../engine/failure.ts'
import type { Change, Plan } from '../../engine/plan.ts'
import type { ApplyContext, Step } from '../../engine/step.ts'
import { isOurs, ownsField } from '../../kubernetes/differences.ts'
import { withOurLabel } from '../../kubernetes/manifests.ts'
import { type KubernetesObject, ref } from '../../kubernetes/objects.ts'
import { needKubernetes, type ReadClients, type WriteClients } from '../clients.ts'
import { foreignIn, staysFor } from '../foreign.ts'
import { type InstalledIstio, installedIstio } from '../mesh-version.ts'
import { ADOPT, notOurs, usedAsItIs } from '../not-ours.ts'
import { applyObject, planObjectRemoval, resourceOf } from '../objects.ts'
import { NO_GATEWAY_API, noCluster } from '../pending.ts'
import { type Workload, waitForWorkload, workloadLags } from '../workloads.ts'
import { fingerprintOf, istioOperator } from './operator.ts'
import { removeIstio } from './removal.ts'

export interface IstioSeen {
  readonly cluster: boolean
  readonly gatewayApi: boolean
  /** What we wrote down of an installation of ours. */
  readonly installed?: InstalledIstio
  readonly namespace?: KubernetesObject
  /** Parts of Istio that stand, and what each lacks. */
  readonly parts: readonly { readonly name: string; readonly lags?: string }[]
  /** The version of the istioctl that is there, or why there is none that fits. */
  readonly istioctl: string | Failure
  /** What others keep in the namespace, where it is ours. */
  readonly foreign: readonly string[]
}

const ISTIO = 'istio'
const NETWORK_LABEL = 'topology.istio.io/network'

const PARTS: readonly Workload[] = [
  { kind: 'Deployment', name: 'istiod', namespace: ISTIO_NAMESPACE },
  { kind: 'DaemonSet', name: 'ztunnel', namespace: ISTIO_NAMESPACE },
  { kind: 'DaemonSet', name: 'istio-cni-node', namespace: ISTIO_NAMESPACE },
]

/** Solo's Istio in ambient mode, with the platform ECS. */
export const istioStep: Step<Settings, ReadClients, WriteClients, IstioSeen> = {
  id: 'istio',
  title: 'Istio in ambient mode',
  dependsOn: ['gateway-api'],

  async observe({ clients }) {
    const [kubernetes, istioctl] = await Promise.all([clients.kubernetes(), istioctlVersion(clients)])
    if (kubernetes === undefined) return { cluster: false, gatewayApi: false, parts: [], istioctl, foreign: [] }
    const [installed, namespace, crd, lags, foreign] = await Promise.all([
      installedIstio(kubernetes),
      kubernetes.get(ref('Namespace', ISTIO_NAMESPACE)),
      kubernetes.get(ref('CustomResourceDefinition', 'gateways.gateway.networking.k8s.io')),
      Promise.all(PARTS.map(part => workloadLags(kubernetes, part))),
      foreignIn(kubernetes, ISTIO_NAMESPACE),
    ])
    return {
      cluster: true,
      gatewayApi: crd !== undefined,
      ...(installed ? { installed } : {}),
      ...(namespace ? { namespace } : {}),
      parts: PARTS.map(({ name }, index) => ({ name, ...(lags[index] === undefined ? {} : { lags: lags[index] }) })),
      istioctl,
      foreign,
    }
  },

  decide(seen, desired) {
    const { cluster, gatewayApi, namespace, parts, installed } = seen
    const version = versionOf(seen, desired)
    const present = [
      ...(namespace ? [resourceOf(namespace)] : []),
      ...(installed ? [{ kind: ISTIO, name: installed.version, ours: true }] : []),
    ]
    const pending = [...(cluster ? [] : [noCluster(desired)]), ...(cluster && !gatewayApi ? [NO_GATEWAY_API] : [])]
    if (cluster && stands(parts) && installed === undefined && !desired.adopt) return foreignIstio(parts)
    const missing = missingInputs(seen, desired, version)
    if (pending.length + missing.length > 0) return { changes: [], present, pending: [...pending, ...missing] }
    const profile = meshProfile(version)
    const warning = meshProfileWarning(version)
    const install = planInstall(seen, desired, version ?? '', profile)
    return {
      changes: [...planNamespace(namespace, profile), ...install.changes],
      present,
      facts: { istioVersion: version, profile: profile.name },
      warnings: [...(warning === undefined ? [] : [warning]), ...(install.warnings ?? [])],
    }
  },

  decideRemoval({ installed, namespace, parts, foreign }): Plan {
    const ours = planNamespaceRemoval(namespace, foreign)
    if (installed === undefined) {
      // Somebody else's Istio keeps its namespace, even one that we made.
      return stands(parts) ? { changes: [], present: ours.present } : ours
    }
    const name = installed.version || ISTIO
    const uninstall: Change = { action: 'delete', kind: ISTIO, name, reason: 'installed by us' }
    return { ...ours, changes: [uninstall, ...ours.changes] }
  },

  async apply(change, context) {
    if (change.kind === ISTIO) return change.action === 'delete' ? removeIstio(context) : install(change, context)
    if (change.kind !== LABEL_KIND) return applyObject(change, context)
    const kubernetes = await needKubernetes(context.clients, context.desired)
    await kubernetes.apply(change.detail as KubernetesObject, { force: false })
    return undefined
  },

  async verify(context) {
    const kubernetes = await needKubernetes(context.clients, context.desired)
    await Promise.all(PARTS.map(part => waitForWorkload(kubernetes, part, context)))
    const version = (await installedIstio(kubernetes))?.version
    return { istioVersion: version }
  },
}

async function istioctlVersion({ tools }: ReadClients): Promise<string | Failure> {
  try {
    return await tools.istioctlVersion()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

/** The one that is asked for, else what istioctl is, else what we installed. */
const versionOf = ({ istioctl, installed }: IstioSeen, { istioVersion }: Settings): string | undefined =>
  istioVersion ?? (isFailure(istioctl) ? installed?.version || undefined : istioctl)

/** Something of it is there; what is not there at all lags by not existing. */
const stands = (parts: IstioSeen['parts']): boolean => parts.some(({ lags }) => lags !== 'does not exist')

const isReady = (parts: IstioSeen['parts']): boolean => parts.every(({ lags }) => lags === undefined)

function foreignIstio(parts: IstioSeen['parts']): Plan {
  const lagging = parts.filter(({ lags }) => lags !== undefined)
  if (lagging.length === 0) {
    const present = parts.map(({ name }) => ({ kind: ISTIO, name, ours: false }))
    return { changes: [], present, warnings: [usedAsItIs('Istio in istio-system')] }
  }
  throw notOurs(
    'Istio in istio-system',
    lagging.map(({ name, lags }) => `${name}: ${lags}`),
    [ADOPT],
  )
}

/** What only Solo.io can give; not asked for where the installation stands and nothing can be compared. */
function missingInputs(seen: IstioSeen, { hub }: Settings, version: string | undefined): readonly string[] {
  if (isUntouched(seen, hub)) return []
  return [
    ...(hub === undefined ? ['HUB is not set: ask Solo.io for the image registry'] : []),
    ...(version === undefined ? ['ISTIO_VERSION is not set: ask Solo.io for the version'] : []),
  ]
}

/** Installed to the end and running, and no HUB given to compare with. */
const isUntouched = ({ installed, parts }: IstioSeen, hub: string | undefined): boolean =>
  hub === undefined && (installed?.fingerprint ?? '') !== '' && isReady(parts)

function planInstall(
  seen: IstioSeen,
  desired: Settings,
  version: string,
  profile: MeshProfile,
): Pick<Plan, 'changes' | 'warnings'> {
  const { installed, parts, istioctl } = seen
  if (isUntouched(seen, desired.hub)) {
    return { changes: [], warnings: ['HUB is not set: Istio is left as it was installed.'] }
  }
  const change = (action: Change['action'], reason: string): Change => ({
    action,
    kind: ISTIO,
    name: version,
    reason,
    stage: 1,
    detail: { fingerprint: fingerprintOf(version, istioOperator(desired, profile)) },
  })
  const reason = whyInstall(installed, parts, version, fingerprintOf(version, istioOperator(desired, profile)))
  if (reason === undefined) return { changes: [] }
  if (isFailure(istioctl)) throw istioctl
  const action = installed ? 'update' : stands(parts) ? 'adopt' : 'create'
  return { changes: [change(action, reason)] }
}

function whyInstall(
  installed: InstalledIstio | undefined,
  parts: IstioSeen['parts'],
  version: string,
  fingerprint: string,
): string | undefined {
  if (installed === undefined) return stands(parts) ? 'is not ours' : 'is not installed'
  if (installed.fingerprint === '') return 'its installation was broken off'
  if (installed.version !== version) return `version is ${installed.version}, want ${version}`
  if (installed.fingerprint !== fingerprint) return 'its values differ'
  const gone = parts.filter(({ lags }) => lags === 'does not exist').map(({ name }) => name)
  return gone.length > 0 ? `${gone.join(', ')} missing` : undefined
}

const LABEL_KIND = 'namespace-label'

/** The namespace is ours where we make it; on one that was there, the network label is all that we set. */
function planNamespace(namespace: KubernetesObject | undefined, { network }: MeshProfile): readonly Change[] {
  const labels = network === undefined ? {} : { [NETWORK_LABEL]: network }
  const object = { ...ref('Namespace', ISTIO_NAMESPACE), metadata: { name: ISTIO_NAMESPACE, labels } }
  const change = { kind: 'Namespace', name: ISTIO_NAMESPACE, stage: 0 } as const
  if (namespace === undefined) {
    return [{ ...change, action: 'create', reason: 'does not exist', detail: withOurLabel(object) }]
  }
  const label = namespace.metadata.labels?.[NETWORK_LABEL]
  if (network === undefined || label === network) return []
  const reason = `label ${NETWORK_LABEL} is ${label ?? 'missing'}, want ${network}`
  if (isOurs(namespace)) return [{ ...change, action: 'update', reason, detail: withOurLabel(object) }]
  const name = `${ISTIO_NAMESPACE}: ${NETWORK_LABEL}`
  return [{ ...change, kind: LABEL_KIND, name, action: 'create', reason, detail: object }]
}

function planNamespaceRemoval(
  namespace: KubernetesObject | undefined,
  foreign: readonly string[],
): Pick<Plan, 'changes' | 'present' | 'warnings'> {
  if (namespace === undefined) return { changes: [], present: [] }
  if (isOurs(namespace) && foreign.length > 0) {
    const present = [{ ...resourceOf(namespace), ours: false }]
    return { changes: [], present, warnings: [staysFor(ISTIO_NAMESPACE, foreign)] }
  }
  if (isOurs(namespace) || !ownsField(namespace, ['metadata', 'labels', NETWORK_LABEL])) {
    return planObjectRemoval([namespace])
  }
  const metadata = { name: ISTIO_NAMESPACE, labels: {} }
  const label: Change = {
    action: 'delete',
    kind: LABEL_KIND,
    name: `${ISTIO_NAMESPACE}: ${NETWORK_LABEL}`,
    reason: 'the label is ours',
    stage: 1,
    // Applied as nothing, the one field that we had set goes.
    detail: { ...ref('Namespace', ISTIO_NAMESPACE), metadata },
  }
  return { changes: [label], present: [resourceOf(namespace)] }
}

type Applying = ApplyContext<Settings, WriteClients, IstioSeen>

async function install(change: Change, context: Applying): Promise<undefined> {
  const { clients, desired, signal, output } = context
  const [kubernetes, istioctl] = await Promise.all([needKubernetes(clients, desired), clients.tools.istioctl()])
  const { fingerprint } = change.detail as { fingerprint: string }
  const version = change.name
  const operator = istioOperator(desired, meshProfile(version))
  // Written down before anything else, so that a broken-off installation is known as ours.
  await kubernetes.apply(installedMap({ version, fingerprint: '' }), { force: true })
  await istioctl.install(stringify(operator), desired.license === undefined ? [] : [desired.license], {
    signal,
    onLine: line => output('istioctl', line),
  })
  await kubernetes.apply(installedMap({ version, fingerprint }), { force: true })
  return undefined
}

const installedMap = (data: InstalledIstio): KubernetesObject =>
  withOurLabel({
    ...ref('ConfigMap', ISTIO_CONFIG_MAP, ISTIO_NAMESPACE),
    metadata: { name: ISTIO_CONFIG_MAP, namespace: ISTIO_NAMESPACE },
    data,
  })
