import { parse } from 'yaml'
import {
  apiVersionOf,
  clone,
  type Fields,
  fieldsOf,
  groupVersion,
  isFields,
  type KubeObject,
  type ObjectInput,
  valueAt,
} from '../objects.ts'
import {
  badRequest,
  type Cause,
  forbiddenValue,
  invalid,
  notAllowed,
  notSupported,
  required,
  StatusError,
} from '../status-error.ts'
import type { DeleteOptions } from '../store/deletion.ts'
import type { WriteOptions } from '../store/endpoint.ts'
import type { PatchType } from '../store/merging.ts'
import type { ObjectStore } from '../store/store.ts'
import { decodeProtobuf, protobufType } from './protobuf.ts'
import { created, isTrue, ok, type Reply, type ResourceRequest, wantedForm } from './request.ts'
import { tableOf } from './table.ts'
import { watch } from './watch.ts'

/** What a verb is called where permissions are asked about. */
export function verbOf({
  method,
  name,
  query,
  subresource,
}: Pick<ResourceRequest, 'method' | 'name' | 'query' | 'subresource'>): string {
  if (method === 'POST') return 'create'
  if (method === 'PUT') return 'update'
  if (method === 'PATCH') return 'patch'
  if (method === 'DELETE') return name === undefined ? 'deletecollection' : 'delete'
  if (subresource === 'exec') return 'create'
  if (isTrue(query.get('watch'))) return 'watch'
  return name === undefined ? 'list' : 'get'
}

type Handler = (request: ResourceRequest, store: ObjectStore) => Reply

const handlers: Readonly<Record<string, Handler>> = {
  get: getObject,
  list: listObjects,
  watch: watchObjects,
  create: createObject,
  update: updateObject,
  patch: patchObject,
  delete: deleteObject,
  deletecollection: deleteCollection,
}

/**
 * Reads and writes of objects.
 *
 * @throws StatusError
 */
export function handleResource(request: ResourceRequest, store: ObjectStore): Reply {
  const handler = handlers[verbOf(request)]
  const collectionOnly = request.method === 'POST' && request.name !== undefined
  const objectOnly = ['PUT', 'PATCH'].includes(request.method) && request.name === undefined
  if (handler === undefined || collectionOnly || objectOnly) throw notAllowed()
  return handler(request, store)
}

/** The objects that a request's path and selectors mean. */
const matcher = (request: ResourceRequest, store: ObjectStore) => {
  const named = request.name === undefined ? '' : `metadata.name=${request.name}`
  const fields = [request.query.get('fieldSelector') ?? '', named].filter(Boolean).join(',')
  return store.matcher(request.kind, {
    ...(request.namespace === undefined ? {} : { namespace: request.namespace }),
    labels: request.query.get('labelSelector') ?? '',
    fields,
  })
}

function getObject(request: ResourceRequest, store: ObjectStore): Reply {
  const object = store.read(request.kind, request.name ?? '', request.namespace)
  return ok(shown(request, store, object))
}

/** One object in the form that the client asked for. */
function shown(request: ResourceRequest, store: ObjectStore, object: KubeObject): Fields {
  const presented = store.present(request.kind, object, request.version.name)
  const form = wantedForm(request.headers)
  if (form === 'Table') return tableOf(request, [presented], object.metadata.resourceVersion, store.now())
  if (form === 'PartialObjectMetadata')
    return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
  const { resourceVersion, ...metadata } = presented.metadata
  return resourceVersion === '' ? { ...presented, metadata } : presented
}

interface Continuation {
  readonly revision: number
  readonly after: string
}

function listObjects(request: ResourceRequest, store: ObjectStore): Reply {
  const { query, kind, version } = request
  const limit = Number(query.get('limit') ?? 0)
  const from = query.get('continue') ? continuation(query.get('continue') ?? '') : undefined
  const exact = query.get('resourceVersionMatch') === 'Exact' ? Number(query.get('resourceVersion')) : undefined
  const revision = from?.revision ?? exact ?? store.revisions.revision
  const keyOf = (object: KubeObject) => `${object.metadata.namespace ?? ''}/${object.metadata.name}`
  const all = store.revisions.allAt(kind, revision).filter(matcher(request, store))
  const rest = from === undefined ? all : all.filter(object => keyOf(object) > from.after)
  const page = limit > 0 ? rest.slice(0, limit) : rest
  const last = page.at(-1)
  const metadata: Fields = { ...(kind.custom ? { continue: '' } : {}), resourceVersion: String(revision) }
  if (last !== undefined && rest.length > page.length) {
    metadata.continue = Buffer.from(JSON.stringify({ revision, after: keyOf(last) })).toString('base64url')
    metadata.remainingItemCount = rest.length - page.length
  }
  const objects = page.map(object => store.present(kind, clone(object), version.name))
  const form = wantedForm(request.headers)
  if (form === 'Table') return ok({ ...tableOf(request, objects, String(revision), store.now()), metadata })
  if (form === 'PartialObjectMetadata') {
    const items = objects.map(object => ({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: object.metadata,
    }))
    return ok({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items })
  }
  // Items of built-in lists don't repeat their kind; those of CRDs do.
  const items = kind.custom ? objects : objects.map(({ kind: _, apiVersion: __, ...object }) => object)
  return ok({ kind: kind.listKind, apiVersion: requestedApiVersion(request), metadata, items })
}

function continuation(token: string): Continuation {
  try {
    const { revision, after } = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (typeof revision === 'number' && typeof after === 'string') return { revision, after }
  } catch {
    // Told below.
  }
  throw badRequest('continue key is not valid: illegal base64 data or unexpected content')
}

function watchObjects(request: ResourceRequest, store: ObjectStore): Reply {
  let columnsSent = false
  return watch(request, store, matcher(request, store), object => {
    const view = shown(request, store, object)
    if (view.kind !== 'Table') return view
    // Only the first table of a watch names the columns.
    const table = columnsSent ? { ...view, columnDefinitions: null } : view
    columnsSent = true
    return table
  })
}

function writeOptions(request: ResourceRequest): WriteOptions {
  const { query, headers } = request
  const agent = String(headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown'
  const dryRun = query.getAll('dryRun')
  if (dryRun.some(value => value !== 'All')) throw invalidOptions(request, notSupported('dryRun', dryRun, ['All']))
  const validation = query.get('fieldValidation') || 'Warn'
  if (!isValidation(validation))
    throw invalidOptions(request, notSupported('fieldValidation', validation, ['', ...validations]))
  return {
    manager: query.get('fieldManager') ?? agent.slice(0, 128),
    dryRun: dryRun.length > 0,
    fieldValidation: validation,
    warn: message => request.warnings.push(message),
    version: request.version.name,
    ...(request.subresource === undefined ? {} : { subresource: request.subresource }),
  }
}

const validations = ['Ignore', 'Strict', 'Warn'] as const
const isValidation = (text: string): text is (typeof validations)[number] => validations.some(one => one === text)

const optionKinds: Readonly<Record<string, string>> = { POST: 'CreateOptions', PUT: 'UpdateOptions' }

const invalidOptions = ({ method }: ResourceRequest, cause: Cause): StatusError =>
  invalid({ group: 'meta.k8s.io', kind: optionKinds[method] ?? 'PatchOptions' }, '', [cause])

/** The object in a body, with the path's namespace and name where it has none. */
function bodyObject(request: ResourceRequest, body: unknown): ObjectInput {
  const { kind, version, namespace, name } = request
  if (!isFields(body)) throw badRequest('the body of the request is not an object')
  const wanted = requestedApiVersion(request)
  const apiVersion = body.apiVersion ?? wanted
  const kindName = body.kind ?? kind.kind
  if (kindName !== kind.kind || apiVersion !== wanted) {
    if (groupVersion(String(apiVersion)).group === kind.group && kindName === kind.kind)
      throw badRequest(
        `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`,
      )
    throw badRequest(
      `${kindName} in version "${groupVersion(String(apiVersion)).version}" cannot be handled as a ${kind.kind}: no kind "${kindName}" is registered for version "${version.name}"`,
    )
  }
  const metadata = fieldsOf(body.metadata)
  if (
    namespace !== undefined &&
    metadata.namespace !== undefined &&
    metadata.namespace !== '' &&
    metadata.namespace !== namespace
  )
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
  if (name !== undefined && metadata.name !== undefined && metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  return {
    ...body,
    apiVersion: wanted,
    kind: kind.kind,
    metadata: {
      ...metadata,
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    },
  }
}

const requestedApiVersion = ({ kind, version }: ResourceRequest) => apiVersionOf(kind.group, version.name)

function createObject(request: ResourceRequest, store: ObjectStore): Reply {
  return created(shown(request, store, store.create(bodyObject(request, request.body), writeOptions(request))))
}

function updateObject(request: ResourceRequest, store: ObjectStore): Reply {
  if (request.subresource === 'finalize') return finalize(request, store)
  return ok(shown(request, store, store.replace(bodyObject(request, request.body), writeOptions(request))))
}

/** What `kubectl replace --raw …/finalize` does to a namespace that hangs. */
function finalize(request: ResourceRequest, store: ObjectStore): Reply {
  const object = store.read(request.kind, request.name ?? '')
  if (object.metadata.deletionTimestamp !== undefined) store.finish(object)
  return ok(object)
}

const patchTypes: Readonly<Record<string, PatchType | 'apply'>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

function patchObject(request: ResourceRequest, store: ObjectStore): Reply {
  const contentType = String(request.headers['content-type'] ?? '').split(';')[0] ?? ''
  const type = patchTypes[contentType]
  if (type === undefined) throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  const name = request.name ?? ''
  const options = writeOptions(request)
  if (type === 'apply') return applyObject(request, store, options)
  if (request.query.get('force') !== null)
    throw invalidOptions(request, forbiddenValue('force', 'may not be specified for non-apply patch'))
  const patched = store.patch(request.kind, name, request.namespace, request.body, { ...options, type })
  return ok(shown(request, store, patched))
}

function applyObject(request: ResourceRequest, store: ObjectStore, options: WriteOptions): Reply {
  if (!request.query.get('fieldManager'))
    throw invalidOptions(request, required('fieldManager', 'is required for apply patch'))
  const { apiVersion, kind } = fieldsOf(request.body)
  if (apiVersion === undefined || kind === undefined)
    throw badRequest(`invalid object type: ${apiVersion ?? '/'}, Kind=${kind ?? ''}`)
  const isNew = store.get(request.kind, request.name ?? '', request.namespace) === undefined
  const force = isTrue(request.query.get('force'))
  const view = shown(request, store, store.apply(bodyObject(request, request.body), { ...options, force }))
  return isNew ? created(view) : ok(view)
}

function deleteOptions({ body, query }: ResourceRequest): DeleteOptions {
  const options = fieldsOf(body)
  const propagation = options.propagationPolicy ?? query.get('propagationPolicy')
  const grace = options.gracePeriodSeconds ?? query.get('gracePeriodSeconds')
  const uid = valueAt(options, 'preconditions', 'uid')
  const resourceVersion = valueAt(options, 'preconditions', 'resourceVersion')
  const orphan = options.orphanDependents ?? query.get('orphanDependents')
  return {
    dryRun: [options.dryRun, query.getAll('dryRun')].flat().includes('All'),
    ...(propagation === 'Foreground' || propagation === 'Orphan' || propagation === 'Background'
      ? { propagation }
      : {}),
    ...(String(orphan) === 'true' ? { propagation: 'Orphan' } : {}),
    ...(grace === null || grace === undefined ? {} : { graceSeconds: Number(grace) }),
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  }
}

function deleteObject(request: ResourceRequest, store: ObjectStore): Reply {
  const { kind, name = '', namespace } = request
  const { object, gone } = store.delete(kind, name, namespace, deleteOptions(request))
  // Pods and Services are answered as objects, gone or not, as is what stays for a while.
  if (!gone || ['Pod', 'Service'].includes(kind.kind)) return ok(store.present(kind, object, request.version.name))
  return ok({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural, uid: object.metadata.uid },
  })
}

function deleteCollection(request: ResourceRequest, store: ObjectStore): Reply {
  const matches = matcher(request, store)
  const options = deleteOptions(request)
  for (const object of store.revisions.all(request.kind).filter(matches))
    store.delete(request.kind, object.metadata.name, object.metadata.namespace, options)
  return ok({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { kind: request.kind.plural },
  })
}

/**
 * Reads a body by its content type.
 *
 * @throws StatusError 400, 415
 */
export function parseBody(body: Buffer, contentType: string): unknown {
  if (body.length === 0) return undefined
  const type = contentType.split(';')[0]?.trim() ?? ''
  if (type === protobufType) return decodeProtobuf(body)
  try {
    return type.endsWith('yaml') ? parse(body.toString()) : JSON.parse(body.toString())
  } catch (error) {
    throw badRequest(`the object provided is unrecognized: ${error instanceof Error ? error.message : String(error)}`)
  }
}
