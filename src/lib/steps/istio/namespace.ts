import type { MeshProfile } from '../../config/mesh-profile.ts'
import { ISTIO_NAMESPACE } from '../../config/names.ts'
import type { Change, Plan } from '../../engine/plan.ts'
import { isOurs, ownsField } from '../../kubernetes/differences.ts'
import { withOurLabel } from '../../kubernetes/manifests.ts'
import { type KubernetesObject, ref } from '../../kubernetes/objects.ts'
import { staysFor } from '../foreign.ts'
import { planObjectRemoval, resourceOf } from '../objects.ts'

const NETWORK_LABEL = 'topology.istio.io/network'
/** A change of one label on a namespace that is not ours. */
export const LABEL_KIND = 'namespace-label'

/** The namespace is ours where we make it; on one that was there, the network label is all that we set. */
export function planNamespace(namespace: KubernetesObject | undefined, { network }: MeshProfile): readonly Change[] {
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

export function planNamespaceRemoval(
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
