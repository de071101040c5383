import type { ScalarType, Shape } from '../fields/shape.ts'
import { clone, type Fields, isFields, type ObjectInput } from '../objects.ts'
import { badRequest, StatusError } from '../status-error.ts'
import { type Kind, type KindVersion, storedApiVersion } from './kinds.ts'

export interface DecodingOptions {
  /** What happens to fields that the schema doesn't know; they are dropped in any case. Default `Ignore`. */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore'
  /** Told of fields that were dropped under `Warn`. */
  readonly warn?: (message: string) => void
}

/**
 * A client's object as the server takes it in: of the right types, without unknown fields, in the stored version.
 *
 * @throws StatusError 400
 */
export function decode(kind: Kind, version: KindVersion, input: ObjectInput, options: DecodingOptions): ObjectInput {
  const unknown = unknownFields(version.shape, input).map(path => `unknown field "${path}"`)
  const what = `${kind.kind} in version "${version.name}" cannot be handled as a ${kind.kind}`
  const refuse = (why: string) => badRequest(`${what}: ${why}`)
  if (unknown.length > 0 && options.fieldValidation === 'Strict')
    throw refuse(`strict decoding error: ${unknown.join(', ')}`)
  if (options.fieldValidation === 'Warn') for (const message of unknown) options.warn?.(message)
  // Custom objects are held to the whole of their schema later.
  const wrong = kind.custom ? undefined : mismatch(version.shape, input)
  if (wrong !== undefined)
    throw refuse(`json: cannot unmarshal ${wrong.actual} into Go struct field ${wrong.field} of type ${wrong.wanted}`)
  return { ...normalised(kind, version, input), apiVersion: storedApiVersion(kind), kind: kind.kind }
}

/**
 * An applied configuration, held to the schema as server-side apply does it.
 *
 * @throws StatusError 500: that is how Kubernetes answers
 */
export function checkConfiguration(kind: Kind, version: KindVersion, config: ObjectInput): void {
  const [path] = unknownFields(version.shape, config)
  if (path !== undefined) throw untypable(kind, config, `.${path}: field not declared in schema`)
  const wrong = mismatch(version.shape, config)
  if (wrong !== undefined)
    throw untypable(kind, config, `${wrong.path}: expected ${wrong.expected}, got ${wrong.actual}`)
}

export function untypable({ kind }: Kind, { apiVersion, metadata }: ObjectInput, why: string): StatusError {
  const group = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
  const name = `${metadata.namespace ?? ''}/${metadata.name}`
  return new StatusError(
    500,
    undefined,
    `failed to create typed patch object (${name}; ${group}, Kind=${kind}): ${why}`,
  )
}

/** The fields that a schema doesn't know, as paths. */
function unknownFields(shape: Shape, value: unknown, path = ''): string[] {
  if (Array.isArray(value) && shape.form === 'list')
    return value.flatMap((item, position) => unknownFields(shape.items, item, `${path}[${position}]`))
  if (!isFields(value)) return []
  const below = (name: string) => (path === '' ? name : `${path}.${name}`)
  return Object.entries(value).flatMap(([name, field]) => {
    if (shape.form === 'map') return unknownFields(shape.values, field, below(name))
    if (shape.form !== 'struct') return []
    const known = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined
    if (known === undefined) return shape.open ? [] : [below(name)]
    return unknownFields(known, field, below(name))
  })
}

/**
 * A copy as the server writes it. Built-in kinds have no unknown fields, and neither nulls nor empty lists and maps:
 * they mean nothing there. Custom objects are pruned by their own schema.
 */
export function normalised(kind: Kind, version: KindVersion, input: ObjectInput): ObjectInput {
  return kind.custom ? clone(input) : (withoutEmpty(version.shape, input) as ObjectInput)
}

function withoutEmpty(shape: Shape, value: unknown): unknown {
  if (Array.isArray(value) && shape.form === 'list') return value.map(item => withoutEmpty(shape.items, item))
  if (!isFields(value) || (shape.form !== 'struct' && shape.form !== 'map'))
    return isQuantity(shape, value) ? String(value) : clone(value)
  const kept: Fields = {}
  for (const [name, field] of Object.entries(value)) {
    const below =
      shape.form === 'map' ? shape.values : Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined
    if (below === undefined || field === null) continue
    const clean = withoutEmpty(below, field)
    if (!isEmptyCollection(below, clean)) kept[name] = clean
  }
  return kept
}

const isEmptyCollection = (shape: Shape, value: unknown) =>
  (shape.form === 'list' && Array.isArray(value) && value.length === 0) ||
  (shape.form === 'map' && isFields(value) && Object.keys(value).length === 0)

/** Amounts of memory and CPU are texts that may be written as numbers. */
const isQuantity = (shape: Shape, value: unknown) =>
  shape.form === 'scalar' && shape.type === 'string' && typeof value === 'number'

interface Mismatch {
  readonly path: string
  /** The path in the words of the decoder, with the type that the field belongs to. */
  readonly field: string
  readonly actual: string
  /** The type of the field, in the words of the decoder and of server-side apply. */
  readonly wanted: string
  readonly expected: string
}

const quantities = /\.(limits|requests|hard|capacity|allocatable)\.[^.]+$/

/** The first field whose value has another type than the schema says. */
function mismatch(shape: Shape, value: unknown, path = '', owner = ''): Mismatch | undefined {
  if (value === undefined || value === null || shape.form === 'any') return undefined
  const { wanted, expected, fits } = typeOf(shape)
  if (!fits(value) && !(isQuantity(shape, value) && quantities.test(path))) {
    const field = [owner.replace(/^[A-Za-z]*V\d+/, ''), path.slice(1)].filter(Boolean).join('.')
    return { path, field, actual: nameOfType(value), wanted, expected }
  }
  if (shape.form === 'list' && Array.isArray(value))
    return firstOf(value, item => mismatch(shape.items, item, path, owner))
  if (!isFields(value)) return undefined
  return firstOf(Object.entries(value), ([name, field]) => {
    if (shape.form === 'map') return mismatch(shape.values, field, `${path}.${name}`, owner)
    const below = shape.form === 'struct' ? shape.fields[name] : undefined
    return below && mismatch(below, field, `${path}.${name}`, shape.form === 'struct' ? (shape.name ?? owner) : owner)
  })
}

interface TypeNames {
  readonly wanted: string
  readonly expected: string
  readonly fits: (value: unknown) => boolean
}

const scalarTypes: Readonly<Record<ScalarType, TypeNames>> = {
  string: { wanted: 'string', expected: 'string', fits: value => typeof value === 'string' },
  integer: { wanted: 'int32', expected: 'numeric (int or float)', fits: Number.isInteger },
  number: { wanted: 'float64', expected: 'numeric (int or float)', fits: value => typeof value === 'number' },
  boolean: { wanted: 'bool', expected: 'boolean', fits: value => typeof value === 'boolean' },
  'int-or-string': {
    wanted: 'intstr.IntOrString',
    expected: 'scalar',
    fits: value => typeof value === 'string' || Number.isInteger(value),
  },
}

function typeOf(shape: Exclude<Shape, { form: 'any' }>): TypeNames {
  if (shape.form === 'scalar') return scalarTypes[shape.type]
  if (shape.form === 'list') return { wanted: '[]', expected: 'list', fits: Array.isArray }
  const name =
    shape.form === 'struct' ? (shape.name ?? 'object').replace(/^[A-Za-z]*V(\d+)/, 'v$1.') : 'map[string]string'
  return { wanted: name, expected: 'map', fits: isFields }
}

function nameOfType(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function firstOf<T, R>(items: Iterable<T>, look: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = look(item)
    if (found !== undefined) return found
  }
  return undefined
}
