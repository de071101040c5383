import { type MeshProfile, meshProfile } from '../config/mesh-profile.ts'
import { TASK_ROLE } from '../config/names.ts'
import type { Settings } from '../config/settings.ts'
import type { Step } from '../engine/step.ts'
import { isOurs } from '../kubernetes/differences.ts'
import { manifest } from '../kubernetes/manifests.ts'
import type { KubernetesObject } from '../kubernetes/objects.ts'
import type { ReadClients, WriteClients } from './clients.ts'
import { foreignIn, staysFor } from './foreign.ts'
import { meshVersion } from './mesh-version.ts'
import { applyObject, liveOf, observeObjects, type Pair, planObjectRemoval, planObjects } from './objects.ts'
import { noCluster } from './pending.ts'

export interface NamespaceSeen {
  readonly cluster: boolean
  /** ARN of the ECS tasks' role, path included. */
  readonly taskRoleArn?: string
  readonly pairs: readonly Pair[]
  /** By namespace, what others keep in one of ours. */
  readonly foreign: Readonly<Record<string, readonly string[]>>
}

/** The namespace of each ECS cluster's configuration objects, and the service account that its tasks run as. */
export const namespaceStep: Step<Settings, ReadClients, WriteClients, NamespaceSeen> = {
  id: 'namespace',
  title: 'Namespace and service account for ECS',
  dependsOn: ['cluster', 'iam'],

  async observe({ clients, desired }) {
    const [kubernetes, taskRole, version] = await Promise.all([
      clients.kubernetes(),
      clients.aws.iam.role(TASK_ROLE),
      meshVersion(desired, clients),
    ])
    const taskRoleArn = taskRole?.Arn
    const objects = namespaceObjects(desired, meshProfile(version), taskRoleArn ?? '')
    const role = taskRoleArn === undefined ? {} : { taskRoleArn }
    if (kubernetes === undefined) return { cluster: false, pairs: [], foreign: {}, ...role }
    const pairs = await observeObjects(kubernetes, objects)
    const ours = liveOf(pairs).filter(live => live.kind === 'Namespace' && isOurs(live))
    const foreign = await Promise.all(
      ours.map(async ({ metadata: { name } }) => [name, await foreignIn(kubernetes, name)] as const),
    )
    return { cluster: true, pairs, foreign: Object.fromEntries(foreign), ...role }
  },

  decide({ cluster, taskRoleArn, pairs }, desired) {
    const pending = [
      ...(cluster ? [] : [noCluster(desired)]),
      ...(taskRoleArn === undefined ? [`IAM role ${TASK_ROLE} does not exist`] : []),
    ]
    if (pending.length > 0) return { changes: [], present: planObjectRemoval(liveOf(pairs)).present, pending }
    return planObjects(pairs, desired)
  },

  decideRemoval({ pairs, foreign }) {
    const plan = planObjectRemoval(liveOf(pairs))
    const kept = Object.entries(foreign).filter(([, objects]) => objects.length > 0)
    const stays = ({ kind, name }: { readonly kind: string; readonly name: string }) =>
      kind === 'Namespace' && kept.some(([namespace]) => namespace === name)
    return {
      changes: plan.changes.filter(change => !stays(change)),
      present: plan.present.map(resource => (stays(resource) ? { ...resource, ours: false } : resource)),
      warnings: kept.map(([namespace, objects]) => staysFor(namespace, objects)),
    }
  },

  apply: applyObject,

  verify: async ({ desired }) => ({
    namespaces: desired.ecsClusters.map(({ namespace }) => namespace),
    serviceAccounts: desired.ecsClusters.map(({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`),
  }),
}

/** ECS clusters may share a namespace: each object is there once. */
export function namespaceObjects(
  { ecsClusters }: Pick<Settings, 'ecsClusters'>,
  profile: Pick<MeshProfile, 'roleAnnotation'>,
  taskRoleArn: string,
): readonly KubernetesObject[] {
  const roleArn = roleAnnotation(profile, taskRoleArn)
  const objects = ecsClusters.flatMap(({ namespace, serviceAccount }) =>
    manifest('namespace', { namespace, serviceAccount, roleArn }),
  )
  const byName = new Map(
    objects.map(object => [`${object.kind} ${object.metadata.namespace} ${object.metadata.name}`, object]),
  )
  return [...byName.values()]
}

/** Older versions of istiod compare the role with the caller's session, which knows no path. */
export const roleAnnotation = (profile: Pick<MeshProfile, 'roleAnnotation'>, arn: string): string =>
  profile.roleAnnotation === 'whole' ? arn : arn.replace(/:role\/.*\//, ':role/')
