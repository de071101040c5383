import { TASK_ROLE } from '../config/names.ts'
import type { Settings } from '../config/settings.ts'

/** What of the settings a link names. */
export type Linked = Pick<Settings, 'region' | 'clusterName' | 'ecsClusters'>

const DOMAINS: readonly [prefix: string, domain: string][] = [
  ['cn-', 'console.amazonaws.cn'],
  ['us-gov-', 'console.amazonaws-us-gov.com'],
]

const eks =
  (path: string) =>
  ({ region, clusterName }: Linked) =>
    `eks/clusters/${clusterName}${path}?region=${region}`

const ecs = ({ region, ecsClusters: [first] }: Linked): string =>
  `ecs/v2/clusters/${first?.name ?? ''}/services?region=${region}`

const PAGES: Readonly<Record<string, (linked: Linked) => string>> = {
  cluster: eks(''),
  iam: () => `iam/home#/roles/details/${TASK_ROLE}`,
  'east-west': ({ region }) => `ec2/home?region=${region}#LoadBalancers:`,
  ecs,
  enroll: ecs,
}

/** Where the AWS console shows what a step made; undefined for what only Kubernetes shows. */
export function consoleLink(step: string, linked: Linked): string | undefined {
  const page = PAGES[step]?.(linked)
  if (page === undefined) return undefined
  const domain = DOMAINS.find(([prefix]) => linked.region.startsWith(prefix))?.[1] ?? 'console.aws.amazon.com'
  return `https://${domain}/${page}`
}
