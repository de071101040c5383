import type { ControlPlane, MeshService, Workload, World } from './workload.ts'

/** What a host name turned out to be. */
export type Target =
  | { readonly kind: 'service'; readonly service: MeshService }
  | { readonly kind: 'workload'; readonly workload: Workload }
  | { readonly kind: 'internet'; readonly address: string }

const ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/
/** Names that public DNS knows; everything else that nobody here serves does not exist. */
const PUBLIC = /(^|\.)[a-z0-9-]+\.(com|org|net|io|dev|edu|gov|aws)$/
const CLUSTER_SUFFIXES = ['.svc.cluster.local', '.svc']

/**
 * The resolver that a workload asks: the mesh's own for whoever is captured by a ztunnel, the cluster's for other pods,
 * public DNS for other tasks.
 */
export function resolve(world: World, from: Workload, host: string): Target | undefined {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (ADDRESS.test(name)) return byAddress(world, name)
  const plane = from.mesh === undefined ? undefined : world.plane(from.mesh)
  const service = plane && serviceOf(plane, from, name)
  if (service && (from.captured || (from.platform === 'eks' && service.kind === 'Service'))) {
    return { kind: 'service', service }
  }
  return PUBLIC.test(name) ? { kind: 'internet', address: publicAddress(name) } : undefined
}

function serviceOf(plane: ControlPlane, from: Workload, name: string): MeshService | undefined {
  const base = CLUSTER_SUFFIXES.reduce(
    (rest, suffix) => (rest.endsWith(suffix) ? rest.slice(0, -suffix.length) : rest),
    name,
  )
  const [service, namespace = from.identity.namespace, ...more] = base.split('.')
  return plane.services.find(
    candidate =>
      candidate.hosts.includes(name) ||
      (candidate.kind === 'Service' &&
        more.length === 0 &&
        candidate.name === service &&
        candidate.namespace === namespace),
  )
}

function byAddress(world: World, address: string): Target {
  const workload = world.workloads.find(candidate => candidate.address === address)
  return workload ? { kind: 'workload', workload } : { kind: 'internet', address }
}

/** An address that is always the same for the same name, out of a block that is reserved for documentation. */
function publicAddress(name: string): string {
  const sum = [...name].reduce((total, letter) => (total * 31 + letter.charCodeAt(0)) % 254, 7)
  return `203.0.113.${sum + 1}`
}
