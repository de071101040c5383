import { fieldsOf, isFields, listOf, valueAt } from '../objects.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import { badRequest, notAllowed } from '../status-error.ts'
import type { ObjectStore } from '../store/store.ts'
import type { Authenticator } from './authentication.ts'
import { created, ok, type Reply, type ResourceRequest } from './request.ts'

type Handler = (request: ResourceRequest, store: ObjectStore, authenticator: Authenticator) => Reply

/** Subresources that are objects of another kind than the one they belong to. */
const handlers: Readonly<Record<string, Handler>> = { scale, token, eviction }

export function handleSubresource(
  request: ResourceRequest,
  store: ObjectStore,
  authenticator: Authenticator,
): Reply | undefined {
  const handler = request.subresource === undefined ? undefined : handlers[request.subresource]
  return handler?.(request, store, authenticator)
}

const manager = ({ query, headers }: ResourceRequest) =>
  query.get('fieldManager') ?? String(headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown'

function scale(request: ResourceRequest, store: ObjectStore): Reply {
  const { kind, name = '', namespace, method } = request
  const live = store.read(kind, name, namespace)
  const view = (object: typeof live) => ({
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      namespace,
      uid: object.metadata.uid,
      resourceVersion: object.metadata.resourceVersion,
      creationTimestamp: object.metadata.creationTimestamp,
    },
    spec: { replicas: Number(valueAt(object.spec, 'replicas') ?? 0) },
    status: { replicas: Number(valueAt(object.status, 'replicas') ?? 0), selector: selectorText(object.spec) },
  })
  if (method === 'GET') return ok(view(live))
  if (method !== 'PUT' && method !== 'PATCH') throw notAllowed()
  const wanted = method === 'PUT' ? request.body : mergePatch(view(live), request.body)
  const replicas = valueAt(wanted, 'spec', 'replicas') ?? 0
  if (!Number.isInteger(replicas))
    throw badRequest('Scale in version "v1" cannot be handled as a Scale: spec.replicas is no integer')
  const version = valueAt(wanted, 'metadata', 'resourceVersion')
  const metadata = typeof version === 'string' && version !== '' ? { resourceVersion: version } : {}
  return ok(view(store.patch(kind, name, namespace, { metadata, spec: { replicas } }, { manager: manager(request) })))
}

function selectorText(spec: unknown): string {
  return Object.entries(fieldsOf(valueAt(spec, 'selector', 'matchLabels')))
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

function token(request: ResourceRequest, store: ObjectStore, authenticator: Authenticator): Reply {
  const { name = '', namespace = '' } = request
  const account = store.read('ServiceAccount', name, namespace)
  const spec = fieldsOf(valueAt(request.body, 'spec'))
  const audiences = listOf(spec.audiences).map(String)
  const seconds = Number(spec.expirationSeconds ?? 3600)
  const { token, expires } = authenticator.issue(
    { namespace, name, uid: account.metadata.uid },
    audiences.length > 0 ? audiences : ['https://kubernetes.default.svc'],
    seconds,
  )
  return created({
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: store.now() },
    spec: { ...spec, audiences, expirationSeconds: seconds },
    status: { token, expirationTimestamp: expires.toISOString().replace(/\.\d+Z$/, 'Z') },
  })
}

function eviction(request: ResourceRequest, store: ObjectStore): Reply {
  const { kind, name = '', namespace, body } = request
  const grace = isFields(body) ? valueAt(body, 'deleteOptions', 'gracePeriodSeconds') : undefined
  store.delete(kind, name, namespace, typeof grace === 'number' ? { graceSeconds: grace } : {})
  return created({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}
