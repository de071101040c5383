import { randomBytes, randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { clone, type KubeObject, type ObjectMeta } from '../objects.ts'
import { invalid, required } from '../status-error.ts'
import { keepAllocated } from './allocation.ts'
import { fillDefaults, prune, violations } from './custom-schema.ts'
import { fillBuiltInDefaults } from './defaults.ts'
import { hasStatus } from './endpoint.ts'
import { type Kind, type KindVersion, qualified } from './kinds.ts'
import { builtInViolations, metadataViolations } from './validation.ts'

/**
 * A copy as it may be stored: pruned, with defaults, and valid.
 *
 * @throws StatusError 422
 */
export function completed(
  kind: Kind,
  version: KindVersion,
  object: KubeObject,
  live: KubeObject | undefined,
): KubeObject {
  const { schema } = version
  const complete = clone(schema === undefined ? object : (prune(schema, object) as KubeObject))
  if (kind.custom && schema !== undefined) fillDefaults(schema, complete)
  if (!kind.custom) {
    keepAllocated(complete, live)
    fillBuiltInDefaults(complete)
  }
  const found = [
    ...metadataViolations(kind, complete, live),
    ...(kind.custom ? violations(schema ?? {}, complete) : builtInViolations(complete, live)),
  ]
  if (found.length > 0) throw invalid(kind, complete.metadata.name, found)
  return complete
}

/**
 * The metadata of a new object: what the client may say, and an identity.
 *
 * @throws StatusError 422 without a name
 */
export function newMetadata(kind: Kind, sent: Partial<ObjectMeta>, now: string): ObjectMeta {
  const { managedFields: _, deletionTimestamp: __, deletionGracePeriodSeconds: ___, ...kept } = sent
  const name = sent.name || (sent.generateName ? sent.generateName + randomSuffix() : '')
  if (name === '') throw invalid(kind, '', [required('metadata.name', 'name or generateName is required')])
  return {
    ...kept,
    name,
    uid: randomUUID(),
    resourceVersion: '',
    creationTimestamp: now,
    ...(countsGenerations(kind) ? { generation: 1 } : {}),
  }
}

/** Groups whose objects have no `metadata.generation`; changes of the others' desired state are counted there. */
const uncounted = new Set(['', 'rbac.authorization.k8s.io', 'coordination.k8s.io'])
const countsGenerations = (kind: Kind) => !uncounted.has(kind.group) || qualified(kind) === 'pods'

/** Counts a change of what is asked for, in place. */
export function countGeneration(kind: Kind, version: KindVersion, live: KubeObject, next: KubeObject): void {
  const desired = (object: KubeObject) => ({ ...object, metadata: {}, ...(hasStatus(version) ? { status: {} } : {}) })
  if (countsGenerations(kind) && !isDeepStrictEqual(desired(live), desired(next)))
    next.metadata.generation = (live.metadata.generation ?? 0) + 1
}

/** Five characters, as Kubernetes appends them to `generateName`. */
export function randomSuffix(): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  return [...randomBytes(5)].map(byte => alphabet[byte % alphabet.length]).join('')
}
