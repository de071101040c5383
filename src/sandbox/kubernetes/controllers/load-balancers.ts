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

/** Gives Services of type LoadBalancer their load balancers, and takes them away again. */
export function loadBalancerController(store: ObjectStore, balancers: () => LoadBalancers): Controller {
  const making = new Set<string>()
  return {
    name: 'service-lb-controller',
    watches: [{ kind: 'Service' }],
    reconcile({ name, namespace = '' }) {
      const service = store.get<Service>('Service', name, namespace)
      if (service === undefined) return
      const owned = service.metadata.finalizers?.includes(finalizer) === true
      const wanted = service.metadata.deletionTimestamp === undefined && service.spec.type === 'LoadBalancer'
      if (!wanted && owned) void remove(service)
      else if (wanted && !owned) setFinalizers(service, [...(service.metadata.finalizers ?? []), finalizer])
      else if (wanted && service.status?.loadBalancer?.ingress === undefined) void make(service)
    },
  }

  /** Takes long; other Services don't wait for it. */
  async function make(service: Service): Promise<void> {
    const { uid, name, namespace } = service.metadata
    if (making.has(uid)) return
    making.add(uid)
    recordEvent(store, service, {
      type: 'Normal',
      reason: 'EnsuringLoadBalancer',
      message: 'Ensuring load balancer',
      component: 'service-controller',
    })
    try {
      const hostname = await balancers().create(service)
      if (store.get('Service', name, namespace)?.metadata.uid === uid)
        store.patchStatus('Service', name, namespace, { loadBalancer: { ingress: [{ hostname }] } }, manager)
    } catch (error) {
      recordEvent(store, service, {
        type: 'Warning',
        reason: 'SyncLoadBalancerFailed',
        message: `Error syncing load balancer: ${error instanceof Error ? error.message : error}`,
        component: 'service-controller',
      })
    } finally {
      making.delete(uid)
    }
  }

  async function remove(service: Service): Promise<void> {
    const { uid, name, namespace } = service.metadata
    if (making.has(`-${uid}`)) return
    making.add(`-${uid}`)
    await balancers().delete(service)
    making.delete(`-${uid}`)
    const live = store.get<Service>('Service', name, namespace)
    if (live?.metadata.uid !== uid) return
    if (live.metadata.deletionTimestamp === undefined)
      store.patchStatus('Service', name, namespace, { loadBalancer: { ingress: null } }, manager)
    setFinalizers(
      live,
      (live.metadata.finalizers ?? []).filter(one => one !== finalizer),
    )
  }

  function setFinalizers(service: Service, finalizers: readonly string[]): void {
    store.patch('Service', service.metadata.name, service.metadata.namespace, { metadata: { finalizers } }, { manager })
  }
}
