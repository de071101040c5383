import { controllerReference } from '../objects.ts'
import { mapSelector } from '../store/selectors.ts'
import type { ObjectStore } from '../store/store.ts'
import { isReady, type Pod, type Service, type ServicePort } from '../workloads.ts'
import type { Controller, ObjectKey } from './controllers.ts'

const manager = 'kube-controller-manager'

/** Keeps the addresses behind each Service, as Endpoints and as an EndpointSlice. */
export function endpointsController(store: ObjectStore): Controller {
  return {
    name: 'endpoints-controller',
    watches: [{ kind: 'Service' }, { kind: 'Pod', concerns: servicesOf }],
    reconcile({ name, namespace = '' }) {
      const service = store.get<Service>('Service', name, namespace)
      const exists = service !== undefined && service.metadata.deletionTimestamp === undefined
      if (!exists) removeEndpoints(name, namespace)
      if (!exists || service.spec.selector === undefined) return
      const pods = store
        .list<Pod>('Pod', { namespace })
        .filter(pod => mapSelector(service.spec.selector)(pod.metadata.labels ?? {}) && pod.status?.podIP !== undefined)
      writeEndpoints(service, pods)
      writeSlice(service, pods)
    },
  }

  function servicesOf(pod: { metadata: Pod['metadata'] }): ObjectKey[] {
    const { namespace = '', labels = {} } = pod.metadata
    return store
      .list<Service>('Service', { namespace })
      .filter(service => mapSelector(service.spec.selector)(labels))
      .map(({ metadata }) => ({ name: metadata.name, namespace }))
  }

  function removeEndpoints(name: string, namespace: string): void {
    if (store.get('Endpoints', name, namespace) !== undefined) store.delete('Endpoints', name, namespace)
  }

  function writeEndpoints(service: Service, pods: readonly Pod[]): void {
    const { name, namespace = '' } = service.metadata
    const addresses = pods
      .filter(isReady)
      .map(pod => ({ ip: pod.status?.podIP, nodeName: pod.spec.nodeName, targetRef: targetOf(pod) }))
    const ports = (service.spec.ports ?? []).map(port => ({
      ...named(port),
      port: targetPort(port, pods[0]),
      protocol: port.protocol,
    }))
    put({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, namespace, ...labelsOf(service) },
      ...(addresses.length > 0 ? { subsets: [{ addresses, ports }] } : {}),
    })
  }

  function writeSlice(service: Service, pods: readonly Pod[]): void {
    const { name, namespace = '' } = service.metadata
    put({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-slice`,
        namespace,
        labels: {
          ...service.metadata.labels,
          'kubernetes.io/service-name': name,
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [controllerReference(service)],
      },
      addressType: 'IPv4',
      endpoints: pods.map(pod => ({
        addresses: [pod.status?.podIP],
        conditions: {
          ready: isReady(pod),
          serving: isReady(pod),
          terminating: pod.metadata.deletionTimestamp !== undefined,
        },
        nodeName: pod.spec.nodeName,
        targetRef: targetOf(pod),
      })),
      ports: (service.spec.ports ?? []).map(port => ({
        name: port.name ?? '',
        port: targetPort(port, pods[0]),
        protocol: port.protocol,
      })),
    })
  }

  function put(object: Parameters<ObjectStore['create']>[0]): void {
    const { name = '', namespace } = object.metadata
    const live = store.get(object.kind, name, namespace)
    if (live === undefined) store.create(object, { manager })
    else store.replace({ ...object, metadata: { ...live.metadata, ...object.metadata } }, { manager })
  }
}

const labelsOf = (service: Service) => (service.metadata.labels ? { labels: service.metadata.labels } : {})
const named = (port: ServicePort) => (port.name === undefined ? {} : { name: port.name })
const targetOf = ({ metadata }: Pod) => ({
  kind: 'Pod',
  name: metadata.name,
  namespace: metadata.namespace,
  uid: metadata.uid,
})

/** The number of the port that a Service sends to; named ones are looked up in the pod. */
function targetPort({ port, targetPort }: ServicePort, pod: Pod | undefined): number {
  if (typeof targetPort !== 'string') return targetPort ?? port
  const ports = (pod?.spec.containers ?? []).flatMap(container => container.ports ?? [])
  return ports.find(one => one.name === targetPort)?.containerPort ?? port
}
