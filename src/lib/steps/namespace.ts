import { type MeshProfile, meshProfile } from '../config/mesh-profile.ts'
import { TASK_ROLE } from '../config/names.ts'
import type { Settings } from '../config/settings.ts'
import type { Step } from '../engine/step.ts'
import { manifest } from '../kubernetes/manifests.ts'
import type { KubernetesObject } from '../kubernetes/objects.ts'
import type { ReadClients, WriteClients } from './clients.ts'
import { meshVersion } from './mesh-version.ts'
import { applyObject, liveOf, observeObjects, type Pair, planObjectRemoval, planObjects } from './objects.ts'
import { noCluster } from './pending.ts'

export interface NamespaceSeen {
  readonly cluster: boolean
  /** ARN of the ECS tasks' role, path included. */
  readonly taskRoleArn?: string
  readonly pairs: readonly Pair[]
}

/** The namespace of each ECS cluster's configuration objects, and the service account that its tasks run as. */
export const namespaceStep: Step<Settings, ReadClients, WriteClients, NamespaceSeen> = {
  id: 'namespace',
  title: 'Namespace and service account for ECS',
  dependsOn: ['cluster', 'iam'],

  async observe({ clients, desired }) {
    const [kubernetes, role, version] = await Promise.all([
      clients.kubernetes(),
      clients.aws.iam.role(TASK_ROLE),
      meshVersion(desired, clients),
    ])
    const taskRoleArn = role?.Arn
    const objects = namespaceObjects(desired, meshProfile(version), taskRoleArn ?? '')
    return {
      cluster: kubernetes !== undefined,
      pairs: kubernetes ? await observeObjects(kubernetes, objects) : [],
      ...(taskRoleArn === undefined ? {} : { taskRoleArn }),
    }
  },

  decide({ cluster, taskRoleArn, pairs }, desired) {
    const pending = [
      ...(cluster ? [] : [noCluster(desired)]),
      ...(taskRoleArn === undefined ? [`IAM role ${TASK_ROLE} does not exist`] : []),
    ]
    if (pending.length > 0) return { changes: [], present: planObjectRemoval(liveOf(pairs)).present, pending }
    return planObjects(pairs, desired)
  },

  decideRemoval: ({ pairs }) => planObjectRemoval(liveOf(pairs)),

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
