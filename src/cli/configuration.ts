import type { Key } from '../lib/config/schema.ts'

/** The flags that a command may have, under oclif's names; a command has only some of them. */
export interface Configuration {
  readonly config?: string | undefined
  readonly sandbox?: boolean | undefined
  readonly verbose?: boolean | undefined
  readonly [flag: string]: unknown
}

/** Which flag configures what. */
const KEYS: Readonly<Record<string, Key>> = {
  region: 'region',
  profile: 'profile',
  'cluster-name': 'clusterName',
  'ecs-cluster': 'ecsCluster',
  kubeconfig: 'kubeconfig',
  timeout: 'timeout',
  istioctl: 'istioctl',
  eksctl: 'eksctl',
  'public-gateway': 'publicGateway',
  open: 'open',
  adopt: 'adopt',
}

/** What the flags say, by the configuration's own keys; only those that were given. */
export function configurationFlags(flags: Configuration): Partial<Record<Key, unknown>> {
  const given = Object.entries(KEYS).filter(([flag]) => flags[flag] !== undefined && flags[flag] !== false)
  return Object.fromEntries(given.map(([flag, key]) => [key, flags[flag]]))
}
