import { ISTIO_NAMESPACE } from '../config/names.ts'
import type { Settings } from '../config/settings.ts'
import type { Change, Plan } from '../engine/plan.ts'
import type { Step } from '../engine/step.ts'
import { ownsField } from '../kubernetes/differences.ts'
import { manifest } from '../kubernetes/manifests.ts'
import { type KubernetesObject, ref } from '../kubernetes/objects.ts'
import { needKubernetes, type ReadClients, type WriteClients } from './clients.ts'
import { ADOPT, notOurs } from './not-ours.ts'
import { applyObject, liveOf, observeObjects, type Pair, planObjectRemoval, planObjects } from './objects.ts'
import { NO_ISTIO, noCluster } from './pending.ts'
import { waitForWorkload } from './workloads.ts'

export interface AppsSeen {
  readonly cluster: boolean
  readonly istio: boolean
  readonly pairs: readonly Pair[]
  /** The namespace that the test pods run in; it is not ours, one label on it may be. */
  readonly namespace?: KubernetesObject
}

const NAMESPACE = 'default'
const AMBIENT = 'istio.io/dataplane-mode'

/** The test pods on EKS, in a namespace that is in the mesh. */
export const appsStep: Step<Settings, ReadClients, WriteClients, AppsSeen> = {
  id: 'apps',
  title: 'Test pods on EKS',
  dependsOn: ['istio'],

  async observe({ clients, desired }) {
    const kubernetes = await clients.kubernetes()
    if (kubernetes === undefined) return { cluster: false, istio: false, pairs: [] }
    const [istiod, namespace, pairs] = await Promise.all([
      kubernetes.get(ref('Deployment', 'istiod', ISTIO_NAMESPACE)),
      kubernetes.get(ref('Namespace', NAMESPACE)),
      observeObjects(kubernetes, appObjects(desired)),
    ])
    return { cluster: true, istio: istiod !== undefined, pairs, ...(namespace ? { namespace } : {}) }
  },

  decide({ cluster, istio, pairs, namespace }, desired) {
    const pending = [...(cluster ? [] : [noCluster(desired)]), ...(istio ? [] : [NO_ISTIO])]
    if (pending.length > 0) return { changes: [], present: planObjectRemoval(liveOf(pairs)).present, pending }
    const objects = planObjects(pairs, desired)
    return { ...objects, changes: [...planLabel(namespace, desired), ...objects.changes] }
  },

  decideRemoval({ pairs, namespace }): Plan {
    const objects = planObjectRemoval(liveOf(pairs))
    if (namespace === undefined || !ownsLabel(namespace)) return objects
    const label: Change = { ...labelChange('delete', 'the label is ours'), stage: 1 }
    return { ...objects, changes: [...objects.changes, label] }
  },

  async apply(change, context) {
    if (change.kind !== LABEL_KIND) return applyObject(change, context)
    const kubernetes = await needKubernetes(context.clients, context.desired)
    // Applied as nothing, the one field that we had set goes, unless somebody else has set it too.
    const labels = change.action === 'delete' ? {} : { [AMBIENT]: 'ambient' }
    await kubernetes.apply(
      { ...ref('Namespace', NAMESPACE), metadata: { name: NAMESPACE, labels } },
      {
        force: change.action === 'adopt',
      },
    )
    return undefined
  },

  async verify(context) {
    const kubernetes = await needKubernetes(context.clients, context.desired)
    await Promise.all(
      ['eks-echo', 'eks-shell'].map(name =>
        waitForWorkload(kubernetes, { kind: 'Deployment', name, namespace: NAMESPACE }, context),
      ),
    )
    return { namespace: NAMESPACE }
  },
}

export const appObjects = ({ images }: Pick<Settings, 'images'>): readonly KubernetesObject[] => [
  ...manifest('eks-echo', { image: images.echo }),
  ...manifest('eks-shell', { image: images.shell }),
]

const LABEL_KIND = 'namespace-label'

const labelChange = (action: Change['action'], reason: string): Change => ({
  action,
  kind: LABEL_KIND,
  name: `${NAMESPACE}: ${AMBIENT}=ambient`,
  reason,
})

function planLabel(namespace: KubernetesObject | undefined, { adopt }: Pick<Settings, 'adopt'>): readonly Change[] {
  const value = namespace?.metadata.labels?.[AMBIENT]
  if (value === 'ambient') return []
  if (value === undefined) return [labelChange('create', 'the namespace is not in the mesh')]
  const reason = `the label is ${value}, want ambient`
  if (namespace && ownsLabel(namespace)) return [labelChange('update', reason)]
  if (adopt) return [labelChange('adopt', reason)]
  throw notOurs(`Label ${AMBIENT} of namespace ${NAMESPACE}`, [reason], [ADOPT])
}

const ownsLabel = (namespace: KubernetesObject): boolean => ownsField(namespace, ['metadata', 'labels', AMBIENT])
