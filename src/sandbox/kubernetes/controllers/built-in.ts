import type { SandboxClock } from '../../clock.ts'
import type { ContainerLogs } from '../container-logs.ts'
import type { ObjectStore } from '../store/store.ts'
import type { Controller } from './controllers.ts'
import { customResourceController } from './custom-resources.ts'
import { daemonSetController } from './daemon-sets.ts'
import { deploymentController } from './deployments.ts'
import { endpointsController } from './endpoints.ts'
import { jobController } from './jobs.ts'
import { type LoadBalancers, loadBalancerController } from './load-balancers.ts'
import { namespaceController } from './namespaces.ts'
import { podController } from './pods.ts'
import { replicaSetController } from './replica-sets.ts'
import { statefulSetController } from './stateful-sets.ts'

export interface ClusterParts {
  readonly store: ObjectStore
  readonly clock: SandboxClock
  readonly logs: ContainerLogs
  readonly badImages: ReadonlySet<string>
  loadBalancers(): LoadBalancers
  /** The certificate authority, PEM. */
  readonly ca: string
}

/** What every cluster runs by itself: the controller manager, the scheduler and the kubelets. */
export function builtInControllers({ store, clock, logs, badImages, loadBalancers, ca }: ClusterParts): Controller[] {
  const now = () => clock.now()
  return [
    namespaceController(store, now, ca),
    customResourceController(store, now),
    deploymentController(store, now),
    replicaSetController(store),
    daemonSetController(store),
    statefulSetController(store),
    jobController(store),
    endpointsController(store),
    loadBalancerController(store, loadBalancers),
    podController({
      store,
      now,
      isPullable: image => !badImages.has(image),
      stopped: pod => logs.drop(pod.metadata.namespace ?? '', pod.metadata.name),
    }),
  ]
}
