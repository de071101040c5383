import type { KubeObject } from '../objects.ts'
import type { ObjectStore } from '../store/store.ts'
import { isReady, type PodTemplate } from '../workloads.ts'
import { type Controller, ownerOfKind } from './controllers.ts'
import { createPod, podsOf } from './replica-sets.ts'

interface StatefulSet extends KubeObject {
  spec: { replicas: number; template: PodTemplate }
}

/** Keeps numbered pods, one after the other. */
export function statefulSetController(store: ObjectStore): Controller {
  return {
    name: 'statefulset-controller',
    watches: [{ kind: 'StatefulSet' }, { kind: 'Pod', concerns: ownerOfKind('StatefulSet') }],
    reconcile({ name, namespace = '' }) {
      const set = store.get<StatefulSet>('StatefulSet', name, namespace)
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) return
      const pods = podsOf(store, set)
      const ready = pods.filter(isReady)
      const wanted = Array.from({ length: set.spec.replicas }, (_, number) => `${name}-${number}`)
      const missing = wanted.find(one => store.get('Pod', one, namespace) === undefined)
      if (missing !== undefined && ready.length === pods.length) createPod(store, set, missing, set.spec.template)
      for (const pod of pods) if (!wanted.includes(pod.metadata.name)) store.delete('Pod', pod.metadata.name, namespace)
      store.patchStatus(
        'StatefulSet',
        name,
        namespace,
        {
          replicas: pods.length,
          readyReplicas: ready.length,
          availableReplicas: ready.length,
          currentReplicas: pods.length,
          updatedReplicas: pods.length,
          observedGeneration: set.metadata.generation,
        },
        'kube-controller-manager',
      )
    },
  }
}
