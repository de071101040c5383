import { parseAllDocuments } from 'yaml'
import { assetText } from '../assets.ts'
import { MANAGED_BY_LABEL } from '../config/names.ts'
import { Exit, Failure } from '../engine/failure.ts'
import type { KubernetesObject } from './objects.ts'

/** What may stand for a `${placeholder}`: it takes the place of the whole value, whatever its type. */
export type ManifestValues = Readonly<Record<string, unknown>>

/**
 * One of the manifests in assets/manifests with its placeholders filled in and our label on every object. The values
 * are put into the parsed tree: whatever they hold, they can't change its shape.
 */
export function manifest(name: string, values: ManifestValues = {}): readonly KubernetesObject[] {
  const file = `manifests/${name}.yaml`
  const objects = parseManifests(assetText(file), file)
  return objects.map(object => withOurLabel(fill(object, values) as KubernetesObject))
}

export function withOurLabel(object: KubernetesObject): KubernetesObject {
  const { metadata } = object
  return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, ...MANAGED_BY_LABEL } } }
}

/**
 * The objects of a YAML text of several documents. Empty documents are left out, lists taken apart.
 *
 * @throws Failure `MANIFEST_INVALID` (exit 2) where it is not YAML, or where something in it is no Kubernetes object
 */
export function parseManifests(text: string, origin: string): readonly KubernetesObject[] {
  const documents = parseAllDocuments(text)
  return [...documents].flatMap((document, index) => {
    const [error] = document.errors
    if (error) throw invalid(origin, error.message)
    return objectsIn(document.toJS(), `${origin}, document ${index + 1}`)
  })
}

function objectsIn(value: unknown, origin: string): readonly KubernetesObject[] {
  if (value === null || value === undefined) return []
  if (!isRecord(value)) throw invalid(origin, 'not an object')
  const { apiVersion, kind, metadata, items } = value
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') throw invalid(origin, 'no apiVersion or kind')
  if (kind.endsWith('List') && Array.isArray(items)) return items.flatMap(item => objectsIn(item, origin))
  if (!isRecord(metadata) || typeof metadata.name !== 'string') throw invalid(origin, 'no metadata.name')
  return [value as unknown as KubernetesObject]
}

const invalid = (origin: string, why: string) =>
  new Failure({
    code: 'MANIFEST_INVALID',
    exit: Exit.usage,
    message: `${origin} is not a Kubernetes manifest.`,
    why: [why],
  })

const PLACEHOLDER = /^\$\{(\w+)\}$/

function fill(value: unknown, values: ManifestValues): unknown {
  if (Array.isArray(value)) return value.map(item => fill(item, values))
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner, values)]))
  const name = typeof value === 'string' ? PLACEHOLDER.exec(value)?.[1] : undefined
  if (name === undefined) return value
  if (!(name in values)) throw new Error(`no value for \${${name}}`)
  return values[name]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
