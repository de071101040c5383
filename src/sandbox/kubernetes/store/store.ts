import { randomBytes, randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { SandboxClock } from '../../clock.ts'
import { builtInShape } from '../fields/built-in-shapes.ts'
import { FieldSet } from '../fields/field-set.ts'
import {
  ApplyConflict,
  apply,
  type Owner,
  ownersAfterUpdate,
  readOwners,
  type Scope,
  type Writer,
  writeOwners,
} from '../fields/ownership.ts'
import { TypedValueError } from '../fields/typed.ts'
import {
  apiVersionOf,
  clone,
  type Fields,
  groupVersion,
  isFields,
  type KubeObject,
  type ObjectInput,
  type ObjectMeta,
} from '../objects.ts'
import { jsonPatch, PatchError } from '../patch/json-patch.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import { strategicPatch } from '../patch/strategic-patch.ts'
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  invalidValue,
  notFound,
  required,
  StatusError,
} from '../status-error.ts'
import { Allocator, keepAllocated } from './allocation.ts'
import { builtInKinds } from './built-in-kinds.ts'
import { fillDefaults, prune, violations } from './custom-schema.ts'
import { checkConfiguration, type DecodingOptions, decode, normalised, untypable } from './decoding.ts'
import { fillBuiltInDefaults } from './defaults.ts'
import { type DeleteOptions, deletionFinalizers, gracePeriod, isOccupied, released, terminating } from './deletion.ts'
import {
  type Kind,
  Kinds,
  type KindVersion,
  preferredVersion,
  qualified,
  storedApiVersion,
  versionOf,
} from './kinds.ts'
import { type Change, Revisions } from './revisions.ts'
import { fieldSelector, labelSelector } from './selectors.ts'
import { builtInViolations, metadataViolations } from './validation.ts'

/** A kind, or its name: `Pod`, `Gateway.gateway.networking.k8s.io`. */
export type KindReference = Kind | string

export interface WriteOptions extends DecodingOptions {
  /** The field manager; `sandbox` where none is given. */
  readonly manager?: string
  readonly subresource?: string
  readonly dryRun?: boolean
  /** The API version that the client speaks; the stored one where none is given. */
  readonly version?: string
}

export interface ApplyOptions extends WriteOptions {
  readonly force?: boolean
}

export type PatchType = 'json' | 'merge' | 'strategic'

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

const everything: Scope = set => set
const statusOnly = FieldSet.of([['f:status']])
const scopes: Readonly<Record<string, Scope>> = {
  main: set => set.outside(statusOnly),
  status: set => set.below(statusOnly),
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
    const how = this.#how(kind, input.apiVersion, options)
    const { resourceVersion } = input.metadata
    if (resourceVersion)
      throw new StatusError(500, undefined, 'resourceVersion should not be set on objects to be created')
    const next = decode(kind, how.version, input, options)
    return this.#insert(kind, how, next, (object, writer) => [
      ...ownersAfterUpdate(how.version.shape, skeleton(object), object, [], writer, how.scope, this.now()),
    ])
  }

  /**
   * Replaces an object, or its status. Custom ones only from a version that is given.
   *
   * @throws StatusError 409 where `metadata.resourceVersion` is given and not the current one
   */
  replace(input: ObjectInput, options: WriteOptions = {}): KubeObject {
    const kind = this.#kindOf(input)
    const how = this.#how(kind, input.apiVersion, options)
    const { name = '', namespace } = input.metadata
    const live = this.revisions.get(kind, namespace, name)
    if (live === undefined) throw notFound(kind, name)
    if (kind.custom && !input.metadata.resourceVersion)
      throw invalid({ group: kind.group, kind: kind.plural }, name, [
        invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
      ])
    return this.#change(kind, how, live, decode(kind, how.version, input, options))
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
    const how = this.#how(kind, options.version ?? storedApiVersion(kind), options)
    const live = this.revisions.get(kind, namespace, name)
    if (live === undefined) throw notFound(kind, name)
    const type = options.type ?? 'merge'
    if (type === 'strategic' && kind.custom)
      throw new StatusError(
        415,
        'UnsupportedMediaType',
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
      )
    const patched = this.#patched(how.version, presented(kind, live, how.version.name), patch, type)
    return this.#change(kind, how, live, decode(kind, how.version, patched, options))
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
    const how = this.#how(kind, input.apiVersion, options)
    const { name = '', namespace } = input.metadata
    if (input.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil')
    checkConfiguration(kind, how.version, input)
    const config = { ...input, apiVersion: storedApiVersion(kind) }
    const live = this.revisions.get(kind, namespace, name)
    if (live === undefined && options.subresource !== undefined) throw notFound(kind, name)
    const wanted = input.metadata.resourceVersion
    if (wanted !== undefined && wanted !== live?.metadata.resourceVersion)
      throw live === undefined ? notFound(kind, name) : conflict(kind, name, staleReason)
    const merged = this.#merged(kind, how, live, config, options.force === true)
    const next = normalised(kind, how.version, merged.object)
    if (live === undefined) return this.#insert(kind, how, next, () => merged.owners)
    return this.#change(kind, how, live, next, merged.owners)
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
    return presented(kind, object, version)
  }

  #kindOf(input: ObjectInput): Kind {
    const kind = this.kinds.byApiVersion(input.apiVersion, input.kind)
    if (kind === undefined)
      throw new StatusError(404, 'NotFound', `no matches for kind "${input.kind}" in version "${input.apiVersion}"`)
    return kind
  }

  #how(kind: Kind, apiVersion: string, options: WriteOptions): How {
    const version = versionOf(kind, groupVersion(apiVersion).version) ?? preferredVersion(kind)
    const { subresource, manager = 'sandbox' } = options
    const scope = subresource === 'status' ? scopes.status : hasStatus(version) ? scopes.main : everything
    return {
      version,
      scope: scope ?? everything,
      dryRun: options.dryRun === true,
      subresource,
      writer: { manager, apiVersion: apiVersionOf(kind.group, version.name), ...(subresource ? { subresource } : {}) },
    }
  }

  #patched(version: KindVersion, live: KubeObject, patch: unknown, type: PatchType): ObjectInput {
    if (type === 'json' && !Array.isArray(patch))
      throw badRequest(
        'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
      )
    try {
      const document: unknown = clone(live)
      const patched =
        type === 'json'
          ? jsonPatch(document, patch)
          : type === 'merge'
            ? mergePatch(document, patch)
            : strategicPatch(version.shape, document, patch)
      if (!isFields(patched)) throw new PatchError('the patch leaves no object')
      return patched as ObjectInput
    } catch (error) {
      if (!(error instanceof PatchError)) throw error
      throw new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
    }
  }

  #merged(
    kind: Kind,
    how: How,
    live: KubeObject | undefined,
    config: ObjectInput,
    force: boolean,
  ): { object: ObjectInput; owners: Owner[] } {
    const { managedFields, ...metadata } = live?.metadata ?? {}
    const base = live === undefined ? skeleton(config) : { ...live, metadata }
    const writer: Writer = { ...how.writer, operation: 'Apply' }
    try {
      const options = { force, scope: how.scope, now: this.now() }
      const { object, owners } = apply(how.version.shape, base, config, readOwners(managedFields), writer, options)
      return { object: object as ObjectInput, owners }
    } catch (error) {
      if (error instanceof ApplyConflict) throw applyConflict(error)
      if (error instanceof TypedValueError) throw untypable(kind, config, error.message)
      throw error
    }
  }

  #insert(
    kind: Kind,
    how: How,
    input: ObjectInput,
    ownersOf: (object: KubeObject, writer: Writer) => Owner[],
  ): KubeObject {
    const metadata = this.#newMetadata(kind, input.metadata)
    this.#checkNamespace(kind, metadata)
    const object: KubeObject = { ...input, metadata }
    if (hasStatus(how.version)) delete object.status
    const complete = this.#complete(kind, how.version, object, undefined)
    if (this.revisions.get(kind, metadata.namespace, metadata.name) !== undefined)
      throw alreadyExists(kind, metadata.name)
    complete.metadata.managedFields = writeOwners(ownersOf(complete, { ...how.writer, operation: 'Update' }))
    if (!kind.custom) this.#allocator.allocate(complete)
    return clone(how.dryRun ? complete : this.revisions.put(kind, complete))
  }

  /** Puts `next` in the place of `live`, as far as the endpoint may change it. */
  #change(kind: Kind, how: How, live: KubeObject, next: ObjectInput, owners?: Owner[]): KubeObject {
    const { name, namespace } = live.metadata
    const sent = next.metadata
    if (sent.resourceVersion && sent.resourceVersion !== live.metadata.resourceVersion)
      throw conflict(kind, name, staleReason)
    if (sent.uid && sent.uid !== live.metadata.uid)
      throw conflict(
        kind,
        name,
        `Precondition failed: UID in precondition: ${sent.uid}, UID in object meta: ${live.metadata.uid}`,
      )
    if (sent.name !== name || (sent.namespace ?? namespace) !== namespace)
      throw badRequest(`the name of the object (${sent.name}) does not match the name on the URL (${name})`)

    const object = this.#endpointView(how, live, next)
    const complete = this.#complete(kind, how.version, object, live)
    const bare = (one: KubeObject) => ({ ...one, metadata: { ...one.metadata, managedFields: [], generation: 0 } })
    const desired = (one: KubeObject) => ({ ...one, metadata: {}, ...(hasStatus(how.version) ? { status: {} } : {}) })
    if (countsGenerations(kind) && !isDeepStrictEqual(desired(live), desired(complete)))
      complete.metadata.generation = (live.metadata.generation ?? 0) + 1

    const reset =
      sent.managedFields !== undefined && !isDeepStrictEqual(sent.managedFields, live.metadata.managedFields)
    const known = readOwners(reset ? sent.managedFields : live.metadata.managedFields)
    const after =
      owners ??
      ownersAfterUpdate(
        how.version.shape,
        withoutManagers(live),
        withoutManagers(complete),
        known,
        { ...how.writer, operation: 'Update' },
        how.scope,
        this.now(),
      )
    complete.metadata.managedFields = writeOwners(after)
    if (!kind.custom) this.#allocator.allocate(complete)
    if (isDeepStrictEqual(bare(live), bare(complete)) && sameOwners(live, complete)) return clone(live)
    if (how.dryRun) return clone(complete)
    const finished = live.metadata.deletionTimestamp !== undefined && (complete.metadata.finalizers ?? []).length === 0
    if (finished && gracePeriod(live, {}) === 0 && !isOccupied(complete))
      return clone(this.revisions.remove(kind, complete))
    return clone(this.revisions.put(kind, complete))
  }

  /** What of `next` this endpoint may change: the status or everything else, and never what the server alone sets. */
  #endpointView(how: How, live: KubeObject, next: ObjectInput): KubeObject {
    const {
      uid,
      creationTimestamp,
      generation,
      deletionTimestamp,
      deletionGracePeriodSeconds,
      resourceVersion,
      name,
      namespace,
    } = live.metadata
    const metadata: ObjectMeta = {
      ...next.metadata,
      name,
      uid,
      resourceVersion,
      creationTimestamp,
      ...(namespace === undefined ? {} : { namespace }),
      ...(generation === undefined ? {} : { generation }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
    }
    for (const field of ['deletionTimestamp', 'deletionGracePeriodSeconds'] as const)
      if (live.metadata[field] === undefined) delete metadata[field]
    if (how.subresource === 'status')
      return { ...live, metadata: { ...live.metadata }, ...(next.status === undefined ? {} : { status: next.status }) }
    const object: KubeObject = { ...next, metadata }
    if (!hasStatus(how.version)) return object
    delete object.status
    return live.status === undefined ? object : { ...object, status: live.status }
  }

  /** Pruned, with defaults, and valid. */
  #complete(kind: Kind, version: KindVersion, object: KubeObject, live: KubeObject | undefined): KubeObject {
    const { schema } = version
    const complete = clone(schema === undefined ? object : (prune(schema, object) as KubeObject))
    if (kind.custom && schema !== undefined) fillDefaults(schema, complete)
    if (!kind.custom) {
      keepAllocated(complete, live)
      fillBuiltInDefaults(complete)
    }
    const found = [
      ...metadataViolations(kind, complete, live),
      ...(kind.custom ? violations(schema ?? {}, complete) : builtInViolations(complete, live)),
    ]
    if (found.length > 0) throw invalid(kind, complete.metadata.name, found)
    return complete
  }

  #newMetadata(kind: Kind, sent: Partial<ObjectMeta>): ObjectMeta {
    const { managedFields: _, deletionTimestamp: __, deletionGracePeriodSeconds: ___, ...kept } = sent
    const name = sent.name || (sent.generateName ? sent.generateName + randomSuffix() : '')
    if (name === '') throw invalid(kind, '', [required('metadata.name', 'name or generateName is required')])
    return {
      ...kept,
      name,
      uid: randomUUID(),
      resourceVersion: '',
      creationTimestamp: this.now(),
      ...(countsGenerations(kind) ? { generation: 1 } : {}),
    }
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

interface How {
  readonly version: KindVersion
  readonly scope: Scope
  readonly dryRun: boolean
  readonly subresource: string | undefined
  readonly writer: Omit<Writer, 'operation'>
}

const hasStatus = (version: KindVersion) => version.subresources.includes('status')

/** Groups whose objects have no `metadata.generation`; changes of the others' desired state are counted there. */
const uncounted = new Set(['', 'rbac.authorization.k8s.io', 'coordination.k8s.io'])
const countsGenerations = (kind: Kind) => !uncounted.has(kind.group) || qualified(kind) === 'pods'

const staleReason = 'the object has been modified; please apply your changes to the latest version and try again'

const skeleton = ({ apiVersion, kind }: { apiVersion: string; kind: string }) => ({ apiVersion, kind, metadata: {} })

function withoutManagers(object: KubeObject): Fields {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function sameOwners(one: KubeObject, other: KubeObject): boolean {
  const timeless = (object: KubeObject) => (object.metadata.managedFields ?? []).map(({ time: _, ...entry }) => entry)
  return isDeepStrictEqual(timeless(one), timeless(other))
}

function presented(kind: Kind, object: KubeObject, version: string): KubeObject {
  return { ...object, apiVersion: apiVersionOf(kind.group, version) }
}

function applyConflict(error: ApplyConflict): StatusError {
  const causes = error.conflicts.map(one => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${one.owner}`,
    field: one.path,
  }))
  return new StatusError(409, 'Conflict', error.message, { causes })
}

/** Five characters, as Kubernetes appends them to `generateName`. */
export function randomSuffix(): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  return [...randomBytes(5)].map(byte => alphabet[byte % alphabet.length]).join('')
}

/** The shape of every object's metadata. */
export const metadataShape = () => builtInShape('V1ObjectMeta')
