import { recordEvent } from '../events.ts'
import type { ObjectStore } from '../store/store.ts'
import type { Service } from '../workloads.ts'
import type { Controller } from './controllers.ts'

const finalizer = 'service.kubernetes.io/load-balancer-cleanup'
const manager = 'aws-cloud-controller-manager'

/** Where load balancers come from: the AWS part of the sandbox. */
export interface LoadBalancers {
  /** Makes the load balancer of a Service and answers its host name, once it has one. */
  create(service: Service): Promise<string>
  /** Resolves once it is gone; it may never have been there. */
  delete(service: Service): Promise<void>
}

/** Milliseconds of sandbox time between looks at what is under way, and after what failed. */
const pause = 5000

/** Gives Services of type LoadBalancer their load balancers, and takes them away again. */
export function loadBalancerController(store: ObjectStore, balancers: () => LoadBalancers): Controller {
  /** The Services that are being worked on, by their uid: for each, one thing after the other. */
  const busy = new Set<string>()
  return {
    name: 'service-lb-controller',
    watches: [{ kind: 'Service' }],
    reconcile({ name, namespace = '' }) {
      const service = store.get<Service>('Service', name, namespace)
      if (service === undefined) return undefined
      const owned = service.metadata.finalizers?.includes(finalizer) === true
      const wanted = service.metadata.deletionTimestamp === undefined && service.spec.type === 'LoadBalancer'
      if (wanted && !owned) setFinalizers(service, [...(service.metadata.finalizers ?? []), finalizer])
      const isMade = service.status?.loadBalancer?.ingress !== undefined
      if (wanted && owned && !isMade) return work(service, make)
      return !wanted && owned ? work(service, remove) : undefined
    },
  }

  /** Starts it and looks again later: it takes long, and other Services don't wait for it. */
  function work(service: Service, task: (service: Service) => Promise<void>): number {
    const { uid } = service.metadata
    if (busy.has(uid)) return pause
    busy.add(uid)
    task(service)
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        tell(service, 'Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: ${why}`)
      })
      .finally(() => busy.delete(uid))
    return pause
  }

  async function make(service: Service): Promise<void> {
    tell(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer')
    const hostname = await balancers().create(service)
    const { uid, name, namespace } = service.metadata
    if (store.get('Service', name, namespace)?.metadata.uid === uid)
      store.patchStatus('Service', name, namespace, { loadBalancer: { ingress: [{ hostname }] } }, manager)
  }

  async function remove(service: Service): Promise<void> {
    await balancers().delete(service)
    const { uid, name, namespace } = service.metadata
    const live = store.get<Service>('Service', name, namespace)
    if (live?.metadata.uid !== uid) return
    if (live.metadata.deletionTimestamp === undefined)
      store.patchStatus('Service', name, namespace, { loadBalancer: { ingress: null } }, manager)
    const finalizers = (live.metadata.finalizers ?? []).filter(one => one !== finalizer)
    setFinalizers(live, finalizers)
  }

  function tell(service: Service, type: 'Normal' | 'Warning', reason: string, message: string): void {
    recordEvent(store, service, { type, reason, message, component: 'service-controller' })
  }

  function setFinalizers(service: Service, finalizers: readonly string[]): void {
    store.patch('Service', service.metadata.name, service.metadata.namespace, { metadata: { finalizers } }, { manager })
  }
}
