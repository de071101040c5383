import { recordEvent } from '../events.ts'
import { controllerOf, controllerReference, type KubeObject } from '../objects.ts'
import { randomSuffix } from '../store/completion.ts'
import type { ObjectStore } from '../store/store.ts'
import { isReady, type Pod, type PodTemplate, type ReplicaSet } from '../workloads.ts'
import { type Controller, ownerOfKind } from './controllers.ts'

/** Keeps as many pods as a ReplicaSet asks for. */
export function replicaSetController(store: ObjectStore): Controller {
  return {
    name: 'replicaset-controller',
    watches: [{ kind: 'ReplicaSet' }, { kind: 'Pod', concerns: ownerOfKind('ReplicaSet') }],
    reconcile({ name, namespace = '' }) {
      const set = store.get<ReplicaSet>('ReplicaSet', name, namespace)
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) return
      const pods = podsOf(store, set)
      for (let missing = set.spec.replicas - pods.length; missing > 0; missing -= 1)
        createPod(store, set, `${name}-${randomSuffix()}`, set.spec.template)
      // Those that don't serve yet go first.
      const surplus = pods
        .toSorted((one, other) => Number(isReady(one)) - Number(isReady(other)))
        .slice(0, Math.max(0, pods.length - set.spec.replicas))
      for (const pod of surplus) store.delete('Pod', pod.metadata.name, namespace)
      const ready = pods.filter(isReady).length
      store.patchStatus(
        'ReplicaSet',
        name,
        namespace,
        {
          replicas: podsOf(store, set).length,
          fullyLabeledReplicas: pods.length,
          readyReplicas: ready,
          availableReplicas: ready,
          observedGeneration: set.metadata.generation,
        },
        'kube-controller-manager',
      )
    },
  }
}

/** The pods that an object controls and that are not on their way out. */
export function podsOf(store: ObjectStore, owner: KubeObject): Pod[] {
  return store
    .list<Pod>('Pod', { namespace: owner.metadata.namespace ?? '' })
    .filter(pod => controllerOf(pod)?.uid === owner.metadata.uid)
    .filter(pod => pod.metadata.deletionTimestamp === undefined && pod.status?.phase !== 'Failed')
}

export function createPod(
  store: ObjectStore,
  owner: KubeObject,
  name: string,
  template: PodTemplate,
  spec: Partial<PodTemplate['spec']> = {},
): void {
  const pod = store.create(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: owner.metadata.namespace ?? '',
        ...(template.metadata?.labels ? { labels: template.metadata.labels } : {}),
        ...(template.metadata?.annotations ? { annotations: template.metadata.annotations } : {}),
        ownerReferences: [controllerReference(owner)],
      },
      spec: { ...template.spec, ...spec },
    },
    { manager: 'kube-controller-manager' },
  )
  recordEvent(store, owner, {
    type: 'Normal',
    reason: 'SuccessfulCreate',
    message: `Created pod: ${pod.metadata.name}`,
    component: `${owner.kind.toLowerCase()}-controller`,
  })
}
