import { valueAt } from '../../kubernetes/objects.ts'
import type { ObjectStore } from '../../kubernetes/store/store.ts'
import { isProgrammed } from '../../mesh/gateways.ts'
import { GATEWAY } from '../../mesh/plane.ts'
import { stopIfGone, ToolError } from '../tool.ts'
import { type Action, clusterOf, type Invoked } from './context.ts'

const NAME = 'waypoint'
const MANAGER = 'istioctl'
const USE_WAYPOINT = 'istio.io/use-waypoint'
/** Looks that it takes, a second of the sandbox's time apart. */
const PROGRAMMED_LOOKS = 60

const namespaceOf = ({ parsed }: Invoked): string => parsed.flags.get('namespace') ?? 'default'

export const applyWaypoint: Action = async invoked => {
  const { run, parsed, options } = invoked
  const { store } = (await clusterOf(invoked)).cluster
  const namespace = namespaceOf(invoked)
  const name = parsed.flags.get('name') ?? NAME
  if (!store.kinds.named(GATEWAY)) throw new ToolError('failed to apply: the Gateway API CRDs are not installed')
  const listeners = [{ name: 'mesh', port: 15008, protocol: 'HBONE' }]
  const labels = { 'istio.io/waypoint-for': parsed.flags.get('for') ?? 'service' }
  store.apply(
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name, namespace, labels },
      spec: { gatewayClassName: 'istio-waypoint', listeners },
    },
    { manager: MANAGER, force: true },
  )
  run.out(`✅ waypoint ${namespace}/${name} applied\n`)
  if (parsed.flags.has('enroll-namespace')) {
    if (store.get('Namespace', namespace)?.metadata.labels?.['istio.io/dataplane-mode'] !== 'ambient') {
      run.out(
        'Warning: namespace is not enrolled in ambient. Consider running\tkubectl label namespace default istio.io/dataplane-mode=ambient\n',
      )
    }
    store.patch(
      'Namespace',
      namespace,
      undefined,
      { metadata: { labels: { [USE_WAYPOINT]: name } } },
      { manager: MANAGER },
    )
    run.out(`✅ namespace ${namespace} labeled with "${USE_WAYPOINT}: ${name}"\n`)
  }
  if (!parsed.flags.has('wait')) return 0
  for (let looks = 0; !isReady(store, namespace, name); looks++) {
    stopIfGone(run.signal)
    if (looks > PROGRAMMED_LOOKS) {
      throw new ToolError(`timed out while waiting for waypoint "${namespace}/${name}" to be ready`)
    }
    await options.cloud.clock.sleep(1000)
  }
  return 0
}

function isReady(store: ObjectStore, namespace: string, name: string): boolean {
  const gateway = store.get(GATEWAY, name, namespace)
  return gateway !== undefined && isProgrammed(gateway)
}

export const deleteWaypoint: Action = async invoked => {
  const { run, parsed } = invoked
  const { store } = (await clusterOf(invoked)).cluster
  const namespace = namespaceOf(invoked)
  const [, , ...named] = parsed.words
  const all = store
    .list(GATEWAY, { namespace })
    .filter(gateway => valueAt(gateway, 'spec', 'gatewayClassName') === 'istio-waypoint')
    .map(({ metadata }) => metadata.name)
  const names = parsed.flags.has('all') ? all : named.length > 0 ? named : [NAME]
  for (const name of names) {
    if (!all.includes(name)) throw new ToolError(`gateways.gateway.networking.k8s.io "${name}" not found`)
    store.delete(GATEWAY, name, namespace)
    run.out(`waypoint ${namespace}/${name} deleted\n`)
  }
  return 0
}

export const waypointStatus: Action = async invoked => {
  const { run } = invoked
  const { store } = (await clusterOf(invoked)).cluster
  const waypoints = store
    .list(GATEWAY, { namespace: namespaceOf(invoked) })
    .filter(gateway => valueAt(gateway, 'spec', 'gatewayClassName') === 'istio-waypoint')
  if (waypoints.length === 0) {
    run.out('No waypoints found.\n')
    return 0
  }
  run.out('NAMESPACE\tNAME\tSTATUS\tTYPE\tREASON\tMESSAGE\n')
  for (const gateway of waypoints) {
    const programmed = isProgrammed(gateway)
    const { namespace, name } = gateway.metadata
    run.out(
      `${namespace}\t${name}\t${programmed ? 'True' : 'False'}\tProgrammed\t${programmed ? 'Programmed' : 'AddressNotAssigned'}\t\n`,
    )
  }
  return 0
}
