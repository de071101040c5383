import type { KubeObject } from '../objects.ts'
import type { Kind } from '../store/kinds.ts'
import type { Change } from '../store/revisions.ts'
import type { ObjectStore } from '../store/store.ts'

const foreground = 'foregroundDeletion'
const orphan = 'orphan'

/**
 * Deletes what an owner leaves behind, or sets it free first, as the deletion asked. Answers what stops it.
 *
 * @param onFailure told of what could not be deleted or set free
 */
export function collectGarbage(store: ObjectStore, onFailure: (error: unknown) => void): () => void {
  let stopped = false
  const unlisten = store.listen(change =>
    setImmediate(() => {
      if (stopped) return
      try {
        follow(store, change)
      } catch (error) {
        onFailure(error)
      }
    }),
  )
  return () => {
    stopped = true
    unlisten()
  }
}

function follow(store: ObjectStore, { type, kind, object }: Change): void {
  if (type === 'DELETED') {
    for (const dependent of dependentsOf(store, object)) {
      if (!hasOtherOwner(store, dependent.object, object)) remove(store, dependent)
    }
    releaseWaitingOwners(store, object)
  } else if (type === 'ADDED') {
    if (isAbandoned(store, object)) remove(store, { kind, object })
  } else if (object.metadata.deletionTimestamp !== undefined) {
    if (object.metadata.finalizers?.includes(orphan)) setFree(store, kind, object)
    else if (object.metadata.finalizers?.includes(foreground)) deleteForeground(store, kind, object)
  }
}

interface Dependent {
  readonly kind: Kind
  readonly object: KubeObject
}

function dependentsOf(store: ObjectStore, owner: KubeObject): Dependent[] {
  return store.kinds.all().flatMap(kind =>
    store.revisions
      .all(kind)
      .filter(object => object.metadata.ownerReferences?.some(reference => reference.uid === owner.metadata.uid))
      .map(object => ({ kind, object })),
  )
}

const ownersOf = (store: ObjectStore, object: KubeObject) =>
  (object.metadata.ownerReferences ?? []).map(reference => {
    const kind = store.kinds.byApiVersion(reference.apiVersion, reference.kind)
    const owner =
      kind && store.revisions.get(kind, kind.namespaced ? object.metadata.namespace : undefined, reference.name)
    return { reference, kind, owner: owner?.metadata.uid === reference.uid ? owner : undefined }
  })

const hasOtherOwner = (store: ObjectStore, object: KubeObject, gone: KubeObject) =>
  ownersOf(store, object).some(({ owner }) => owner !== undefined && owner.metadata.uid !== gone.metadata.uid)

/** All its owners are of known kinds, and none of them is there. */
function isAbandoned(store: ObjectStore, object: KubeObject): boolean {
  const owners = ownersOf(store, object)
  return owners.length > 0 && owners.every(({ kind, owner }) => kind !== undefined && owner === undefined)
}

function remove(store: ObjectStore, { kind, object }: Dependent): void {
  if (store.get(kind, object.metadata.name, object.metadata.namespace)?.metadata.uid === object.metadata.uid)
    store.delete(kind, object.metadata.name, object.metadata.namespace, { propagation: 'Background' })
}

function deleteForeground(store: ObjectStore, kind: Kind, owner: KubeObject): void {
  const dependents = dependentsOf(store, owner)
  for (const { kind: of, object } of dependents)
    if (object.metadata.deletionTimestamp === undefined)
      store.delete(of, object.metadata.name, object.metadata.namespace, { propagation: 'Foreground' })
  if (dependentsOf(store, owner).length === 0) dropFinalizer(store, kind, owner, foreground)
}

/** Owners that are being deleted in the foreground may have waited for this one. */
function releaseWaitingOwners(store: ObjectStore, gone: KubeObject): void {
  for (const { kind, owner } of ownersOf(store, gone)) {
    if (kind === undefined || owner?.metadata.deletionTimestamp === undefined) continue
    if (owner.metadata.finalizers?.includes(foreground)) deleteForeground(store, kind, owner)
  }
}

function setFree(store: ObjectStore, kind: Kind, owner: KubeObject): void {
  for (const { kind: of, object } of dependentsOf(store, owner)) {
    const ownerReferences = object.metadata.ownerReferences?.filter(reference => reference.uid !== owner.metadata.uid)
    store.patch(of, object.metadata.name, object.metadata.namespace, { metadata: { ownerReferences } })
  }
  dropFinalizer(store, kind, owner, orphan)
}

function dropFinalizer(store: ObjectStore, kind: Kind, object: KubeObject, finalizer: string): void {
  const { name, namespace } = object.metadata
  const live = store.get(kind, name, namespace)
  if (live?.metadata.uid !== object.metadata.uid) return
  const finalizers = (live.metadata.finalizers ?? []).filter(one => one !== finalizer)
  store.patch(kind, name, namespace, { metadata: { finalizers } }, { manager: 'kube-controller-manager' })
}
