import { isFields } from '../objects.ts'

/**
 * What the fields of a kind look like, and how two writers' versions of them come together: the part of a schema that
 * patches, server-side apply and field validation need. Built-in kinds and CRDs both come down to it.
 */
export type Shape = ScalarShape | StructShape | MapShape | ListShape | AnyShape

export type ScalarType = 'string' | 'integer' | 'number' | 'boolean' | 'int-or-string'

export interface ScalarShape {
  readonly form: 'scalar'
  readonly type: ScalarType
  readonly default?: unknown
}

/** Named fields, each with its own shape. */
export interface StructShape {
  readonly form: 'struct'
  /** The name of the schema, such as `V1PodSpec`; CRDs' inner schemas have none. */
  readonly name?: string
  readonly fields: Readonly<Record<string, Shape>>
  /** Owned and replaced as one value. */
  readonly atomic: boolean
  /** Unknown fields are kept (`x-kubernetes-preserve-unknown-fields`). */
  readonly open: boolean
}

/** Any names, one shape. */
export interface MapShape {
  readonly form: 'map'
  readonly values: Shape
  readonly atomic: boolean
}

/** What tells the items of a list apart: nothing (the list is one value), the value itself, or these fields. */
export type Identity = 'atomic' | 'value' | readonly string[]

export interface ListShape {
  readonly form: 'list'
  readonly items: Shape
  readonly identity: Identity
  /** The key by which a strategic merge patch matches items; the empty string merges scalars. Without it lists are replaced. */
  readonly patchKey?: string
}

export interface AnyShape {
  readonly form: 'any'
}

export const any: AnyShape = { form: 'any' }
const openMap: MapShape = { form: 'map', values: any, atomic: false }
const closedList: ListShape = { form: 'list', items: any, identity: 'atomic' }
const leaf: ScalarShape = { form: 'scalar', type: 'string' }

/** The shape to read `value` by: a value without a schema, or one that breaks it, is taken for what it is. */
export function shapeFor(shape: Shape, value: unknown): Shape {
  if (value === undefined || value === null) return shape
  if (isFields(value)) return shape.form === 'struct' || shape.form === 'map' ? shape : openMap
  if (Array.isArray(value)) return shape.form === 'list' ? shape : closedList
  return shape.form === 'scalar' ? shape : leaf
}

/** The shape of the field `name`, where the schema knows it. */
export function fieldShape(shape: StructShape | MapShape, name: string): Shape {
  if (shape.form === 'map') return shape.values
  return declares(shape, name) ? (shape.fields[name] ?? any) : any
}

export const declares = (shape: Shape, name: string): boolean =>
  shape.form === 'struct' && Object.hasOwn(shape.fields, name)

/** Whether it is owned and replaced as one value. */
export function isLeaf(shape: Shape): boolean {
  if (shape.form === 'struct' || shape.form === 'map') return shape.atomic
  if (shape.form === 'list') return shape.identity === 'atomic'
  return true
}
