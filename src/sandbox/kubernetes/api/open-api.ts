import type { Shape } from '../fields/shape.ts'
import { apiVersionOf, type Fields } from '../objects.ts'
import { StatusError } from '../status-error.ts'
import type { Kind, Kinds, KindVersion } from '../store/kinds.ts'
import { type ApiRequest, ok, type Reply } from './request.ts'

/** The API's own description, version 3: what `kubectl` asks before it applies, and what `kubectl explain` prints. */
export class OpenApi {
  readonly #kinds: Kinds

  constructor(kinds: Kinds) {
    this.#kinds = kinds
  }

  answer({ path }: ApiRequest): Reply | undefined {
    // Clients take version 2 as protobuf only; told so, they go on without it.
    if (path === '/openapi/v2')
      throw new StatusError(406, 'NotAcceptable', 'only the following media types are accepted: application/json')
    if (path === '/openapi/v3') return ok({ paths: this.#index() })
    const [, place] = /^\/openapi\/v3\/(.+)$/.exec(path) ?? []
    if (place === undefined) return undefined
    const served = this.#served(place)
    return served.length === 0 ? undefined : ok(documentOf(served))
  }

  #index(): Fields {
    const places = new Set(this.#kinds.all().flatMap(kind => kind.versions.map(version => placeOf(kind, version))))
    return Object.fromEntries([...places].map(place => [place, { serverRelativeURL: `/openapi/v3/${place}` }]))
  }

  #served(place: string): { kind: Kind; version: KindVersion }[] {
    return this.#kinds
      .all()
      .flatMap(kind => kind.versions.map(version => ({ kind, version })))
      .filter(({ kind, version }) => placeOf(kind, version) === place)
  }
}

const placeOf = (kind: Kind, version: KindVersion) =>
  kind.group === '' ? `api/${version.name}` : `apis/${kind.group}/${version.name}`

function documentOf(served: readonly { kind: Kind; version: KindVersion }[]): Fields {
  const schemas: Fields = {}
  const paths: Fields = {}
  for (const { kind, version } of served) {
    const name = `${kind.group || 'core'}.${version.name}.${kind.kind}`
    const identity = [{ group: kind.group, version: version.name, kind: kind.kind }]
    schemas[name] = { ...schemaOf(version.shape, schemas), 'x-kubernetes-group-version-kind': identity }
    const base = `/${placeOf(kind, version)}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}`
    const operation = (action: string) => operationOf(action, name, identity[0] ?? {})
    paths[base] = { get: operation('list'), post: operation('post') }
    paths[`${base}/{name}`] = {
      get: operation('get'),
      put: operation('put'),
      patch: operation('patch'),
      delete: operation('delete'),
    }
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: apiVersionOf('', 'v1') },
    paths,
    components: { schemas },
  }
}

function operationOf(action: string, schema: string, identity: Fields): Fields {
  const writes = action === 'post' || action === 'put' || action === 'patch'
  const parameters = writes ? ['dryRun', 'fieldManager', 'fieldValidation'] : []
  return {
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': identity,
    parameters: parameters.map(name => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } })),
    responses: {
      200: {
        description: 'OK',
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
      },
    },
  }
}

/** Named schemas go to `schemas` and are referred to: they refer to each other in circles. */
function schemaOf(shape: Shape, schemas: Fields): Fields {
  switch (shape.form) {
    case 'any':
      return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    case 'scalar':
      return shape.type === 'int-or-string'
        ? { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] }
        : { type: shape.type }
    case 'map':
      return { type: 'object', additionalProperties: referenceTo(shape.values, schemas) }
    case 'list':
      return {
        type: 'array',
        items: referenceTo(shape.items, schemas),
        ...(shape.identity === 'atomic' ? { 'x-kubernetes-list-type': 'atomic' } : {}),
        ...(shape.identity === 'value' ? { 'x-kubernetes-list-type': 'set' } : {}),
        ...(Array.isArray(shape.identity)
          ? { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': shape.identity }
          : {}),
        ...(shape.patchKey === undefined ? {} : { 'x-kubernetes-patch-strategy': 'merge' }),
        ...(shape.patchKey ? { 'x-kubernetes-patch-merge-key': shape.patchKey } : {}),
      }
    case 'struct':
      return {
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(shape.fields).map(([name, field]) => [name, referenceTo(field, schemas)]),
        ),
        ...(shape.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
        ...(shape.open ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
      }
  }
}

function referenceTo(shape: Shape, schemas: Fields): Fields {
  if (shape.form !== 'struct' || shape.name === undefined) return schemaOf(shape, schemas)
  // `V1PodSpec` as `v1.PodSpec`: kubectl shows what follows the last dot.
  const name = shape.name.replace(/V\d+/, version => `.${version.toLowerCase()}.`).replace(/^\./, '')
  if (!(name in schemas)) {
    // Taken before it is filled, so that a circle ends here.
    schemas[name] = {}
    schemas[name] = schemaOf(shape, schemas)
  }
  return { allOf: [{ $ref: `#/components/schemas/${name}` }], default: {} }
}
