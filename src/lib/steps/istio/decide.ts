import { type MeshProfile, meshProfile, meshProfileWarning } from '../../config/mesh-profile.ts'
import type { Settings } from '../../config/settings.ts'
import { isFailure } from '../../engine/failure.ts'
import type { Change, Plan } from '../../engine/plan.ts'
import type { InstalledIstio } from '../mesh-version.ts'
import { ADOPT, notOurs, usedAsItIs } from '../not-ours.ts'
import { nameOf, resourceOf } from '../objects.ts'
import { NO_GATEWAY_API, noCluster } from '../pending.ts'
import { planNamespace, planNamespaceRemoval } from './namespace.ts'
import { ISTIOD, type IstioSeen } from './observe.ts'
import { fingerprintOf, istioOperator } from './operator.ts'

export const ISTIO = 'istio'

/** What `install` is told beyond the version, which is the change's name. */
export interface InstallDetail {
  readonly fingerprint: string
}

export function decideIstio(seen: IstioSeen, desired: Settings): Plan {
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
  const lagging = parts.filter(({ lags }) => lags !== undefined && lags !== 'does not exist')
  return {
    changes: [...planNamespace(namespace, profile), ...install.changes, ...planStart(seen)],
    present,
    unsettled: installed ? lagging.map(({ name, lags }) => `${name}: ${lags}`) : [],
    facts: { istioVersion: version, profile: profile.name },
    warnings: [...(warning === undefined ? [] : [warning]), ...(install.warnings ?? [])],
  }
}

export function decideIstioRemoval({ installed, namespace, parts, foreign }: IstioSeen): Plan {
  const ours = planNamespaceRemoval(namespace, foreign)
  if (installed === undefined) {
    // Somebody else's Istio keeps its namespace, even one that we made.
    return stands(parts) ? { changes: [], present: ours.present } : ours
  }
  const name = installed.version || ISTIO
  const uninstall: Change = { action: 'delete', kind: ISTIO, name, reason: 'installed by us' }
  return { ...ours, changes: [uninstall, ...ours.changes] }
}

/** With a HorizontalPodAutoscaler, how many there are is no part of what istioctl applies; from 0 it never scales. */
function planStart({ stopped, installed }: IstioSeen): readonly Change[] {
  if (!stopped || installed === undefined) return []
  return [{ action: 'update', kind: 'Deployment', name: nameOf(ISTIOD), reason: 'is scaled to 0', stage: 2 }]
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
  const fingerprint = fingerprintOf(version, istioOperator(desired, profile))
  const change = (action: Change['action'], reason: string): Change => ({
    action,
    kind: ISTIO,
    name: version,
    reason,
    stage: 1,
    detail: { fingerprint } satisfies InstallDetail,
  })
  const reason = whyInstall(installed, parts, version, fingerprint)
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
