import { FIELD_MANAGER, MANAGED_BY_LABEL } from '../config/names.ts'
import type { KubernetesObject, ManagedFields } from './objects.ts'

/**
 * In what a live object is not as desired, as phrases. Fields that others have set or the server has filled in don't
 * count; fields that we set once and want no more do.
 */
export function differences(desired: KubernetesObject, live: KubernetesObject): readonly string[] {
  return [...missing(withoutName(desired), live, ''), ...leftOver(ownFields(live), desired, '')]
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

function missing(desired: unknown, live: unknown, path: string): readonly string[] {
  if (Array.isArray(desired)) {
    if (!Array.isArray(live)) return [`${path} is missing`]
    if (live.length !== desired.length) return [`${path} has ${live.length} items, want ${desired.length}`]
    return desired.flatMap((item, index) => missing(item, live[index], `${path}[${index}]`))
  }
  if (isRecord(desired)) {
    const inner = isRecord(live) ? live : {}
    if (!isRecord(live) && Object.keys(desired).length === 0) return [`${path} is missing`]
    return Object.entries(desired).flatMap(([key, value]) => missing(value, inner[key], join(path, key)))
  }
  if (desired === live) return []
  return [live === undefined ? `${path} is missing` : `${path} is ${show(live)}, want ${show(desired)}`]
}

/** Fields of ours that are desired no more; within list items they change with the list. */
function leftOver(fields: unknown, desired: unknown, path: string): readonly string[] {
  if (!isRecord(fields)) return []
  return Object.entries(fields).flatMap(([field, inner]) => {
    if (!field.startsWith('f:')) return []
    const key = field.slice(2)
    if (!isRecord(desired)) return []
    if (!(key in desired)) return [`${join(path, key)} is set, want none`]
    return leftOver(inner, desired[key], join(path, key))
  })
}

const join = (path: string, key: string) => (path === '' ? key : `${path}.${key}`)
const show = (value: unknown) => JSON.stringify(value)
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
