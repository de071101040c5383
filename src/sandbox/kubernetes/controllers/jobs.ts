import { controllerOf, type KubeObject } from '../objects.ts'
import { randomSuffix } from '../store/completion.ts'
import type { ObjectStore } from '../store/store.ts'
import type { Condition, Pod, PodTemplate } from '../workloads.ts'
import { type Controller, ownerOfKind } from './controllers.ts'
import { createPod } from './replica-sets.ts'

interface Job extends KubeObject {
  spec: { completions: number; parallelism: number; template: PodTemplate }
  status?: { startTime?: string; completionTime?: string }
}

/** Runs pods until enough of them ended well. */
export function jobController(store: ObjectStore): Controller {
  return {
    name: 'job-controller',
    watches: [{ kind: 'Job' }, { kind: 'Pod', concerns: ownerOfKind('Job') }],
    reconcile({ name, namespace = '' }) {
      const job = store.get<Job>('Job', name, namespace)
      if (job === undefined || job.metadata.deletionTimestamp !== undefined || job.status?.completionTime) return
      const pods = store.list<Pod>('Pod', { namespace }).filter(pod => controllerOf(pod)?.uid === job.metadata.uid)
      const succeeded = pods.filter(pod => pod.status?.phase === 'Succeeded').length
      const active = pods.length - succeeded
      const missing = Math.min(job.spec.parallelism, job.spec.completions - succeeded) - active
      for (let number = 0; number < missing; number += 1)
        createPod(store, job, `${name}-${randomSuffix()}`, job.spec.template)
      const now = store.now()
      const done = succeeded >= job.spec.completions
      const complete: Condition = { type: 'Complete', status: 'True', lastTransitionTime: now }
      store.patchStatus(
        'Job',
        name,
        namespace,
        {
          startTime: job.status?.startTime ?? now,
          active: done ? null : active + Math.max(0, missing),
          succeeded: succeeded || null,
          ...(done ? { completionTime: now, conditions: [complete] } : {}),
        },
        'kube-controller-manager',
      )
    },
  }
}
