import { fieldsOf, type KubeObject, listOf } from '../objects.ts'

export interface DeleteOptions {
  /** What becomes of the objects that this one owns. Default `Background`. */
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan'
  /** Of a pod; its own where this is left out. */
  readonly graceSeconds?: number
  /** Delete only the object with this identity. */
  readonly uid?: string
  /** Delete only this state of the object. */
  readonly resourceVersion?: string
  readonly dryRun?: boolean
}

export function deletionFinalizers(object: KubeObject, { propagation }: DeleteOptions): string[] {
  const set = new Set(object.metadata.finalizers)
  if (propagation === 'Foreground') set.add('foregroundDeletion')
  if (propagation === 'Orphan') set.add('orphan')
  return [...set]
}

/** Seconds until a deleted pod that runs is gone; nothing else has such a time. */
export function gracePeriod(object: KubeObject, { graceSeconds }: DeleteOptions = {}): number {
  if (object.kind !== 'Pod') return 0
  const spec = fieldsOf(object.spec)
  if (spec.nodeName === undefined || ['Succeeded', 'Failed'].includes(String(fieldsOf(object.status).phase))) return 0
  return graceSeconds ?? object.metadata.deletionGracePeriodSeconds ?? Number(spec.terminationGracePeriodSeconds ?? 30)
}

/** A namespace whose contents are not known to be gone. */
export const isOccupied = (object: KubeObject): boolean =>
  object.kind === 'Namespace' && listOf(fieldsOf(object.spec).finalizers).length > 0

/** A deleted object that waits for nothing but its finalizers any more. */
export const released = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, deletionGracePeriodSeconds: 0 },
  ...(object.kind === 'Namespace' ? { spec: { ...fieldsOf(object.spec), finalizers: [] } } : {}),
})

/** The object once its deletion is under way. */
export function terminating(object: KubeObject, now: string, finalizers: string[], graceSeconds: number): KubeObject {
  return {
    ...object,
    metadata: {
      ...object.metadata,
      deletionTimestamp: object.metadata.deletionTimestamp ?? now,
      deletionGracePeriodSeconds: graceSeconds,
      ...(finalizers.length > 0 ? { finalizers } : {}),
    },
    ...(object.kind === 'Namespace' ? { status: { ...fieldsOf(object.status), phase: 'Terminating' } } : {}),
  }
}
