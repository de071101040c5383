import type { ObjectInput } from '../kubernetes/objects.ts'

/** A JSON schema as CRDs carry it. */
export type Schema = Readonly<Record<string, unknown>>

export interface CrdOptions {
  readonly group: string
  readonly kind: string
  readonly plural: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  /** Default `Namespaced`. */
  readonly scope?: 'Namespaced' | 'Cluster'
  /** The first is the one that objects are stored in. */
  readonly versions: readonly string[]
  readonly spec?: Schema
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Anything at all. */
export const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

export const object = (properties: Schema, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 ? { required } : {}),
})

export const text: Schema = { type: 'string' }

export const oneOf = (...values: readonly string[]): Schema => ({ type: 'string', enum: values })

export const listOf = (items: Schema, more: Schema = {}): Schema => ({ type: 'array', items, ...more })

export const texts = listOf(text)

/** A CustomResourceDefinition with a status subresource. */
export function crd(options: CrdOptions): ObjectInput {
  const { group, kind, plural, shortNames, categories, scope = 'Namespaced', versions, spec = open } = options
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      ...(options.labels && { labels: { ...options.labels } }),
      ...(options.annotations && { annotations: { ...options.annotations } }),
    },
    spec: {
      group,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...(shortNames && { shortNames }),
        ...(categories && { categories }),
      },
      scope,
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: object({ apiVersion: text, kind: text, metadata: { type: 'object' }, spec, status: open }),
        },
      })),
    },
  }
}
