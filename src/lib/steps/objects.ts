import type { Settings } from '../config/settings.ts'
import type { Change, Plan, Resource } from '../engine/plan.ts'
import type { ApplyContext, StepContext } from '../engine/step.ts'
import type { KubernetesReader, KubernetesWriter } from '../kubernetes/client.ts'
import { differences, isOurs } from '../kubernetes/differences.ts'
import { describe, type KubernetesObject, qualified, type Ref } from '../kubernetes/objects.ts'
import { needKubernetes, type WriteClients } from './clients.ts'
import { ADOPT, notOurs, usedAsItIs } from './not-ours.ts'

/** An object as it should be, beside the one that exists. */
export interface Pair {
  readonly desired: KubernetesObject
  readonly live?: KubernetesObject
}

type ObjectsPlan = Required<Pick<Plan, 'changes' | 'present' | 'warnings'>>

/** The live objects of the desired ones, read side by side. */
export function observeObjects(
  kubernetes: KubernetesReader,
  desired: readonly KubernetesObject[],
): Promise<readonly Pair[]> {
  return Promise.all(
    desired.map(async object => {
      const live = await kubernetes.get(object)
      return { desired: object, ...(live ? { live } : {}) }
    }),
  )
}

/**
 * What makes the objects as desired. Namespaces go first: what lies in them needs them.
 *
 * @throws Failure `NOT_OURS` (exit 2) where somebody else's object has the name, differs, and may not be adopted
 */
export function planObjects(pairs: readonly Pair[], { adopt }: Pick<Settings, 'adopt'>): ObjectsPlan {
  const changes: Change[] = []
  const warnings: string[] = []
  for (const { desired, live } of pairs) {
    const change = (action: Change['action'], reason: string) =>
      changes.push({
        action,
        kind: desired.kind,
        name: nameOf(desired),
        reason,
        stage: desired.kind === 'Namespace' ? 0 : 1,
        detail: desired,
      })
    if (live === undefined || live.metadata.deletionTimestamp !== undefined) {
      change('create', live === undefined ? 'does not exist' : 'is being deleted')
      continue
    }
    const differs = foreignDifferences(desired, live)
    if (isOurs(live)) {
      if (differs.length > 0) change('update', differs.join('; '))
    } else if (adopt) {
      change('adopt', ['is not ours', ...differs].join('; '))
    } else if (differs.length > 0) {
      throw notOurs(describe(desired), differs, [ADOPT, 'Or delete or rename it.'])
    } else {
      warnings.push(usedAsItIs(describe(desired)))
    }
  }
  return { changes, present: presentOf(pairs), warnings }
}

/** What an object of somebody else lacks is our mark alone: that is no difference. */
function foreignDifferences(desired: KubernetesObject, live: KubernetesObject): readonly string[] {
  if (isOurs(live)) return differences(desired, live)
  const { labels = {}, ...metadata } = desired.metadata
  const others = Object.entries(labels).filter(([key]) => key !== 'app.kubernetes.io/managed-by')
  // Kubernetes keeps no empty map: none must be missed where there is no other label.
  const wanted = others.length > 0 ? { labels: Object.fromEntries(others) } : {}
  return differences({ ...desired, metadata: { ...metadata, ...wanted } }, live)
}

/** What takes our own of the objects away again, namespaces last. */
export function planObjectRemoval(live: readonly KubernetesObject[]): ObjectsPlan {
  const changes = live.filter(isOurs).map(
    (object): Change => ({
      action: 'delete',
      kind: object.kind,
      name: nameOf(object),
      ...(object.metadata.uid === undefined ? {} : { id: object.metadata.uid }),
      reason: 'ours',
      stage: object.kind === 'Namespace' ? 1 : 0,
      detail: refOf(object),
    }),
  )
  return { changes, present: live.map(resourceOf), warnings: [] }
}

export const liveOf = (pairs: readonly Pair[]): readonly KubernetesObject[] =>
  pairs.flatMap(({ live }) => (live ? [live] : []))

const presentOf = (pairs: readonly Pair[]): readonly Resource[] => liveOf(pairs).map(resourceOf)

export const resourceOf = (object: KubernetesObject): Resource => ({
  kind: object.kind,
  name: nameOf(object),
  ...(object.metadata.uid === undefined ? {} : { id: object.metadata.uid }),
  ours: isOurs(object),
})

export const nameOf = (object: Ref): string => qualified(object.metadata)

/** Just what is needed to delete an object. */
export const refOf = ({
  apiVersion,
  kind,
  metadata: { name, namespace, uid },
}: KubernetesObject): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(uid === undefined ? {} : { uid }) },
})

type Applying = ApplyContext<Settings, WriteClients, unknown>

/** Makes a change that `planObjects` or `planObjectRemoval` planned; answers the uid. */
export async function applyObject(change: Change, context: Applying): Promise<string | undefined> {
  const kubernetes = await needKubernetes(context.clients, context.desired)
  const object = change.detail as KubernetesObject
  if (change.action === 'delete') {
    await deleteObject(kubernetes, object, context)
    return undefined
  }
  if (change.action === 'create') await waitGone(kubernetes, object, context, deleting)
  const made = await kubernetes.apply(object, { force: change.action !== 'create' })
  return made.metadata.uid
}

/** Deletes just this object and waits until it is gone. */
export async function deleteObject(
  kubernetes: KubernetesWriter,
  object: KubernetesObject,
  context: StepContext<Settings, unknown>,
): Promise<void> {
  await kubernetes.delete(object)
  await waitGone(kubernetes, object, context, live => live.metadata.uid === (object.metadata.uid ?? live.metadata.uid))
}

const deleting = (live: KubernetesObject) => live.metadata.deletionTimestamp !== undefined

/** Milliseconds; a namespace waits for all that is in it, a Gateway for its load balancer. */
const GONE_LIMIT = 10 * 60_000

/** Waits while there is such an object and it is still the one that `stands` means. */
export async function waitGone(
  kubernetes: KubernetesReader,
  object: Ref,
  { waitFor, desired }: StepContext<Settings, unknown>,
  stands: (live: KubernetesObject) => boolean,
): Promise<void> {
  await waitFor({
    what: `${describe(object)} to be gone`,
    limit: desired.timeout ?? GONE_LIMIT,
    look: async () => {
      const live = await kubernetes.get(object)
      if (live === undefined || !stands(live)) return { done: undefined }
      const last = whyStillThere(live)
      return last === undefined ? {} : { last }
    },
  })
}

/** What keeps an object that is being deleted: its finalizers, or what is left in a namespace. */
function whyStillThere({ metadata, status }: KubernetesObject): string | undefined {
  const { conditions } = (status ?? {}) as { conditions?: { type: string; status: string; message?: string }[] }
  const remaining = conditions?.filter(c => /Remaining|Failure/.test(c.type) && c.status === 'True')
  if (remaining?.length) return remaining.map(c => c.message ?? c.type).join('; ')
  const { finalizers = [] } = metadata
  return finalizers.length > 0 ? `finalizers: ${finalizers.join(', ')}` : undefined
}
