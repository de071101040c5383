import type { Settings } from '../config/settings.ts'
import { nothingToDo, type Plan } from '../engine/plan.ts'
import type { Step } from '../engine/step.ts'
import type { KubernetesReader } from '../kubernetes/client.ts'
import { isOurs } from '../kubernetes/differences.ts'
import { type KubernetesObject, ref } from '../kubernetes/objects.ts'
import type { ReadClients, WriteClients } from './clients.ts'
import { applyObject, liveOf, observeObjects, type Pair, planObjectRemoval, planObjects } from './objects.ts'
import { NO_ISTIO, noCluster } from './pending.ts'
import { ecsNamespaces, POLICY_KINDS, POLICY_NAMES, policyOf } from './policy-source.ts'
import {
  applyWaypoint,
  observeWaypoint,
  planWaypointRemoval,
  planWaypoints,
  presentWaypoints,
  WAYPOINT_KIND,
  type Waypoint,
} from './waypoint.ts'

export interface PolicySeen {
  readonly cluster: boolean
  readonly istio: boolean
  readonly pairs: readonly Pair[]
  /** The waypoints that the policy needs, or for the removal of everything, those that there are. */
  readonly waypoints: readonly Waypoint[]
}

const POLICY_CRD = ref('CustomResourceDefinition', 'authorizationpolicies.security.istio.io')

/**
 * One policy, by name or from a file, with the waypoint that it needs. Its removal leaves the waypoint.
 *
 * @throws Failure `POLICY_UNKNOWN`, `POLICY_INVALID`, `MANIFEST_INVALID` (exit 2)
 */
export function policyStep(
  nameOrFile: string,
  settings: Pick<Settings, 'ecsClusters'>,
): Step<Settings, ReadClients, WriteClients, PolicySeen> {
  const policy = policyOf(nameOrFile, settings)
  return {
    id: `policy ${policy.name}`,
    title: `Policy ${policy.name}`,
    dependsOn: [],
    needs: 'ecs-ambient up',

    async observe({ clients }) {
      const kubernetes = await clients.kubernetes()
      if (kubernetes === undefined) return { cluster: false, istio: false, pairs: [], waypoints: [] }
      const [crd, pairs, waypoints] = await Promise.all([
        kubernetes.get(POLICY_CRD),
        observeObjects(kubernetes, policy.objects),
        Promise.all(policy.waypoints.map(namespace => observeWaypoint(kubernetes, namespace))),
      ])
      return { cluster: true, istio: crd !== undefined, pairs, waypoints }
    },

    decide({ cluster, istio, pairs, waypoints }, desired): Plan {
      const pending = [...(cluster ? [] : [noCluster(desired)]), ...(istio ? [] : [NO_ISTIO])]
      if (pending.length > 0) return { changes: [], present: [], pending }
      const objects = planObjects(pairs, desired)
      return {
        ...objects,
        changes: [...planWaypoints(waypoints), ...objects.changes],
        present: [...objects.present, ...presentWaypoints(waypoints)],
      }
    },

    decideRemoval: ({ pairs }) => planObjectRemoval(liveOf(pairs)),

    apply: (change, context) =>
      change.kind === WAYPOINT_KIND ? applyWaypoint(change, context) : applyObject(change, context),

    verify: async () => ({ policy: policy.name }),
  }
}

/** All policies of ours and the waypoints of the ECS namespaces: only ever taken away. */
export const policiesStep: Step<Settings, ReadClients, WriteClients, PolicySeen> = {
  id: 'policies',
  title: 'Policies and waypoint',
  dependsOn: ['namespace', 'apps', 'enroll'],

  async observe({ clients, desired }) {
    const kubernetes = await clients.kubernetes()
    if (kubernetes === undefined) return { cluster: false, istio: false, pairs: [], waypoints: [] }
    const [policies, waypoints] = await Promise.all([
      allPolicies(kubernetes),
      Promise.all(ecsNamespaces(desired).map(namespace => observeWaypoint(kubernetes, namespace))),
    ])
    const pairs = policies.filter(isOurs).map(live => ({ desired: live, live }))
    return { cluster: true, istio: true, pairs, waypoints }
  },

  decide: ({ pairs, waypoints }) =>
    nothingToDo([...planObjectRemoval(liveOf(pairs)).present, ...presentWaypoints(waypoints)]),

  decideRemoval({ pairs, waypoints }) {
    const objects = planObjectRemoval(liveOf(pairs))
    return {
      ...objects,
      changes: [...objects.changes, ...planWaypointRemoval(waypoints)],
      present: [...objects.present, ...presentWaypoints(waypoints)],
    }
  },

  apply: (change, context) =>
    change.kind === WAYPOINT_KIND ? applyWaypoint(change, context) : applyObject(change, context),

  verify: async () => ({}),
}

export interface ListedPolicy {
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly action?: string
  /** The name by which `policy apply` knows it. */
  readonly builtIn?: string
  readonly ours: boolean
}

/** Every policy of the mesh, ours and others'. */
export async function listPolicies(
  kubernetes: KubernetesReader,
  settings: Pick<Settings, 'ecsClusters'>,
): Promise<readonly ListedPolicy[]> {
  const key = ({ metadata: { name, namespace } }: KubernetesObject) => `${namespace}/${name}`
  const builtIn = new Map(
    POLICY_NAMES.flatMap(name => policyOf(name, settings).objects.map(object => [key(object), name] as const)),
  )
  return (await allPolicies(kubernetes)).map(object => {
    const { action } = (object.spec ?? {}) as { action?: string }
    const name = isOurs(object) ? builtIn.get(key(object)) : undefined
    return {
      kind: object.kind,
      name: object.metadata.name,
      namespace: object.metadata.namespace ?? '',
      ...(object.kind === 'AuthorizationPolicy' ? { action: action ?? 'ALLOW' } : {}),
      ...(name === undefined ? {} : { builtIn: name }),
      ours: isOurs(object),
    }
  })
}

async function allPolicies(kubernetes: KubernetesReader): Promise<readonly KubernetesObject[]> {
  return (await Promise.all(POLICY_KINDS.map(kind => kubernetes.list(kind)))).flat()
}
