import { isDeepStrictEqual } from 'node:util'
import { fieldShape, type ListShape, type Shape, shapeFor } from '../fields/shape.ts'
import { clone, type Fields, fieldsOf, isFields, listOf } from '../objects.ts'
import { PatchError } from './json-patch.ts'

const deleteFromList = '$deleteFromPrimitiveList/'
const elementOrder = '$setElementOrder/'

/**
 * Kubernetes' own merge patch: lists whose items have a merge key come together item by item, and directives
 * (`$patch`, `$retainKeys`, `$deleteFromPrimitiveList/…`, `$setElementOrder/…`) say the rest.
 *
 * @throws PatchError an item without its merge key, or an unknown directive
 */
export function strategicPatch(shape: Shape, document: unknown, patch: unknown): unknown {
  if (!isFields(patch)) throw new PatchError('a strategic merge patch is an object')
  return patchFields(shape, fieldsOf(document), patch)
}

function patchFields(declared: Shape, document: Fields, patch: Fields): Fields | undefined {
  const directive = patch.$patch
  const plain = (name: string) => !name.startsWith('$')
  if (directive === 'delete') return undefined
  if (directive === 'replace') return clone(Object.fromEntries(Object.entries(patch).filter(([name]) => plain(name))))
  if (directive !== undefined && directive !== 'merge') throw new PatchError(`unknown patch type found: ${directive}`)

  const shape = shapeFor(declared, document)
  const shapeOfField = (name: string): Shape =>
    shape.form === 'struct' || shape.form === 'map' ? fieldShape(shape, name) : { form: 'any' }
  const merged: Fields = { ...document }
  if (Array.isArray(patch.$retainKeys)) {
    for (const name of Object.keys(merged)) if (!patch.$retainKeys.includes(name)) delete merged[name]
  }
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith(deleteFromList)) {
      const list = name.slice(deleteFromList.length)
      if (merged[list] !== undefined) merged[list] = without(listOf(merged[list]), listOf(value))
    } else if (plain(name)) {
      const patched = value === null ? undefined : patchValue(shapeOfField(name), merged[name], value)
      if (patched === undefined) delete merged[name]
      else merged[name] = patched
    }
  }
  for (const [name, order] of Object.entries(patch)) {
    if (!name.startsWith(elementOrder)) continue
    const list = name.slice(elementOrder.length)
    const listShape = shapeOfField(list)
    if (Array.isArray(merged[list]) && listShape.form === 'list')
      merged[list] = inOrder(listShape, merged[list], listOf(order), listOf(patch[list]))
  }
  return merged
}

function patchValue(shape: Shape, live: unknown, patch: unknown): unknown {
  if (isFields(patch)) return patchFields(shape, fieldsOf(live), patch)
  if (Array.isArray(patch)) return patchList(shape, listOf(live), patch)
  return clone(patch)
}

const without = (items: unknown[], removed: unknown[]) =>
  items.filter(item => !removed.some(gone => isDeepStrictEqual(gone, item)))

function patchList(shape: Shape, live: unknown[], patch: unknown[]): unknown[] {
  const directives = patch.filter(item => isFields(item) && item.$patch !== undefined)
  const items = patch.filter(item => !directives.includes(item))
  if (directives.some(item => fieldsOf(item).$patch === 'replace')) return clone(items)
  if (shape.form !== 'list' || shape.patchKey === undefined) return clone(items)
  const key = shape.patchKey
  if (key === '') return [...live, ...without(items, live)]

  const keyOf = (item: unknown) => {
    const value = fieldsOf(item)[key]
    if (value === undefined || value === null)
      throw new PatchError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`)
    return value
  }
  const deleted: unknown[] = directives.filter(item => fieldsOf(item).$patch === 'delete').map(keyOf)
  const merged = live.filter(item => !deleted.includes(fieldsOf(item)[key]))
  for (const item of items) {
    const wanted = keyOf(item)
    const place = merged.findIndex(candidate => fieldsOf(candidate)[key] === wanted)
    if (place < 0) merged.push(patchValue(shape.items, {}, item))
    else merged[place] = patchValue(shape.items, merged[place], item)
  }
  return merged
}

/** Items named in `order` stand in that order; those that only the server has stay behind the one they followed. */
function inOrder(shape: ListShape, items: unknown[], order: unknown[], patched: unknown[]): unknown[] {
  const key = shape.patchKey
  const identity = (item: unknown) => (key === undefined || key === '' ? item : fieldsOf(item)[key])
  const wanted = order.map(identity)
  const rank = (item: unknown) => wanted.indexOf(identity(item))
  const listed = items.filter(item => rank(item) >= 0).sort((one, other) => rank(one) - rank(other))
  const serverOnly = items.filter(item => rank(item) < 0)
  // The server's own items go where they stood, relative to the listed ones that stood before them.
  const merged = [...listed]
  for (const item of serverOnly) {
    const before = items
      .slice(0, items.indexOf(item))
      .filter(other => !patched.some(one => identity(one) === identity(other)))
    const anchor = before.at(-1)
    const place = anchor === undefined ? 0 : merged.indexOf(anchor) + 1
    merged.splice(anchor === undefined && items.indexOf(item) > 0 ? merged.length : place, 0, item)
  }
  return merged
}
