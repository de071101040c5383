/** What differs between the versions of Solo's Istio that the sandbox plays. */

const minorOf = (version: string): number => Number(/^1\.(\d+)/.exec(version)?.[1] ?? 0)

/** Each ECS cluster has a domain of its own. */
const hasClusterDomains = (version: string): boolean => minorOf(version) >= 28

/** ECS clusters are found by their tag rather than by name. */
export const discoversByTag = hasClusterDomains

export const hostName = (version: string, service: string, ecsCluster: string): string =>
  hasClusterDomains(version) ? `${service}.${ecsCluster}.ecs.local` : `${service}.ecs.local`
