import { isDeepStrictEqual } from 'node:util'
import type { SandboxClock } from '../../clock.ts'
import { type Owner, readOwners, writeOwners } from '../fields/ownership.ts'
import { apiVersionOf, clone, type Fields, type KubeObject, type ObjectInput, type ObjectMeta } from '../objects.ts'
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  invalidValue,
  notFound,
  StatusError,
} from '../status-error.ts'
import { Allocator } from './allocation.ts'
import { builtInKinds } from './built-in-kinds.ts'
import { completed, countGeneration, newMetadata } from './completion.ts'
import { checkConfiguration, decode, normalised } from './decoding.ts'
import { type DeleteOptions, deletionFinalizers, gracePeriod, isOccupied, released, terminating } from './deletion.ts'
import { type Endpoint, endpointOf, hasStatus, seenThrough, type WriteOptions } from './endpoint.ts'
import { type Kind, Kinds, storedApiVersion } from './kinds.ts'
import { applied, ownersOfWrite, type PatchType, patched, sameContent } from './merging.ts'
import { type Change, Revisions } from './revisions.ts'
import { fieldSelector, labelSelector } from './selectors.ts'

/** A kind, or its name: `Pod`, `Gateway.gateway.networking.k8s.io`. */
export type KindReference = Kind | string

export interface ApplyOptions extends WriteOptions {
  readonly force?: boolean
}

export interface ListQuery {
  readonly namespace?: string
  readonly labels?: string
  readonly fields?: string
}

/** What a deletion came to: the object is gone, or stays until its finalizers or its grace period are through. */
export interface Deletion {
  readonly object: KubeObject
  readonly gone: boolean
}

/**
 * The objects of one cluster, with what the API server does to each write: defaults, validation, field ownership,
 * optimistic locking, finalizers. What it answers are copies.
 */
export class ObjectStore {
  readonly kinds = new Kinds(builtInKinds())
  readonly revisions = new Revisions()
  readonly #clock: SandboxClock
  readonly #allocator = new Allocator(() => this.list('Service'))

  constructor(clock: SandboxClock) {
    this.#clock = clock
  }

  /** The sandbox's time, as timestamps in objects show it. */
  now(): string {
    return new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  }

  /** @throws StatusError 404 for a kind that the cluster doesn't know (yet) */
  kind(reference: KindReference): Kind {
    if (typeof reference !== 'string') return reference
    const kind = this.kinds.named(reference)
    if (kind === undefined)
      throw new StatusError(404, 'NotFound', `the server doesn't have a resource type "${reference}"`)
    return kind
  }

  get<T extends KubeObject = KubeObject>(reference: KindReference, name: string, namespace?: string): T | undefined {
    const kind = this.kind(reference)
    const object = this.revisions.get(kind, kind.namespaced ? namespace : undefined, name)
    return object === undefined ? undefined : (clone(object) as T)
  }

  /** @throws StatusError 404 */
  read<T extends KubeObject = KubeObject>(reference: KindReference, name: string, namespace?: string): T {
    const object = this.get<T>(reference, name, namespace)
    if (object === undefined) throw notFound(this.kind(reference), name)
    return object
  }

  /** By namespace and name; a kind that the cluster doesn't know has no objects. */
  list<T extends KubeObject = KubeObject>(reference: KindReference, query: ListQuery = {}): T[] {
    const kind = typeof reference === 'string' ? this.kinds.named(reference) : reference
    if (kind === undefined) return []
    const wanted = this.matcher(kind, query)
    return this.revisions
      .all(kind)
      .filter(wanted)
      .map(object => clone(object) as T)
  }

  /** @throws StatusError 400 for a selector that can't be read */
  matcher(kind: Kind, query: ListQuery): (object: KubeObject) => boolean {
    const labels = query.labels ? labelSelector(query.labels) : () => true
    const fields = query.fields ? fieldSelector(query.fields, kind.kind) : () => true
    return object =>
      (query.namespace === undefined || object.metadata.namespace === query.namespace) &&
      labels(object.metadata.labels ?? {}) &&
      fields(object)
  }

  listen(listener: (change: Change) => void): () => void {
    return this.revisions.listen(listener)
  }

  /** @throws StatusError */
  create(input: ObjectInput, options: WriteOptions = {}): KubeObject {
    const kind = this.#kindOf(input)
    const endpoint = endpointOf(kind, input.apiVersion, options)
    const { resourceVersion } = input.metadata
    if (resourceVersion)
      throw new StatusError(500, undefined, 'resourceVersion should not be set on objects to be created')
    const next = decode(kind, endpoint.version, input, options)
    return this.#insert(kind, endpoint, next)
  }

  /**
   * Replaces an object, or its status. Custom ones only from a version that is given.
   *
   * @throws StatusError 409 where `metadata.resourceVersion` is given and not the current one
   */
  replace(input: ObjectInput, options: WriteOptions = {}): KubeObject {
    const kind = this.#kindOf(input)
    const endpoint = endpointOf(kind, input.apiVersion, options)
    const { name = '', namespace } = input.metadata
    const live = this.revisions.get(kind, namespace, name)
    if (live === undefined) throw notFound(kind, name)
    if (kind.custom && !input.metadata.resourceVersion)
      throw invalid({ group: kind.group, kind: kind.plural }, name, [
        invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
      ])
    return this.#change(kind, endpoint, live, decode(kind, endpoint.version, input, options))
  }

  /** @throws StatusError */
  patch(
    reference: KindReference,
    name: string,
    namespace: string | undefined,
    patch: unknown,
    options: WriteOptions & { readonly type?: PatchType } = {},
  ): KubeObject {
    const kind = this.kind(reference)
    const endpoint = endpointOf(kind, options.version ?? storedApiVersion(kind), options)
    const live = this.revisions.get(kind, namespace, name)
    if (live === undefined) throw notFound(kind, name)
    const type = options.type ?? 'merge'
    if (type === 'strategic' && kind.custom)
      throw new StatusError(
        415,
        'UnsupportedMediaType',
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
      )
    const next = patched(endpoint.version, this.present(kind, live, endpoint.version.name), patch, type)
    return this.#change(kind, endpoint, live, decode(kind, endpoint.version, next, options))
  }

  /** The status subresource, by merge patch. */
  patchStatus(
    reference: KindReference,
    name: string,
    namespace: string | undefined,
    status: Fields,
    manager?: string,
  ): KubeObject {
    return this.patch(
      reference,
      name,
      namespace,
      { status },
      { subresource: 'status', ...(manager ? { manager } : {}) },
    )
  }

  /**
   * Server-side apply.
   *
   * @throws StatusError 409 with a cause for each field that another manager owns
   */
  apply(input: ObjectInput, options: ApplyOptions = {}): KubeObject {
    const kind = this.#kindOf(input)
    const endpoint = endpointOf(kind, input.apiVersion, options)
    const { name = '', namespace } = input.metadata
    if (input.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil')
    checkConfiguration(kind, endpoint.version, input)
    const config = { ...input, apiVersion: storedApiVersion(kind) }
    const live = this.revisions.get(kind, namespace, name)
    if (live === undefined && options.subresource !== undefined) throw notFound(kind, name)
    const wanted = input.metadata.resourceVersion
    if (wanted !== undefined && wanted !== live?.metadata.resourceVersion)
      throw live === undefined ? notFound(kind, name) : conflict(kind, name, staleReason)
    const merged = applied(kind, endpoint, live, config, { force: options.force === true, now: this.now() })
    const next = normalised(kind, endpoint.version, merged.object)
    if (live === undefined) return this.#insert(kind, endpoint, next, merged.owners)
    return this.#change(kind, endpoint, live, next, merged.owners)
  }

  /** @throws StatusError 404; 409 where a precondition doesn't hold */
  delete(reference: KindReference, name: string, namespace?: string, options: DeleteOptions = {}): Deletion {
    const kind = this.kind(reference)
    const live = this.revisions.get(kind, kind.namespaced ? namespace : undefined, name)
    if (live === undefined) throw notFound(kind, name)
    const { uid, resourceVersion } = live.metadata
    const missed = (what: string, wanted: string, is: string) =>
      conflict(
        kind,
        name,
        `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${is}). The object might have been deleted and then recreated`,
      )
    if (options.uid !== undefined && options.uid !== uid) throw missed('UID', options.uid, uid)
    if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion)
      throw missed('ResourceVersion', options.resourceVersion, resourceVersion)
    if (options.dryRun) return { object: clone(live), gone: true }

    const finalizers = deletionFinalizers(live, options)
    const graceSeconds = gracePeriod(live, options)
    if (finalizers.length === 0 && graceSeconds === 0 && !isOccupied(live))
      return { object: clone(this.revisions.remove(kind, live)), gone: true }
    if (live.metadata.deletionTimestamp !== undefined && isDeepStrictEqual(finalizers, live.metadata.finalizers ?? []))
      return { object: clone(live), gone: false }
    const object = terminating(live, this.now(), finalizers, graceSeconds)
    return { object: clone(this.revisions.put(kind, object)), gone: false }
  }

  /**
   * Ends what a deleted object still waited for besides its finalizers: a pod's grace period, a namespace's contents.
   * For the controllers that see to these.
   */
  finish(object: KubeObject): void {
    const kind = this.#kindOf(object)
    const live = this.revisions.get(kind, object.metadata.namespace, object.metadata.name)
    if (live?.metadata.uid !== object.metadata.uid) return
    if ((live.metadata.finalizers ?? []).length === 0) {
      this.revisions.remove(kind, live)
      return
    }
    // Once only: each revision makes whoever watches look again.
    const free = released(live)
    if (!isDeepStrictEqual(free, live)) this.revisions.put(kind, free)
  }

  /** The object as one version of its kind shows it. */
  present(kind: Kind, object: KubeObject, version: string): KubeObject {
    return { ...object, apiVersion: apiVersionOf(kind.group, version) }
  }

  #kindOf(input: ObjectInput): Kind {
    const kind = this.kinds.byApiVersion(input.apiVersion, input.kind)
    if (kind === undefined)
      throw new StatusError(404, 'NotFound', `no matches for kind "${input.kind}" in version "${input.apiVersion}"`)
    return kind
  }

  /** @param owners the applier and what it owns; without them, the endpoint's writer owns what it wrote */
  #insert(kind: Kind, endpoint: Endpoint, input: ObjectInput, owners?: Owner[]): KubeObject {
    const metadata = newMetadata(kind, input.metadata, this.now())
    this.#checkNamespace(kind, metadata)
    const object: KubeObject = { ...input, metadata }
    if (hasStatus(endpoint.version)) delete object.status
    const complete = completed(kind, endpoint.version, object, undefined)
    if (this.revisions.get(kind, metadata.namespace, metadata.name) !== undefined)
      throw alreadyExists(kind, metadata.name)
    const after = owners ?? ownersOfWrite(endpoint, undefined, complete, [], this.now())
    complete.metadata.managedFields = writeOwners(after)
    // Only now: what the server chooses is nobody's.
    if (!kind.custom) this.#allocator.allocate(complete)
    return clone(endpoint.dryRun ? complete : this.revisions.put(kind, complete))
  }

  /** Puts `next` in the place of `live`, as far as the endpoint may change it. */
  #change(kind: Kind, endpoint: Endpoint, live: KubeObject, next: ObjectInput, owners?: Owner[]): KubeObject {
    checkPreconditions(kind, live, next.metadata)
    const complete = completed(kind, endpoint.version, seenThrough(endpoint, live, next), live)
    countGeneration(kind, endpoint.version, live, complete)
    const { managedFields } = next.metadata
    const isReset = managedFields !== undefined && !isDeepStrictEqual(managedFields, live.metadata.managedFields)
    const known = readOwners(isReset ? managedFields : live.metadata.managedFields)
    const after = owners ?? ownersOfWrite(endpoint, live, complete, known, this.now())
    complete.metadata.managedFields = writeOwners(after)
    if (!kind.custom) this.#allocator.allocate(complete)
    if (sameContent(live, complete)) return clone(live)
    if (endpoint.dryRun) return clone(complete)
    return clone(isDone(live, complete) ? this.revisions.remove(kind, complete) : this.revisions.put(kind, complete))
  }

  #checkNamespace(kind: Kind, metadata: ObjectMeta): void {
    if (!kind.namespaced) {
      delete metadata.namespace
      return
    }
    const { namespace, name } = metadata
    if (!namespace) throw badRequest('an empty namespace may not be set during creation')
    const owner = this.kind('Namespace')
    const home = this.revisions.get(owner, undefined, namespace)
    if (home === undefined) throw notFound(owner, namespace)
    if (home.metadata.deletionTimestamp !== undefined)
      throw forbidden(
        kind,
        name,
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      )
  }
}

const staleReason = 'the object has been modified; please apply your changes to the latest version and try again'

/** @throws StatusError 409, 400 where the client means another object, or another state of it */
function checkPreconditions(kind: Kind, { metadata: live }: KubeObject, sent: Partial<ObjectMeta>): void {
  const { name } = live
  if (sent.resourceVersion && sent.resourceVersion !== live.resourceVersion) throw conflict(kind, name, staleReason)
  if (sent.uid && sent.uid !== live.uid)
    throw conflict(kind, name, `Precondition failed: UID in precondition: ${sent.uid}, UID in object meta: ${live.uid}`)
  if (sent.name !== name || (sent.namespace ?? live.namespace) !== live.namespace)
    throw badRequest(`the name of the object (${sent.name}) does not match the name on the URL (${name})`)
}

/** A deleted object whose last finalizer this change took away. */
const isDone = (live: KubeObject, next: KubeObject) =>
  live.metadata.deletionTimestamp !== undefined &&
  (next.metadata.finalizers ?? []).length === 0 &&
  gracePeriod(live) === 0 &&
  !isOccupied(next)
