import type { Shape } from '../fields/shape.ts'
import { apiVersionOf, groupVersion } from '../objects.ts'
import type { Schema } from './custom-schema.ts'

/** One kind of object, in all its versions: built in, or by a CRD. */
export interface Kind {
  /** Empty for the core group. */
  readonly group: string
  readonly kind: string
  readonly listKind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  /** The version in which objects are kept. */
  readonly storageVersion: string
  readonly versions: readonly KindVersion[]
  readonly custom: boolean
}

export interface KindVersion {
  readonly name: string
  readonly shape: Shape
  /** The schema that objects of a CRD are held to. */
  readonly schema?: Schema
  readonly subresources: readonly string[]
  readonly columns: readonly ColumnDefinition[]
}

/** A column of `kubectl get`: `path` is a JSON path for CRDs' columns. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  readonly jsonPath: string
}

/** `deployments.apps`, as messages name a resource. */
export const qualified = (kind: Pick<Kind, 'group' | 'plural'>): string =>
  kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`

export const versionOf = (kind: Kind, name: string): KindVersion | undefined =>
  kind.versions.find(version => version.name === name)

/** The version that clients are pointed to first. */
export const preferredVersion = (kind: Kind): KindVersion => {
  const version = versionOf(kind, kind.storageVersion) ?? kind.versions[0]
  if (version === undefined) throw new Error(`${qualified(kind)} has no version`)
  return version
}

export const storedApiVersion = (kind: Kind): string => apiVersionOf(kind.group, kind.storageVersion)

/** All kinds that the cluster serves at the moment. */
export class Kinds {
  readonly #kinds = new Map<string, Kind>()

  constructor(kinds: readonly Kind[]) {
    for (const kind of kinds) this.add(kind)
  }

  add(kind: Kind): void {
    this.#kinds.set(qualified(kind), kind)
  }

  remove(name: string): void {
    this.#kinds.delete(name)
  }

  all(): Kind[] {
    return [...this.#kinds.values()]
  }

  byPlural(group: string, plural: string): Kind | undefined {
    return this.#kinds.get(qualified({ group, plural }))
  }

  byApiVersion(apiVersion: string, kind: string): Kind | undefined {
    const { group, version } = groupVersion(apiVersion)
    return this.all().find(
      candidate => candidate.group === group && candidate.kind === kind && versionOf(candidate, version) !== undefined,
    )
  }

  /**
   * By the name that code of the sandbox uses: `Pod`, or with its group where two kinds share the name, such as
   * `Gateway.gateway.networking.k8s.io`.
   */
  named(name: string): Kind | undefined {
    const dot = name.indexOf('.')
    const kind = dot < 0 ? name : name.slice(0, dot)
    const group = dot < 0 ? undefined : name.slice(dot + 1)
    return this.all().find(candidate => candidate.kind === kind && (group === undefined || candidate.group === group))
  }
}
