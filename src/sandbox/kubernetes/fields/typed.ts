import { isDeepStrictEqual } from 'node:util'
import { type Fields, isFields } from '../objects.ts'
import { FieldSet } from './field-set.ts'
import {
  any,
  declares,
  fieldShape,
  isLeaf,
  type ListShape,
  type MapShape,
  type Shape,
  type StructShape,
  shapeFor,
} from './shape.ts'

/** A list item that has no identity among its siblings, or shares it with another. */
export class TypedValueError extends Error {
  override readonly name = 'TypedValueError'
}

const isEmpty = (value: unknown) =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) ? value.length === 0 : isFields(value) && Object.keys(value).length === 0)

/** The element of a path that leads to this item of a list with an identity. */
export function itemElement(shape: ListShape, item: unknown, where = ''): string {
  if (shape.identity === 'value') {
    if (item === null || typeof item === 'object')
      throw new TypedValueError(`${where}: associative list without keys has an element that is not a scalar`)
    return `v:${JSON.stringify(item)}`
  }
  if (!isFields(item)) throw new TypedValueError(`${where}: associative list with keys may not have non-map elements`)
  const keys: Fields = {}
  for (const name of [...shape.identity].sort()) {
    const value = item[name] ?? keyDefault(shape.items, name)
    if (value !== undefined) keys[name] = value
  }
  if (Object.keys(keys).length === 0) {
    const names = JSON.stringify([...shape.identity]).replaceAll(',', ' ')
    throw new TypedValueError(
      `${where}: associative list with keys has an element that omits all key fields ${names} (and doesn't have default values for any key fields)`,
    )
  }
  return `k:${JSON.stringify(keys)}`
}

function keyDefault(items: Shape, name: string): unknown {
  if (items.form !== 'struct') return undefined
  const shape = items.fields[name]
  return shape?.form === 'scalar' ? shape.default : undefined
}

/** Each field or item of a value that is no leaf, with its path element and shape. */
function* parts(
  shape: Shape,
  value: unknown,
): Generator<{ element: string; shape: Shape; value: unknown; named: boolean }> {
  if (isFields(value) && (shape.form === 'struct' || shape.form === 'map')) {
    for (const [name, field] of Object.entries(value))
      yield { element: `f:${name}`, shape: fieldShape(shape, name), value: field, named: declares(shape, name) }
  } else if (Array.isArray(value) && shape.form === 'list') {
    for (const item of value) yield { element: itemElement(shape, item), shape: shape.items, value: item, named: false }
  }
}

/** The paths of all that a value says: its leaves, and the items and free-named fields that hold them. */
export function fieldSet(declared: Shape, value: unknown): FieldSet {
  const shape = shapeFor(declared, value)
  if (isLeaf(shape)) return new FieldSet(true)
  const children = new Map<string, FieldSet>()
  for (const part of parts(shape, value)) {
    const below = fieldSet(part.shape, part.value)
    const holds = !part.named || part.value === null || (isFields(part.value) && isEmpty(part.value))
    const child = holds && !below.member ? new FieldSet(true, below.children) : below
    if (!child.isEmpty) children.set(part.element, child)
  }
  return new FieldSet(false, children)
}

export interface Comparison {
  readonly added: FieldSet
  readonly removed: FieldSet
  readonly modified: FieldSet
}

/** Where two versions of an object differ. */
export function compare(shape: Shape, before: unknown, after: unknown): Comparison {
  const found = { added: [] as string[][], removed: [] as string[][], modified: [] as string[][] }
  walk(shape, before, after, [])
  return { added: FieldSet.of(found.added), removed: FieldSet.of(found.removed), modified: FieldSet.of(found.modified) }

  function walk(declared: Shape, left: unknown, right: unknown, path: string[]): void {
    const shape = shapeFor(declared, right ?? left)
    const sameForm = left == null || right == null || shapeFor(declared, left).form === shape.form
    const bothEmpty = isEmpty(left) && isEmpty(right)
    if (isLeaf(shape) || !sameForm || bothEmpty) {
      if (left === undefined) found.added.push(path)
      else if (right === undefined) found.removed.push(path)
      else if (!isDeepStrictEqual(left, right)) found.modified.push(path)
      return
    }
    const lefts = indexed(shape, left)
    const rights = indexed(shape, right)
    for (const element of new Set([...lefts.keys(), ...rights.keys()])) {
      const one = lefts.get(element)
      const other = rights.get(element)
      walk(one?.shape ?? other?.shape ?? any, one?.value, other?.value, [...path, element])
    }
    if (left === undefined) found.added.push(path)
    else if (right === undefined) found.removed.push(path)
  }
}

function indexed(shape: Shape, value: unknown): Map<string, { shape: Shape; value: unknown }> {
  const index = new Map<string, { shape: Shape; value: unknown }>()
  for (const part of parts(shape, value)) if (!index.has(part.element)) index.set(part.element, part)
  return index
}

/** What stands after `applied` has been laid over `live`: items of lists with an identity come together one by one. */
export function merge(declared: Shape, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live
  const shape = shapeFor(declared, applied)
  if (isLeaf(shape) || live === undefined || live === null || applied === null) return applied
  if (shape.form === 'list' && Array.isArray(applied) && Array.isArray(live)) return mergeLists(shape, live, applied)
  if ((shape.form === 'struct' || shape.form === 'map') && isFields(applied) && isFields(live))
    return mergeFields(shape, live, applied)
  return applied
}

function mergeFields(shape: StructShape | MapShape, live: Fields, applied: Fields): Fields {
  const merged: Fields = { ...live }
  for (const [name, value] of Object.entries(applied)) merged[name] = merge(fieldShape(shape, name), live[name], value)
  return merged
}

/**
 * The applied order rules; items that only the live list has keep their places among those that both have, in so far
 * as these come in the same order.
 */
function mergeLists(shape: ListShape, live: unknown[], applied: unknown[]): unknown[] {
  const liveKeys = live.map(item => itemElement(shape, item))
  const appliedKeys = applied.map(item => itemElement(shape, item))
  const liveByKey = new Map(liveKeys.map((key, position) => [key, live[position]]))
  const isApplied = new Set(appliedKeys)
  const shared = appliedKeys.filter(key => liveByKey.has(key))
  const merged: unknown[] = []
  let at = 0
  appliedKeys.forEach((key, position) => {
    // Up to where this item stands in the live list, or to where the next one that both have does.
    while (at < live.length && liveKeys[at] !== key) {
      const liveKey = liveKeys[at] ?? ''
      if (!isApplied.has(liveKey)) merged.push(live[at])
      else if (shared.length === 0 || liveKey === shared[0]) break
      at += 1
    }
    if (liveKeys[at] === key) at += 1
    if (shared[0] === key) shared.shift()
    merged.push(merge(shape.items, liveByKey.get(key), applied[position]))
  })
  return [...merged, ...live.slice(at).filter((_, position) => !isApplied.has(liveKeys[at + position] ?? ''))]
}

/** @throws TypedValueError two items of one identity, anywhere in what is applied */
export function rejectDuplicates(declared: Shape, value: unknown, where = ''): void {
  const shape = shapeFor(declared, value)
  if (isLeaf(shape)) return
  if (shape.form === 'list' && Array.isArray(value)) {
    const seen = new Set<string>()
    value.forEach((item, position) => {
      const element = itemElement(shape, item, `${where}: element ${position}`)
      if (seen.has(element)) throw new TypedValueError(`${where}: duplicate entries for key ${printKey(element)}`)
      seen.add(element)
      rejectDuplicates(shape.items, item, `${where}${printKey(element)}`)
    })
  } else if (isFields(value) && (shape.form === 'struct' || shape.form === 'map')) {
    for (const [name, field] of Object.entries(value))
      rejectDuplicates(fieldShape(shape, name), field, `${where}.${name}`)
  }
}

function printKey(element: string): string {
  if (element.startsWith('v:')) return `[=${element.slice(2)}]`
  const keys: Fields = JSON.parse(element.slice(2))
  return `[${Object.entries(keys).map(([name, value]) => `${name}=${JSON.stringify(value)}`)}]`
}

/** The value without what stands at the paths of the set; null where nothing is left. Nothing is taken out of a leaf. */
export function removeFields(declared: Shape, value: unknown, set: FieldSet): unknown {
  const shape = shapeFor(declared, value)
  if (isLeaf(shape) || set.children.size === 0) return value
  if (shape.form === 'list' && Array.isArray(value)) {
    const items: unknown[] = []
    for (const part of parts(shape, value)) {
      const below = set.at(part.element)
      if (!below.member) items.push(removeFields(part.shape, part.value, below))
    }
    return items.length > 0 ? items : null
  }
  if (!isFields(value)) return value
  const fields: Fields = {}
  for (const part of parts(shape, value)) {
    const below = set.at(part.element)
    if (below.member) continue
    fields[part.element.slice(2)] = removeFields(part.shape, part.value, below)
  }
  return Object.keys(fields).length > 0 ? fields : null
}

/** The set with each declared field in it that leads to one of its paths. */
export function withNamedFields(declared: Shape, set: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [element, child] of set.children) {
    const isField = element.startsWith('f:')
    const name = element.slice(2)
    const below =
      declared.form === 'list'
        ? declared.items
        : declared.form === 'struct' || declared.form === 'map'
          ? fieldShape(declared, name)
          : any
    const named = withNamedFields(below, child)
    children.set(element, isField && declares(declared, name) ? new FieldSet(true, named.children) : named)
  }
  return new FieldSet(set.member, children)
}
