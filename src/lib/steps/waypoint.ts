import { ISTIO_NAMESPACE, MANAGED_BY_LABEL } from '../config/names.ts'
import type { Settings } from '../config/settings.ts'
import type { Change, Plan } from '../engine/plan.ts'
import type { Step, StepContext } from '../engine/step.ts'
import type { Look } from '../engine/wait.ts'
import type { KubernetesReader } from '../kubernetes/client.ts'
import { isOurs } from '../kubernetes/differences.ts'
import { conditionOf, type Gateway, ref } from '../kubernetes/objects.ts'
import { needKubernetes, type ReadClients, type WriteClients } from './clients.ts'
import { usedAsItIs } from './not-ours.ts'
import { deleteObject, resourceOf } from './objects.ts'
import { NO_ISTIO, noCluster } from './pending.ts'
import { ecsNamespaces } from './policy-source.ts'
import { retryTool } from './retry-tool.ts'

/** The name that istioctl gives a waypoint, and that policies aim at. */
export const WAYPOINT = 'waypoint'
const USE_WAYPOINT = 'istio.io/use-waypoint'
/** Milliseconds. */
const LIMIT = 5 * 60_000

export interface Waypoint {
  readonly namespace: string
  readonly gateway?: Gateway
  /** The namespace sends its traffic through it. */
  readonly used: boolean
}

export async function observeWaypoint(kubernetes: KubernetesReader, namespace: string): Promise<Waypoint> {
  const [gateway, holder] = await Promise.all([
    kubernetes.get<Gateway>(ref('Gateway', WAYPOINT, namespace)),
    kubernetes.get(ref('Namespace', namespace)),
  ])
  const used = holder?.metadata.labels?.[USE_WAYPOINT] === WAYPOINT
  return { namespace, used, ...(gateway ? { gateway } : {}) }
}

export const stands = ({ gateway, used }: Waypoint): boolean =>
  used && gateway !== undefined && gateway.metadata.deletionTimestamp === undefined

export const WAYPOINT_KIND = 'waypoint'

const change = (action: Change['action'], { namespace }: Waypoint, reason: string, stage: number): Change => ({
  action,
  kind: WAYPOINT_KIND,
  name: `${namespace}/${WAYPOINT}`,
  reason,
  stage,
  detail: { namespace },
})

export const planWaypoints = (waypoints: readonly Waypoint[]): readonly Change[] =>
  waypoints
    .filter(waypoint => !stands(waypoint))
    .map(waypoint =>
      change('create', waypoint, waypoint.gateway ? 'the namespace does not use it' : 'does not exist', 0),
    )

export function planWaypointRemoval(waypoints: readonly Waypoint[]): readonly Change[] {
  const ours = waypoints.filter(({ gateway }) => gateway !== undefined && isOurs(gateway))
  return ours.map(waypoint => change('delete', waypoint, 'ours', 1))
}

export async function applyWaypoint(
  { action, detail }: Change,
  context: StepContext<Settings, WriteClients>,
): Promise<undefined> {
  const { clients, desired, signal, output } = context
  const { namespace } = detail as { namespace: string }
  const kubernetes = await needKubernetes(clients, desired)
  if (action === 'delete') {
    // First the label: traffic must not look for a waypoint that is gone.
    await kubernetes.patch(ref('Namespace', namespace), { metadata: { labels: { [USE_WAYPOINT]: null } } })
    const gateway = await kubernetes.get(ref('Gateway', WAYPOINT, namespace))
    if (gateway) await deleteObject(kubernetes, gateway, context)
    return undefined
  }
  const before = await kubernetes.get(ref('Gateway', WAYPOINT, namespace))
  const istioctl = await clients.tools.istioctl()
  const watch = { signal, onLine: (line: string) => output('istioctl', line) }
  await retryTool(context, 'istioctl waypoint apply', () => istioctl.waypointApply(namespace, watch))
  // istioctl puts no mark of ours on it; one that was there before is somebody else's.
  if (before === undefined) {
    const gateway = ref('Gateway', WAYPOINT, namespace)
    const metadata = { ...gateway.metadata, labels: MANAGED_BY_LABEL }
    await kubernetes.apply({ ...gateway, metadata }, { force: false })
  }
  await waitForWaypoint(namespace, context)
  return undefined
}

/** Waits until requests can go through it. */
async function waitForWaypoint(
  namespace: string,
  { clients, desired, waitFor }: StepContext<Settings, ReadClients>,
): Promise<void> {
  const kubernetes = await needKubernetes(clients, desired)
  await waitFor<void>({
    what: `waypoint ${namespace}/${WAYPOINT} to be programmed`,
    limit: desired.timeout ?? LIMIT,
    usual: 20_000,
    look: async (): Promise<Look<void>> => {
      const gateway = await kubernetes.get<Gateway>(ref('Gateway', WAYPOINT, namespace))
      const condition = gateway && conditionOf(gateway, 'Programmed')
      if (condition?.status === 'True') return { done: undefined }
      return { last: condition?.message ?? condition?.reason ?? 'no condition Programmed yet' }
    },
  })
}

export interface WaypointSeen {
  readonly cluster: boolean
  readonly istio: boolean
  readonly waypoints: readonly Waypoint[]
}

/** The waypoint of each ECS namespace: where layer 7 policies act. */
export const waypointStep: Step<Settings, ReadClients, WriteClients, WaypointSeen> = {
  id: 'waypoint',
  title: 'Waypoint of the ECS namespace',
  dependsOn: ['namespace'],
  needs: 'ecs-ambient up',

  async observe({ clients, desired }) {
    const kubernetes = await clients.kubernetes()
    if (kubernetes === undefined) return { cluster: false, istio: false, waypoints: [] }
    const [istiod, waypoints] = await Promise.all([
      kubernetes.get(ref('Deployment', 'istiod', ISTIO_NAMESPACE)),
      Promise.all(ecsNamespaces(desired).map(namespace => observeWaypoint(kubernetes, namespace))),
    ])
    return { cluster: true, istio: istiod !== undefined, waypoints }
  },

  decide({ cluster, istio, waypoints }, desired): Plan {
    const pending = [...(cluster ? [] : [noCluster(desired)]), ...(istio ? [] : [NO_ISTIO])]
    const present = presentWaypoints(waypoints)
    return pending.length > 0 ? { changes: [], present, pending } : { changes: planWaypoints(waypoints), present }
  },

  decideRemoval: ({ waypoints }) => ({
    changes: planWaypointRemoval(waypoints),
    present: presentWaypoints(waypoints),
    warnings: waypoints.flatMap(({ namespace, gateway }) =>
      gateway && !isOurs(gateway) ? [usedAsItIs(`Waypoint ${namespace}/${WAYPOINT}`)] : [],
    ),
  }),

  apply: applyWaypoint,

  async verify(context) {
    const namespaces = ecsNamespaces(context.desired)
    await Promise.all(namespaces.map(namespace => waitForWaypoint(namespace, context)))
    return { waypoints: namespaces.map(namespace => `${namespace}/${WAYPOINT}`) }
  },
}

export const presentWaypoints = (waypoints: readonly Waypoint[]) =>
  waypoints.flatMap(({ gateway }) => (gateway ? [resourceOf(gateway)] : []))
