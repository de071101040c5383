import { FIELD_MANAGER, MANAGED_BY_LABEL } from '../config/names.ts'
import type { KubernetesObject, ManagedFields } from './objects.ts'

/**
 * In what a live object is not as desired, as phrases. Fields that others have set or the server has filled in don't
 * count; fields that we set once and want no more do.
 */
export function differences(desired: KubernetesObject, live: KubernetesObject): readonly string[] {
  const own = ownFields(live)
  return [...missing(withoutName(desired), live, own, ''), ...leftOver(own, desired, '')]
}

/** Made by us: its label says so. */
export function isOurs(object: KubernetesObject): boolean {
  const labels = object.metadata.labels ?? {}
  return Object.entries(MANAGED_BY_LABEL).every(([key, value]) => labels[key] === value)
}

/** Whether we have set a field of an object that may be somebody else's. `path` is the keys down to it. */
export function ownsField(object: KubernetesObject, path: readonly string[]): boolean {
  const found = path.reduce<unknown>((fields, key) => isRecord(fields) && fields[`f:${key}`], ownFields(object))
  return isRecord(found)
}

function ownFields({ metadata }: KubernetesObject): unknown {
  const isOwn = ({ manager, operation, subresource }: ManagedFields) =>
    manager === FIELD_MANAGER && operation === 'Apply' && !subresource
  return metadata.managedFields?.find(isOwn)?.fieldsV1
}

const withoutName = ({ apiVersion: _, kind: __, metadata: { labels, annotations }, ...rest }: KubernetesObject) => ({
  metadata: { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
  ...rest,
})

function missing(desired: unknown, live: unknown, own: unknown, path: string): readonly string[] {
  if (Array.isArray(desired)) return missingItems(desired, live, own, path)
  if (isRecord(desired)) {
    const inner = isRecord(live) ? live : {}
    if (!isRecord(live) && Object.keys(desired).length === 0) return [`${path} is missing`]
    return Object.entries(desired).flatMap(([key, value]) =>
      missing(value, inner[key], isRecord(own) ? own[`f:${key}`] : undefined, join(path, key)),
    )
  }
  if (desired === live) return []
  return [live === undefined ? `${path} is missing` : `${path} is ${show(live)}, want ${show(desired)}`]
}

/** In a list that the server merges item by item, those that we have not set are somebody else's. */
function missingItems(desired: readonly unknown[], live: unknown, own: unknown, path: string): readonly string[] {
  if (!Array.isArray(live)) return [`${path} is missing`]
  const merged = mergedItems(own)
  if (merged.length > 0) {
    return desired.flatMap((item, index) => {
      const ours = merged.find(({ key }) => hasKey(item, key))
      const counterpart = ours && live.find(other => hasKey(other, ours.key))
      if (counterpart === undefined) return [`${path}[${index}] is missing`]
      return missing(item, counterpart, ours?.fields, `${path}[${index}]`)
    })
  }
  if (live.length !== desired.length) return [`${path} has ${live.length} items, want ${desired.length}`]
  return desired.flatMap((item, index) => missing(item, live[index], undefined, `${path}[${index}]`))
}

/** Fields of ours that are desired no more. */
function leftOver(fields: unknown, desired: unknown, path: string): readonly string[] {
  if (Array.isArray(desired)) {
    return mergedItems(fields).flatMap(({ key, fields }) => {
      const index = desired.findIndex(item => hasKey(item, key))
      if (index === -1) return [`${path}[${Object.values(key).join('/')}] is set, want none`]
      return leftOver(fields, desired[index], `${path}[${index}]`)
    })
  }
  if (!isRecord(fields) || !isRecord(desired)) return []
  return Object.entries(fields).flatMap(([field, inner]) => {
    if (!field.startsWith('f:')) return []
    const key = field.slice(2)
    if (!(key in desired)) return [`${join(path, key)} is set, want none`]
    return leftOver(inner, desired[key], join(path, key))
  })
}

type ItemKey = Readonly<Record<string, unknown>>

/** The items of a list that are owned one by one, as `k:{"name":"a"}` in managed fields. */
function mergedItems(own: unknown): readonly { readonly key: ItemKey; readonly fields: unknown }[] {
  if (!isRecord(own)) return []
  return Object.entries(own).flatMap(([field, fields]) =>
    field.startsWith('k:') ? [{ key: JSON.parse(field.slice(2)) as ItemKey, fields }] : [],
  )
}

/** A part of the key that the item leaves out is one that the server fills in. */
const hasKey = (item: unknown, key: ItemKey): boolean =>
  isRecord(item) && Object.entries(key).every(([name, value]) => item[name] === undefined || item[name] === value)

const join = (path: string, key: string) => (path === '' ? key : `${path}.${key}`)
const show = (value: unknown) => JSON.stringify(value)
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
