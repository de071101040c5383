import type { Workload } from '../../mesh/workload.ts'
import { type Action, clusterOf, type Invoked } from './context.ts'

/** What the ztunnels of the cluster have been told, in the form of `istioctl ztunnel-config`. */

async function workloadsOf(invoked: Invoked): Promise<readonly Workload[]> {
  const { id } = await clusterOf(invoked)
  const plane = invoked.options.mesh.plane(id)
  // Istiod knows the pods of its cluster and the tasks that are enrolled with it, nobody else.
  return plane?.installed ? invoked.options.mesh.world().workloads.filter(({ mesh }) => mesh === id) : []
}

function print({ run, parsed }: Invoked, value: readonly object[], rows: readonly (readonly string[])[]): number {
  if (parsed.flags.get('output') === 'json') {
    run.out(`${JSON.stringify(value, undefined, 4)}\n`)
    return 0
  }
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  for (const row of rows)
    run.out(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join(' ')
        .trimEnd()}\n`,
    )
  return 0
}

export const workloads: Action = async invoked => {
  const all = await workloadsOf(invoked)
  const protocolOf = (workload: Workload) => (workload.captured || isProxy(workload) ? 'HBONE' : 'TCP')
  const shown = all.map(workload => ({
    name: workload.name,
    namespace: workload.identity.namespace,
    serviceAccount: workload.identity.serviceAccount,
    workloadName: workload.app,
    workloadType: workload.platform === 'eks' ? 'deployment' : 'workloadentry',
    workloadIps: [workload.address],
    protocol: protocolOf(workload),
    status: workload.ready ? 'Healthy' : 'Unhealthy',
    trustDomain: 'cluster.local',
    clusterId: 'Kubernetes',
    canonicalName: workload.app,
    canonicalRevision: 'latest',
    network: '',
    node: '',
    applicationTunnel: { protocol: 'NONE' },
    uid: `Kubernetes//Pod/${workload.identity.namespace}/${workload.name}`,
  }))
  const rows = shown.map(one => [one.namespace, one.name, one.workloadIps.join(','), 'None', one.protocol])
  return print(invoked, shown, [['NAMESPACE', 'POD NAME', 'ADDRESS', 'WAYPOINT', 'PROTOCOL'], ...rows])
}

/** Waypoints and gateways speak HBONE themselves. */
const isProxy = ({ labels }: Workload): boolean => labels['gateway.networking.k8s.io/gateway-name'] !== undefined

export const connections: Action = async invoked => {
  const all = (await workloadsOf(invoked)).filter(({ captured }) => captured)
  const shown = all.map(({ name, identity }) => ({
    state: 'Up',
    connections: { inbound: [], outbound: [] },
    info: {
      name,
      namespace: identity.namespace,
      trustDomain: 'cluster.local',
      serviceAccount: identity.serviceAccount,
    },
  }))
  return print(invoked, shown, [['WORKLOAD', 'DIRECTION', 'LOCAL', 'REMOTE', 'REMOTE TARGET', 'PROTOCOL']])
}

const SCOPES = { selector: 'WorkloadSelector', namespace: 'Namespace', global: 'Global' } as const

export const policies: Action = async invoked => {
  const { id } = await clusterOf(invoked)
  const all = invoked.options.mesh.plane(id)?.policiesAt('istioctl') ?? []
  const enforced = all.filter(({ spec }) => spec?.targetRefs === undefined && spec?.targetRef === undefined)
  const shown = enforced.map(({ metadata, spec }) => ({
    name: metadata.name,
    namespace: metadata.namespace,
    scope: spec?.selector ? SCOPES.selector : metadata.namespace === 'istio-system' ? SCOPES.global : SCOPES.namespace,
    action: spec?.action === 'DENY' ? 'Deny' : 'Allow',
    rules: (spec?.rules ?? []).map(() => [[{}]]),
  }))
  const rows = shown.map(({ namespace, name, action, scope }) => [namespace, name, action, scope])
  return print(invoked, shown, [['NAMESPACE', 'POLICY NAME', 'ACTION', 'SCOPE'], ...rows])
}
