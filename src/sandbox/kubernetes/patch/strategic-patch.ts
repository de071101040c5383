import { isDeepStrictEqual } from 'node:util'
import { fieldShape, type Shape, shapeFor } from '../fields/shape.ts'
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
      merged[list] = inOrder(listShape.patchKey ?? '', merged[list], listOf(order), listOf(document[list]))
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
  if (key === '') return inOrder(key, [...live, ...without(items, live)], items, live)

  const keyOf = (item: unknown) => {
    const value = fieldsOf(item)[key]
    if (value === undefined || value === null)
      throw new PatchError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`)
    return value
  }
  const deleted: unknown[] = directives.filter(item => fieldsOf(item).$patch === 'delete').map(keyOf)
  const kept = live.filter(item => !deleted.includes(fieldsOf(item)[key]))
  const merged = [...kept]
  for (const item of items) {
    const wanted = keyOf(item)
    const place = merged.findIndex(candidate => fieldsOf(candidate)[key] === wanted)
    if (place < 0) merged.push(patchValue(shape.items, {}, item))
    else merged[place] = patchValue(shape.items, merged[place], item)
  }
  return inOrder(key, merged, items, kept)
}

/**
 * Items that the patch names come in its order, the server's own in theirs; one of the latter goes before one of the
 * former where it stood before it at the server.
 */
function inOrder(key: string, items: unknown[], wanted: unknown[], server: unknown[]): unknown[] {
  const identity = (item: unknown) => (key === '' ? item : fieldsOf(item)[key])
  const place = (order: unknown[], item: unknown) => order.findIndex(one => identity(one) === identity(item))
  const sorted = (some: unknown[], order: unknown[]) =>
    some.toSorted((one, other) => place(order, one) - place(order, other))
  const named = sorted(
    items.filter(item => place(wanted, item) >= 0),
    wanted,
  )
  const own = sorted(
    items.filter(item => place(wanted, item) < 0),
    server,
  )
  const ordered: unknown[] = []
  while (named.length > 0 && own.length > 0) {
    const [left, right] = [place(server, own[0]), place(server, named[0])]
    ordered.push(left >= 0 && left < right ? own.shift() : named.shift())
  }
  return [...ordered, ...own, ...named]
}
