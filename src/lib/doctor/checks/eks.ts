import type { AccessEntry, Addon, Cluster, PodIdentityAssociation } from '@aws-sdk/client-eks'
import type { Settings } from '../../config/settings.ts'
import { type Failure, isFailure } from '../../engine/failure.ts'
import type { Pod } from '../../kubernetes/objects.ts'
import { ADDONS } from '../../steps/cluster/config.ts'
import { chooseVersion, type OfferedVersion } from '../../steps/cluster/version.ts'
import {
  type AnyCheck,
  type Check,
  counted,
  failed,
  type Judgement,
  judgeAll,
  notApplicable,
  ok,
  warning,
} from '../check.ts'
import { outcome } from '../facts/outcome.ts'

type Named = Pick<Settings, 'clusterName' | 'region'>

export const clusterCheck: Check<Named & { readonly cluster: Cluster | undefined }> = {
  code: 'EA1201',
  area: 'eks',
  title: 'The EKS cluster is active',
  when: 'after',
  read: async ({ eks, settings: { clusterName, region } }) => ({ clusterName, region, cluster: await eks.cluster() }),
  judge: ({ clusterName, region, cluster }) => {
    if (cluster === undefined) {
      return failed(`there is no EKS cluster ${clusterName} in ${region}`, 'ecs-ambient cluster create')
    }
    const { status, health } = cluster
    const issues = (health?.issues ?? []).map(({ code, message }) => `${code}: ${message}`)
    if (status !== 'ACTIVE' && status !== 'UPDATING') {
      const fix = status === 'FAILED' ? 'ecs-ambient cluster delete' : 'ecs-ambient doctor --wait --only EA1201'
      return failed([`${clusterName} is ${status}`, ...issues].join('; '), fix)
    }
    return issues.length > 0
      ? warning(issues.join('; '), `aws eks describe-cluster --region ${region} --name ${clusterName}`)
      : ok(`${clusterName} is ${status}`)
  },
}

export interface VersionSeen extends Named {
  /** That of the cluster; undefined where there is none. */
  readonly version: string | undefined
  readonly wanted: string | undefined
  readonly offered: readonly (OfferedVersion & {
    readonly endOfStandardSupportDate?: Date | undefined
    readonly endOfExtendedSupportDate?: Date | undefined
  })[]
}

export const versionCheck: Check<VersionSeen> = {
  code: 'EA1202',
  area: 'eks',
  title: 'Its Kubernetes version is in support',
  when: 'pre',
  read: async ({ eks, settings: { clusterName, region, eksVersion } }) => {
    const [cluster, offered] = await Promise.all([eks.cluster(), eks.versions()])
    return { clusterName, region, version: cluster?.version, wanted: eksVersion, offered }
  },
  judge: ({ clusterName, region, version, wanted, offered }) => {
    if (version === undefined) return judgeWanted(wanted, offered)
    const known = offered.find(({ clusterVersion }) => clusterVersion === version)
    const upgrade = `aws eks update-cluster-version --region ${region} --name ${clusterName} --kubernetes-version ${next(version)}`
    const support = known?.versionStatus ?? known?.status ?? 'unsupported'
    if (/^unsupported$/i.test(support)) return failed(`Kubernetes ${version} is out of support`, upgrade)
    return /extended/i.test(support)
      ? warning(
          `Kubernetes ${version} is in extended support, at six times the price, until ${day(known?.endOfExtendedSupportDate)}`,
          upgrade,
        )
      : ok(`Kubernetes ${version}, until ${day(known?.endOfStandardSupportDate)}`)
  },
}

/** EKS upgrades one minor version at a time. */
const next = (version: string): string => version.replace(/\d+$/, minor => String(Number(minor) + 1))

function judgeWanted(wanted: string | undefined, offered: VersionSeen['offered']): Judgement {
  try {
    return ok(`Kubernetes ${chooseVersion(wanted, offered)} is what a new cluster gets`)
  } catch (error) {
    if (!isFailure(error)) throw error
    return failed([error.message, ...error.why].join(' '), error.suggestions[0] ?? 'unset EKS_VERSION')
  }
}

const day = (date: Date | undefined): string => date?.toISOString().slice(0, 10) ?? 'an unknown day'

export const reachableCheck: Check<{ readonly endpoint: string; readonly shut: string | undefined }> = {
  code: 'EA1203',
  area: 'eks',
  title: 'The Kubernetes API can be reached from here',
  when: 'after',
  read: async ({ eks }) => {
    const [{ endpoint = '' }, shut] = await Promise.all([eks.standing(), eks.apiShut()])
    return { endpoint, shut }
  },
  judge: ({ endpoint, shut }) =>
    shut === undefined
      ? ok(endpoint)
      : failed(
          `${endpoint}: ${shut}`,
          'Is the endpoint private, or behind a VPN? Go on from a machine in its network.',
        ),
}

export interface EntrySeen extends Named {
  readonly principal: string
  readonly entry: AccessEntry | undefined
  /** Why the API refused the caller; undefined where it let them in. */
  readonly refused: Failure | undefined
}

export const entryCheck: Check<EntrySeen> = {
  code: 'EA1204',
  area: 'eks',
  title: 'The Kubernetes API lets the caller in',
  when: 'after',
  read: async ({ account, eks, kubernetes, settings: { clusterName, region } }) => {
    const [{ arn: principal }, entry, answer] = await Promise.all([
      account.principal(),
      eks.accessEntry(),
      outcome(kubernetes.entry()),
    ])
    return { clusterName, region, principal, entry, refused: isFailure(answer) ? answer : undefined }
  },
  judge: ({ clusterName, region, principal, entry, refused }) => {
    const of = `--region ${region} --cluster-name ${clusterName} --principal-arn ${principal}`
    const grant = `aws eks associate-access-policy ${of} --access-scope type=cluster --policy-arn arn:${principal.split(':')[1]}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`
    if (refused === undefined) return ok(entry ? `by the access entry of ${principal}` : 'by the aws-auth ConfigMap')
    if (refused.code !== 'KUBERNETES_UNAUTHORIZED' && refused.code !== 'KUBERNETES_FORBIDDEN') {
      return warning(`could not be looked at: ${refused.message}`, refused.suggestions[0])
    }
    return entry === undefined
      ? failed(`${principal} has no access entry`, `aws eks create-access-entry ${of} && ${grant}`)
      : failed(`the access entry of ${principal} grants too little: ${refused.why[0] ?? refused.message}`, grant)
  },
}

export interface AddonSeen extends Named {
  readonly addons: readonly { readonly name: string; readonly addon: Addon | undefined }[]
}

export const addonCheck: Check<AddonSeen> = {
  code: 'EA1205',
  area: 'eks',
  title: 'The addons that the mesh needs are active',
  when: 'after',
  read: async ({ eks, settings: { clusterName, region } }) => ({
    clusterName,
    region,
    addons: await Promise.all(ADDONS.map(async name => ({ name, addon: await eks.addon(name) }))),
  }),
  judge: ({ clusterName, region, addons }) =>
    judgeAll(
      addons.map(({ name, addon }) => judgeAddon(name, addon, { clusterName, region })),
      addons.map(({ name, addon }) => `${name} ${addon?.addonVersion}`).join(', '),
    ),
}

function judgeAddon(name: string, addon: Addon | undefined, { clusterName, region }: Named): Judgement {
  if (addon === undefined) return failed(`${name} is not installed`, 'ecs-ambient cluster create')
  const { status = 'UNKNOWN', health } = addon
  if (status === 'ACTIVE' || status === 'UPDATING') return ok(name)
  const issues = (health?.issues ?? []).map(({ message }) => message).join('; ')
  const why = [`${name} is ${status}`, issues].filter(Boolean).join(': ')
  const look = `aws eks describe-addon --region ${region} --cluster-name ${clusterName} --addon-name ${name}`
  return status === 'CREATING' ? warning(why, look) : failed(why, look)
}

export const associationCheck: Check<PodIdentityAssociation | undefined> = {
  code: 'EA1206',
  area: 'eks',
  title: 'istiod has a pod identity association',
  when: 'after',
  read: ({ eks }) => eks.association(),
  judge: association =>
    association?.roleArn
      ? ok(association.roleArn)
      : failed('istio-system/istiod has none: it can see nothing of ECS', 'ecs-ambient cluster create'),
}

export interface AgesSeen {
  readonly association: PodIdentityAssociation | undefined
  readonly pods: readonly Pod[]
}

export const associationAge: Check<AgesSeen> = {
  code: 'EA1207',
  area: 'eks',
  title: 'istiod started after its pod identity association',
  when: 'after',
  read: async ({ eks, kubernetes }) => {
    const [association, pods] = await Promise.all([eks.association(), kubernetes.pods()])
    return { association, pods: pods.filter(({ metadata }) => metadata.labels?.app === 'istiod') }
  },
  judge: ({ association, pods }) => {
    const since = association?.modifiedAt ?? association?.createdAt
    if (since === undefined) return notApplicable('there is no association: see EA1206')
    const running = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    if (running.length === 0) return notApplicable('no istiod runs: see EA1301')
    const stale = running.filter(({ status, metadata }) => {
      const started = status?.startTime ?? metadata.creationTimestamp
      return started !== undefined && new Date(started) < since
    })
    return stale.length === 0
      ? ok(`${counted(running.length, 'pod')}, younger than it`)
      : failed(
          `${stale.map(({ metadata }) => metadata.name).join(', ')} is older than the association of ${since.toISOString()}`,
          'kubectl -n istio-system rollout restart deployment istiod',
        )
  },
}

export const eksChecks: readonly AnyCheck[] = [
  clusterCheck,
  versionCheck,
  reachableCheck,
  entryCheck,
  addonCheck,
  associationCheck,
  associationAge,
]
