import { createHash } from 'node:crypto'
import type { KubeObject } from './objects.ts'
import type { ObjectStore } from './store/store.ts'

export interface EventText {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  readonly component: string
}

/** Records an event about an object; the same one again is counted. */
export function recordEvent(
  store: ObjectStore,
  about: KubeObject,
  { type, reason, message, component }: EventText,
): void {
  const { name, namespace = 'default', uid } = about.metadata
  const digest = createHash('sha256').update([uid, reason, message].join('\0')).digest('hex').slice(0, 16)
  const eventName = `${name}.${digest}`
  const now = store.now()
  const before = store.get('Event', eventName, namespace)
  if (before !== undefined) {
    store.patch(
      'Event',
      eventName,
      namespace,
      { count: Number(before.count) + 1, lastTimestamp: now },
      { manager: component },
    )
    return
  }
  if (store.get('Namespace', namespace)?.metadata.deletionTimestamp !== undefined) return
  store.create(
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: eventName, namespace },
      involvedObject: {
        kind: about.kind,
        apiVersion: about.apiVersion,
        name,
        uid,
        resourceVersion: about.metadata.resourceVersion,
        ...(about.metadata.namespace === undefined ? {} : { namespace }),
      },
      type,
      reason,
      message,
      source: { component },
      reportingComponent: component,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    },
    { manager: component },
  )
}
