import type { KubernetesObject } from '../kubernetes/objects.ts'

/** Of the labels and annotations by which ECS and the mesh belong together. */
const PREFIX = 'ecs.solo.io/'
/** Istiod, by the name of its process too, and istioctl. */
const WRITERS = /^(pilot-discovery$|istiod$|istioctl)/

/** A ServiceEntry or WorkloadEntry that istiod or istioctl wrote for what runs on ECS, and nobody else had a hand in. */
export function isDiscovered(object: KubernetesObject): boolean {
  const { labels, annotations } = object.metadata
  if (object.kind !== 'ServiceEntry' && object.kind !== 'WorkloadEntry') return false
  if (Object.keys({ ...labels, ...annotations }).some(key => key.startsWith(PREFIX))) return true
  const managers = managersOf(object)
  return managers.length > 0 && managers.every(manager => WRITERS.test(manager))
}

/** One that istioctl wrote: istiod does not take it away when its service is gone. */
export const isByIstioctl = (entry: KubernetesObject): boolean =>
  isDiscovered(entry) && managersOf(entry).some(manager => manager.startsWith('istioctl'))

/** Whether an entry is for a service of that name. */
export function isFor({ metadata: { name, labels = {} } }: KubernetesObject, service: string): boolean {
  const named = Object.entries(labels).flatMap(([key, value]) => (key === 'app' || key.startsWith(PREFIX) ? value : []))
  return name === service || named.includes(service)
}

const managersOf = ({ metadata }: KubernetesObject): readonly string[] =>
  (metadata.managedFields ?? []).map(({ manager = '' }) => manager)
