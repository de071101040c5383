import type { SandboxClock } from '../../clock.ts'
import { controllerOf, type KubeObject } from '../objects.ts'
import type { Kind } from '../store/kinds.ts'
import type { Change } from '../store/revisions.ts'
import type { ObjectStore } from '../store/store.ts'

/** What a controller is to look at. */
export interface ObjectKey {
  readonly name: string
  readonly namespace: string | undefined
}

/** A kind whose changes matter to a controller, as `ObjectStore.kind` names it. */
export interface Watched {
  readonly kind: string
  /** The keys to reconcile for a change of such an object; its own where this is left out. */
  readonly concerns?: (object: KubeObject) => readonly ObjectKey[]
}

/**
 * Brings about what objects ask for. `reconcile` looks at what stands now, whatever changed; it is called once at a
 * time, again after the milliseconds of sandbox time that it answers, and again after a second where it throws.
 */
export interface Controller {
  readonly name: string
  readonly watches: readonly Watched[]
  reconcile(key: ObjectKey): number | undefined | Promise<number | undefined>
}

const retryAfter = 1000
const attempts = 30

/** Runs controllers on the changes of a store. */
export class Controllers {
  /** What controllers threw that wasn't over after some tries: a mistake of the simulation. */
  readonly failures: unknown[] = []
  readonly #store: ObjectStore
  readonly #clock: SandboxClock
  readonly #stops = new Set<() => void>()

  constructor(store: ObjectStore, clock: SandboxClock) {
    this.#store = store
    this.#clock = clock
  }

  /** Starts a controller, with everything that is there already; answers what stops it. */
  add(controller: Controller): () => void {
    const queue = new WorkQueue(controller, this.#clock, error => this.failures.push(error))
    const notice = (kind: Kind, object: KubeObject) => {
      for (const watched of controller.watches) {
        if (!isNamed(kind, watched.kind)) continue
        for (const key of watched.concerns?.(object) ?? [keyOf(object)]) queue.add(key)
      }
    }
    const onChange = ({ kind, object, before }: Change) => {
      // An object that ceased to concern something concerns it once more.
      if (before !== undefined) notice(kind, before)
      notice(kind, object)
    }
    for (const { kind } of controller.watches) {
      const known = this.#store.kinds.named(kind)
      if (known !== undefined) for (const object of this.#store.revisions.all(known)) notice(known, object)
    }
    const unlisten = this.#store.listen(onChange)
    const stop = () => {
      unlisten()
      queue.close()
      this.#stops.delete(stop)
    }
    this.#stops.add(stop)
    return stop
  }

  close(): void {
    for (const stop of [...this.#stops]) stop()
  }
}

const isNamed = (kind: Kind, name: string) => name === kind.kind || name === `${kind.kind}.${kind.group}`

export const keyOf = ({ metadata }: KubeObject): ObjectKey => ({ name: metadata.name, namespace: metadata.namespace })

/** The object of this kind that controls another one. */
export const ownerOfKind =
  (kind: string) =>
  (object: KubeObject): readonly ObjectKey[] => {
    const owner = controllerOf(object)
    return owner?.kind === kind ? [{ name: owner.name, namespace: object.metadata.namespace }] : []
  }

class WorkQueue {
  readonly #controller: Controller
  readonly #clock: SandboxClock
  readonly #onFailure: (error: unknown) => void
  readonly #waiting = new Map<string, ObjectKey>()
  readonly #later = new Map<string, () => void>()
  readonly #tries = new Map<string, number>()
  #working = false
  #closed = false

  constructor(controller: Controller, clock: SandboxClock, onFailure: (error: unknown) => void) {
    this.#controller = controller
    this.#clock = clock
    this.#onFailure = onFailure
  }

  add(key: ObjectKey): void {
    if (this.#closed) return
    this.#waiting.set(textOf(key), key)
    if (this.#working) return
    this.#working = true
    // Not within the write that caused it.
    setImmediate(() => void this.#work())
  }

  close(): void {
    this.#closed = true
    this.#waiting.clear()
    for (const cancel of this.#later.values()) cancel()
    this.#later.clear()
  }

  async #work(): Promise<void> {
    for (const [text, key] of this.#waiting) {
      this.#waiting.delete(text)
      const again = await this.#attempt(text, key)
      if (again !== undefined && !this.#closed) this.#addLater(text, key, again)
    }
    this.#working = false
  }

  /** Milliseconds until the next attempt, if there is to be one. */
  async #attempt(text: string, key: ObjectKey): Promise<number | undefined> {
    try {
      const again = await this.#controller.reconcile(key)
      this.#tries.delete(text)
      return typeof again === 'number' ? again : undefined
    } catch (error) {
      const tries = (this.#tries.get(text) ?? 0) + 1
      this.#tries.set(text, tries)
      if (tries < attempts) return retryAfter
      this.#onFailure(error)
      return undefined
    }
  }

  #addLater(text: string, key: ObjectKey, ms: number): void {
    this.#later.get(text)?.()
    const cancel = this.#clock.after(ms, () => {
      this.#later.delete(text)
      this.add(key)
    })
    this.#later.set(text, cancel)
  }
}

const textOf = ({ namespace, name }: ObjectKey) => `${namespace ?? ''}/${name}`
