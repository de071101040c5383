import { any, type Shape, type StructShape } from '../fields/shape.ts'
import { clone, type Fields, fieldsOf, isFields, listOf } from '../objects.ts'
import { type Cause, invalidValue, notSupported, required } from '../status-error.ts'

/** A structural schema: `openAPIV3Schema` of a CRD, as far as objects are held to it. */
export interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly nullable?: boolean
  readonly pattern?: string
  readonly format?: string
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly not?: Schema
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: 'granular' | 'atomic'
}

const scalarTypes = new Set(['string', 'integer', 'number', 'boolean'] as const)
type ScalarName = 'string' | 'integer' | 'number' | 'boolean'
const isScalarType = (type: string | undefined): type is ScalarName => scalarTypes.has(type as ScalarName)

/** The shape by which objects of a CRD are merged; `metadata` has that of every object. */
export function customShape(schema: Schema | undefined, metadata: Shape): Shape {
  const text: Shape = { form: 'scalar', type: 'string' }
  const root = schema === undefined ? undefined : schemaShape(schema)
  const own: StructShape | undefined = root?.form === 'struct' ? root : undefined
  return {
    form: 'struct',
    atomic: false,
    open: own === undefined || own.open,
    fields: { ...own?.fields, apiVersion: text, kind: text, metadata },
  }
}

function schemaShape(schema: Schema): Shape {
  if (schema['x-kubernetes-int-or-string']) return { form: 'scalar', type: 'int-or-string' }
  if (isScalarType(schema.type))
    return { form: 'scalar', type: schema.type, ...(schema.default === undefined ? {} : { default: schema.default }) }
  if (schema.type === 'array') {
    const items = schema.items ? schemaShape(schema.items) : any
    const listType = schema['x-kubernetes-list-type']
    if (listType === 'map') return { form: 'list', items, identity: schema['x-kubernetes-list-map-keys'] ?? [] }
    return { form: 'list', items, identity: listType === 'set' ? 'value' : 'atomic' }
  }
  const atomic = schema['x-kubernetes-map-type'] === 'atomic'
  if (isFields(schema.additionalProperties))
    return { form: 'map', values: schemaShape(schema.additionalProperties), atomic }
  if (schema.type !== 'object') return any
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true
  if (schema.properties === undefined && open) return atomic ? { form: 'map', values: any, atomic } : any
  return {
    form: 'struct',
    atomic,
    open,
    fields: Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([name, field]) => [name, schemaShape(field)]),
    ),
  }
}

/** A copy without the fields that the schema doesn't know. `apiVersion`, `kind` and `metadata` of the root are kept. */
export function prune(schema: Schema, value: unknown, root = true): unknown {
  if (Array.isArray(value)) return schema.items ? value.map(item => prune(schema.items ?? {}, item, false)) : value
  if (!isFields(value)) return value
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true
  const embedded = root || schema['x-kubernetes-embedded-resource'] === true
  const kept: Fields = {}
  for (const [name, field] of Object.entries(value)) {
    const known =
      schema.properties?.[name] ?? (isFields(schema.additionalProperties) ? schema.additionalProperties : undefined)
    if (embedded && ['apiVersion', 'kind', 'metadata'].includes(name)) kept[name] = field
    else if (known !== undefined) kept[name] = prune(known, field, false)
    else if (keepsUnknown) kept[name] = field
  }
  return kept
}

/** Fills in the schema's defaults, in place. */
export function fillDefaults(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) if (schema.items) fillDefaults(schema.items, item)
    return
  }
  if (!isFields(value)) return
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const missing = value[name] === undefined || (value[name] === null && field.nullable !== true)
    if (missing && field.default !== undefined) value[name] = clone(field.default)
    else if (value[name] === null && field.nullable !== true) delete value[name]
    fillDefaults(field, value[name])
  }
  if (!isFields(schema.additionalProperties)) return
  for (const [name, field] of Object.entries(value))
    if (schema.properties?.[name] === undefined) fillDefaults(schema.additionalProperties, field)
}

/** What the value breaks of the schema. */
export function violations(schema: Schema, value: unknown, field = ''): Cause[] {
  if (value === null && schema.nullable === true) return []
  const typed = typeViolation(schema, value, field)
  if (typed !== undefined) return [typed]
  return [
    ...valueViolations(schema, value, field),
    ...partViolations(schema, value, field),
    ...combinedViolations(schema, value, field),
  ]
}

const typeOf = (value: unknown): string => {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function typeViolation(schema: Schema, value: unknown, field: string): Cause | undefined {
  const actual = typeOf(value)
  if (schema['x-kubernetes-int-or-string']) {
    if (actual === 'integer' || actual === 'string') return undefined
    return typeInvalid(field, value, 'integer,string', actual)
  }
  if (schema.type === undefined || schema.type === actual) return undefined
  if (schema.type === 'number' && actual === 'integer') return undefined
  return typeInvalid(field, value, schema.type, actual)
}

const typeInvalid = (field: string, value: unknown, wanted: string, actual: string): Cause => ({
  reason: 'FieldValueTypeInvalid',
  message: `Invalid value: ${JSON.stringify(typeof value === 'object' && value !== null ? actual : (value ?? null))}: ${field} in body must be of type ${wanted}: ${JSON.stringify(actual)}`,
  field,
})

function valueViolations(schema: Schema, value: unknown, field: string): Cause[] {
  const found: Cause[] = []
  const refuse = (broken: boolean, why: string) => {
    if (broken) found.push(invalidValue(field, value, `${field} in body ${why}`))
  }
  if (schema.enum !== undefined && !schema.enum.some(allowed => JSON.stringify(allowed) === JSON.stringify(value)))
    found.push(notSupported(field, value, schema.enum))
  if (typeof value === 'string') {
    if (schema.pattern !== undefined)
      refuse(!new RegExp(schema.pattern).test(value), `should match '${schema.pattern}'`)
    if (schema.minLength !== undefined)
      refuse(value.length < schema.minLength, `should be at least ${schema.minLength} chars long`)
    if (schema.maxLength !== undefined)
      refuse(value.length > schema.maxLength, `should be at most ${schema.maxLength} chars long`)
  }
  if (typeof value === 'number') {
    const { minimum, maximum, multipleOf } = schema
    if (minimum !== undefined)
      refuse(
        schema.exclusiveMinimum ? value <= minimum : value < minimum,
        `should be greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${minimum}`,
      )
    if (maximum !== undefined)
      refuse(
        schema.exclusiveMaximum ? value >= maximum : value > maximum,
        `should be less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${maximum}`,
      )
    if (multipleOf !== undefined) refuse(value % multipleOf !== 0, `should be a multiple of ${multipleOf}`)
  }
  if (Array.isArray(value)) {
    if (schema.minItems !== undefined && value.length < schema.minItems)
      found.push(invalidValue(field, value.length, `${field} in body should have at least ${schema.minItems} items`))
    if (schema.maxItems !== undefined && value.length > schema.maxItems)
      found.push({
        reason: 'FieldValueTooMany',
        message: `Too many: ${value.length}: must have at most ${schema.maxItems} items`,
        field,
      })
  }
  if (isFields(value)) {
    const size = Object.keys(value).length
    if (schema.minProperties !== undefined)
      refuse(size < schema.minProperties, `should have at least ${schema.minProperties} properties`)
    if (schema.maxProperties !== undefined)
      refuse(size > schema.maxProperties, `should have at most ${schema.maxProperties} properties`)
  }
  return found
}

function partViolations(schema: Schema, value: unknown, field: string): Cause[] {
  if (Array.isArray(value)) {
    const below = value.flatMap((item, position) =>
      schema.items ? violations(schema.items, item, `${field}[${position}]`) : [],
    )
    return [...duplicates(schema, value, field), ...below]
  }
  if (!isFields(value)) return []
  const at = (name: string) => (field === '' ? name : `${field}.${name}`)
  const missing = (schema.required ?? []).filter(name => value[name] === undefined).map(name => required(at(name)))
  const below = Object.entries(value).flatMap(([name, part]) => {
    const known = schema.properties?.[name]
    if (known !== undefined) return violations(known, part, at(name))
    if (isFields(schema.additionalProperties)) return violations(schema.additionalProperties, part, at(name))
    return []
  })
  return [...missing, ...below]
}

function duplicates(schema: Schema, items: unknown[], field: string): Cause[] {
  const listType = schema['x-kubernetes-list-type']
  if (listType !== 'map' && listType !== 'set') return []
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const seen = new Set<string>()
  return items.flatMap((item, position) => {
    const identity = listType === 'set' ? item : Object.fromEntries(keys.map(key => [key, fieldsOf(item)[key]]))
    const text = JSON.stringify(identity)
    const repeated = seen.has(text)
    seen.add(text)
    const cause = {
      reason: 'FieldValueDuplicate',
      message: `Duplicate value: ${text}`,
      field: `${field}[${position}]`,
    }
    return repeated ? [cause] : []
  })
}

function combinedViolations(schema: Schema, value: unknown, field: string): Cause[] {
  const holds = (part: Schema) => violations(part, value, field).length === 0
  const refuse = (why: string) => [invalidValue(field, typeOf(value), why)]
  const where = field === '' ? '""' : `"${field}"`
  if (schema.oneOf && schema.oneOf.filter(holds).length !== 1)
    return refuse(
      `${where} must validate one and only one schema (oneOf). Found ${schema.oneOf.some(holds) ? 'more than one' : 'none'} valid`,
    )
  if (schema.anyOf && !schema.anyOf.some(holds)) return refuse(`${where} must validate at least one schema (anyOf)`)
  if (schema.not && holds(schema.not)) return refuse(`${where} must not validate the schema (not)`)
  return listOf(schema.allOf).flatMap(part => violations(fieldsOf(part), value, field))
}
