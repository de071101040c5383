import { type Failure, isFailure } from '../../engine/failure.ts'
import { type AnyCheck, type Check, failed, notApplicable, ok } from '../check.ts'
import { outcome } from '../facts/outcome.ts'

const NODE = [22, 15] as const
/** The first eksctl that knows pod identity associations. */
const EKSCTL = [0, 165] as const

export const nodeCheck: Check<string> = {
  code: 'EA1001',
  area: 'machine',
  title: 'Node is new enough',
  when: 'pre',
  read: async ({ machine }) => machine.nodeVersion,
  judge: version =>
    isAtLeast(version, NODE)
      ? ok(`Node ${version}`)
      : failed(`Node ${version} is older than ${NODE.join('.')}`, 'Install Node 24: https://nodejs.org/en/download'),
}

export const eksctlCheck: Check<string | Failure> = {
  code: 'EA1002',
  area: 'machine',
  title: 'eksctl is there',
  when: 'pre',
  read: ({ clients }) => outcome(clients.tools.eksctlVersion()),
  judge: version => {
    if (isFailure(version)) return missing(version)
    return isAtLeast(version, EKSCTL)
      ? ok(`eksctl ${version}`)
      : failed(
          `eksctl ${version} is older than ${EKSCTL.join('.')}, which pod identity needs`,
          'Install a newer one: https://docs.aws.amazon.com/eks/latest/eksctl/installation.html',
        )
  },
}

export const istioctlCheck: Check<string | Failure> = {
  code: 'EA1003',
  area: 'machine',
  title: "istioctl is Solo's, in the version that is wanted",
  when: 'pre',
  read: ({ clients }) => outcome(clients.tools.istioctlVersion()),
  judge: version => (isFailure(version) ? missing(version) : ok(`Solo's istioctl ${version}`)),
}

export const pluginCheck: Check<string | Failure | undefined> = {
  code: 'EA1004',
  area: 'machine',
  title: 'session-manager-plugin is there, where it is wanted',
  when: 'pre',
  read: async ({ machine }) => (machine.execDriver === 'plugin' ? outcome(machine.plugin()) : undefined),
  judge: path => {
    if (path === undefined) return notApplicable('ECS Exec needs no plugin here')
    return isFailure(path) ? missing(path) : ok(path)
  },
}

const missing = ({ message, suggestions }: Failure) => failed(message, suggestions[0] ?? 'Install it.')

/** By major and minor; what is no version is none. */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, seenMajor = -1, seenMinor = -1] = (/(\d+)\.(\d+)/.exec(version) ?? []).map(Number)
  return seenMajor > major || (seenMajor === major && seenMinor >= minor)
}

export const machineChecks: readonly AnyCheck[] = [nodeCheck, eksctlCheck, istioctlCheck, pluginCheck]
