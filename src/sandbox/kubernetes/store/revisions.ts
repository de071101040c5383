import type { KubeObject } from '../objects.ts'
import { expired } from '../status-error.ts'
import { type Kind, qualified } from './kinds.ts'

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly revision: number
  readonly kind: Kind
  readonly object: KubeObject
  /** What stood before; undefined for ADDED. */
  readonly before: KubeObject | undefined
}

const keyOf = (namespace: string | undefined, name: string) => `${namespace ?? ''}/${name}`

/** The objects in all their revisions, as etcd keeps them: one counter, and a history that can be compacted. */
export class Revisions {
  #revision = 1
  #compacted = 0
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  readonly #history: Change[] = []
  readonly #listeners = new Set<(change: Change) => void>()

  get revision(): number {
    return this.#revision
  }

  get(kind: Kind, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#of(kind).get(keyOf(namespace, name))
  }

  /** All objects of a kind, by namespace and name. */
  all(kind: Kind): KubeObject[] {
    return [...this.#of(kind)].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, object]) => object)
  }

  /**
   * All objects of a kind as they stood at a revision.
   *
   * @throws StatusError 410 where that is compacted away
   */
  allAt(kind: Kind, revision: number): KubeObject[] {
    if (revision < this.#compacted)
      throw expired(`The provided continue parameter is too old to display a consistent list result.`)
    const objects = new Map(this.#of(kind))
    for (const change of this.#history.toReversed()) {
      if (change.revision <= revision) break
      if (qualified(change.kind) !== qualified(kind)) continue
      const key = keyOf(change.object.metadata.namespace, change.object.metadata.name)
      if (change.before === undefined) objects.delete(key)
      else objects.set(key, change.before)
    }
    return [...objects].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, object]) => object)
  }

  put(kind: Kind, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata
    const before = this.get(kind, namespace, name)
    const stored = this.#next(object)
    this.#of(kind).set(keyOf(namespace, name), stored)
    this.#record({ type: before ? 'MODIFIED' : 'ADDED', revision: this.#revision, kind, object: stored, before })
    return stored
  }

  remove(kind: Kind, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata
    const before = this.get(kind, namespace, name)
    const last = this.#next(object)
    this.#of(kind).delete(keyOf(namespace, name))
    this.#record({ type: 'DELETED', revision: this.#revision, kind, object: last, before })
    return last
  }

  /**
   * What changed after a revision.
   *
   * @throws StatusError 410 where that is compacted away
   */
  since(revision: number): Change[] {
    if (revision < this.#compacted) throw expired(`too old resource version: ${revision} (${this.#compacted})`)
    return this.#history.filter(change => change.revision > revision)
  }

  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets the history up to now, so that watches and lists that start there are told 410. */
  compact(): void {
    this.#compacted = this.#revision
    this.#history.length = 0
  }

  #of(kind: Kind): Map<string, KubeObject> {
    const name = qualified(kind)
    const known = this.#objects.get(name)
    if (known !== undefined) return known
    const objects = new Map<string, KubeObject>()
    this.#objects.set(name, objects)
    return objects
  }

  #next(object: KubeObject): KubeObject {
    this.#revision += 1
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } }
  }

  #record(change: Change): void {
    this.#history.push(change)
    if (this.#history.length > historyLimit) {
      const dropped = this.#history.shift()
      this.#compacted = dropped?.revision ?? this.#compacted
    }
    for (const listener of [...this.#listeners]) listener(change)
  }
}

const historyLimit = 5000
