import { PatchStrategy } from '@kubernetes/client-node'
import { FIELD_MANAGER } from '../config/names.ts'
import { callClock, makeCall } from '../engine/calls.ts'
import { isOutrun, kubernetesFailure, statusOf, transientReason } from './errors.ts'
import { describe, type KindRef, type KubernetesObject, type Ref } from './objects.ts'
import { type Connection, Transport, UnknownKind } from './transport.ts'

/** Milliseconds for which a call is repeated while its error is one that passes by itself. */
const RETRY_LIMIT = 60_000
/** Milliseconds until a CRD that was just established can be used. */
const NEW_KIND_LIMIT = 30_000
const PAGE = '500'

export interface ListOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

export interface LogOptions {
  readonly namespace: string
  readonly pod: string
  readonly container?: string
  /** ISO time of the oldest line. */
  readonly sinceTime?: string
  readonly tailLines?: number
}

interface Page<T> {
  readonly items: readonly T[]
  readonly metadata?: { readonly continue?: string }
}

/** Reads of one cluster. What does not exist, or whose kind does not, is undefined. */
export class KubernetesReader {
  readonly connection: Connection
  protected readonly transport: Transport

  /** `answerLimit`: milliseconds that one answer may take, where not as long as usual. */
  constructor(connection: Connection, answerLimit?: number) {
    this.connection = connection
    this.transport = connection.makeApiClient(Transport)
    if (answerLimit !== undefined) this.transport.answerLimit = answerLimit
  }

  async get<T extends KubernetesObject = KubernetesObject>(ref: Ref): Promise<T | undefined> {
    return this.repeat(`read ${describe(ref)}`, async () => {
      try {
        return await this.transport.send<T>('read', ref)
      } catch (error) {
        if (isAbsent(error)) return undefined
        throw error
      }
    })
  }

  /** Everything of one kind, in one namespace or in all. */
  async list<T extends KubernetesObject = KubernetesObject>(
    { apiVersion, kind }: KindRef,
    { namespace, ...selectors }: ListOptions = {},
  ): Promise<readonly T[]> {
    const subject = { apiVersion, kind, metadata: { namespace } }
    return this.repeat(`list ${kind}`, async () => {
      const items: T[] = []
      let next: string | undefined
      do {
        let page: Page<T>
        try {
          page = await this.transport.send('list', subject, { query: { ...selectors, limit: PAGE, continue: next } })
        } catch (error) {
          if (isAbsent(error)) return []
          throw error
        }
        // The items of a list do not say what they are.
        items.push(...page.items.map(item => ({ ...item, apiVersion, kind })))
        next = page.metadata?.continue || undefined
      } while (next !== undefined)
      return items
    })
  }

  /** What a container has printed. */
  async logs({ namespace, pod, container, sinceTime, tailLines }: LogOptions): Promise<string> {
    const subject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod, namespace } }
    const query = { container, sinceTime, tailLines: tailLines?.toString() }
    return this.repeat(`read the log of Pod ${namespace}/${pod}`, () =>
      this.transport.send<string>('read', subject, { subresource: 'log', query }),
    )
  }

  /** Tries again while the error passes by itself; only for calls that may be repeated. */
  protected async repeat<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const clock = callClock()
    const since = clock.now()
    const transient = (error: unknown) => {
      if (error instanceof UnknownKind && clock.now() - since < NEW_KIND_LIMIT) return error.message
      // The pages of a list that took too long are gone: it begins again.
      if (statusOf(error) === 410) return 'the list has expired'
      return transientReason(error)
    }
    try {
      return await makeCall({ what: `the Kubernetes API to ${what}`, attempt, transient, limit: RETRY_LIMIT })
    } catch (error) {
      const timedOut = error instanceof Error && 'code' in error && error.code === 'TIMED_OUT'
      throw kubernetesFailure(timedOut ? error.cause : error, what)
    }
  }
}

const isAbsent = (error: unknown): boolean => statusOf(error) === 404 || error instanceof UnknownKind

export interface ApplyOptions {
  /** Take the fields that another manager has set otherwise: where the object is ours, or with --adopt. */
  readonly force: boolean
}

/** All writes may be repeated: server-side apply and patches to a value, deletions of one uid. */
export class KubernetesWriter extends KubernetesReader {
  /**
   * Server-side apply: makes the object have these fields, and no others that we set before.
   *
   * @throws Failure `FIELD_CONFLICT` (exit 2) where another manager has set a field otherwise and `force` is false
   */
  async apply<T extends KubernetesObject = KubernetesObject>(
    object: KubernetesObject,
    { force }: ApplyOptions,
  ): Promise<T> {
    const query = { fieldManager: FIELD_MANAGER, force: String(force), fieldValidation: 'Strict' }
    return this.repeat(`apply ${describe(object)}`, () =>
      this.transport.send<T>('patch', object, {
        query,
        body: object,
        contentType: PatchStrategy.ServerSideApply,
      }),
    )
  }

  /** JSON merge patch; undefined where there is no such object. */
  async patch<T extends KubernetesObject = KubernetesObject>(ref: Ref, patch: unknown): Promise<T | undefined> {
    return this.repeat(`patch ${describe(ref)}`, async () => {
      try {
        return await this.transport.send<T>('patch', ref, {
          query: { fieldManager: FIELD_MANAGER },
          body: patch,
          contentType: PatchStrategy.MergePatch,
        })
      } catch (error) {
        if (isAbsent(error)) return undefined
        throw error
      }
    })
  }

  /** Replaces the pods of a Deployment or DaemonSet, as `kubectl rollout restart` does. */
  async restart(ref: Ref, at: Date): Promise<void> {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': at.toISOString() }
    await this.patch(ref, { spec: { template: { metadata: { annotations } } } })
  }

  /** Asks for the deletion of just this object; one of the same name that came later stays. */
  async delete({ apiVersion, kind, metadata: { name, namespace, uid } }: KubernetesObject): Promise<void> {
    const subject = { apiVersion, kind, metadata: { name, namespace } }
    const body = { propagationPolicy: 'Foreground', ...(uid === undefined ? {} : { preconditions: { uid } }) }
    await this.repeat(`delete ${kind} ${name}`, async () => {
      try {
        await this.transport.send('delete', subject, { body })
      } catch (error) {
        // Other conflicts: already being deleted, or another object by now. Either way there is no more to ask.
        if (isOutrun(error) || !(isAbsent(error) || statusOf(error) === 409)) throw error
      }
    })
  }
}
