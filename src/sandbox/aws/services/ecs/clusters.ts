import type * as sdk from '@aws-sdk/client-ecs'
import { page } from '../../paging.ts'
import type { Region } from '../../region.ts'
import { lowerTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import { ensureServiceLinkedRole } from '../iam/service-linked.ts'
import { activeCluster, anyCluster, arnOf, invalid } from './lookup.ts'
import type { EcsCluster } from './state.ts'
import { checkedTags } from './tags.ts'
import { TIMES } from './timing.ts'

const NAME = /^[\w-]{1,255}$/

function shown(cluster: EcsCluster, include: readonly string[] = []): sdk.Cluster {
  const tasks = [...cluster.tasks.values()]
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    pendingTasksCount: tasks.filter(({ lastStatus }) => lastStatus === 'PROVISIONING' || lastStatus === 'PENDING')
      .length,
    activeServicesCount: [...cluster.services.values()].filter(({ status }) => status === 'ACTIVE').length,
    statistics: [],
    tags: include.includes('TAGS') ? lowerTags.write(cluster.tags) : [],
    settings: include.includes('SETTINGS') ? cluster.settings : [],
    capacityProviders: cluster.capacityProviders,
    defaultCapacityProviderStrategy: [],
    ...(include.includes('CONFIGURATIONS') && cluster.executeCommand
      ? { configuration: { executeCommandConfiguration: cluster.executeCommand } }
      : {}),
  }
}

const EVERYTHING = ['TAGS', 'SETTINGS', 'CONFIGURATIONS']

/** The first cluster of an account makes the service-linked role, and has to be asked for again until it is there. */
export function requireServiceLinkedRole(region: Region): void {
  const role = ensureServiceLinkedRole(region, 'ecs.amazonaws.com')
  if (role !== undefined && region.clock.now() < role.assumableFrom)
    throw invalid('Unable to assume the service linked role. Please verify that the ECS service linked role exists.')
}

export const clusterOperations = {
  CreateCluster(input, { region }) {
    const name = input.clusterName ?? 'default'
    if (!NAME.test(name)) throw invalid('Cluster name can only contain letters, digits, hyphens and underscores.')
    requireServiceLinkedRole(region)
    const known = region.ecs.clusters.get(name)
    if (known?.status === 'ACTIVE') return { cluster: shown(known, EVERYTHING) }
    const cluster: EcsCluster = {
      arn: arnOf(region, `cluster/${name}`),
      name,
      status: 'ACTIVE',
      tags: checkedTags(input.tags),
      settings: input.settings ?? [{ name: 'containerInsights', value: 'disabled' }],
      executeCommand: input.configuration?.executeCommandConfiguration,
      capacityProviders: input.capacityProviders ?? [],
      services: new Map(),
      tasks: new Map(),
    }
    region.ecs.clusters.set(name, cluster)
    return { cluster: shown(cluster, EVERYTHING) }
  },

  DescribeClusters({ clusters = ['default'], include }, { region }) {
    const found = clusters.map(reference => ({ reference, cluster: anyCluster(region, reference) }))
    return {
      clusters: found.flatMap(({ cluster }) => (cluster ? [shown(cluster, include)] : [])),
      failures: found
        .filter(({ cluster }) => cluster === undefined)
        .map(({ reference }) => ({
          arn: reference.startsWith('arn:') ? reference : arnOf(region, `cluster/${reference}`),
          reason: 'MISSING',
        })),
    }
  },

  ListClusters({ maxResults = 100, nextToken }, { region }) {
    const active = [...region.ecs.clusters.values()].filter(({ status }) => status === 'ACTIVE')
    const { items, next } = page(active, {
      key: ({ arn }) => arn,
      token: nextToken,
      size: maxResults,
      invalidToken: () => invalid('Invalid token.'),
    })
    return { clusterArns: items.map(({ arn }) => arn), ...(next === undefined ? {} : { nextToken: next }) }
  },

  UpdateCluster({ cluster: reference, settings, configuration }, { region }) {
    const cluster = activeCluster(region, reference)
    cluster.settings = settings ?? cluster.settings
    cluster.executeCommand = configuration?.executeCommandConfiguration ?? cluster.executeCommand
    return { cluster: shown(cluster, EVERYTHING) }
  },

  UpdateClusterSettings({ cluster: reference, settings }, { region }) {
    const cluster = activeCluster(region, reference)
    cluster.settings = settings ?? []
    return { cluster: shown(cluster, EVERYTHING) }
  },

  DeleteCluster({ cluster: reference }, { region }) {
    const cluster = activeCluster(region, reference)
    if ([...cluster.services.values()].some(({ status }) => status !== 'INACTIVE'))
      throw new AwsError('ClusterContainsServicesException', 'The Cluster cannot be deleted while Services are active.')
    if ([...cluster.tasks.values()].some(({ lastStatus }) => lastStatus !== 'STOPPED'))
      throw new AwsError('ClusterContainsTasksException', 'The Cluster cannot be deleted while Tasks are active.')
    cluster.status = 'INACTIVE'
    region.clock.after(TIMES.remembered, () => {
      if (region.ecs.clusters.get(cluster.name) === cluster) region.ecs.clusters.delete(cluster.name)
    })
    return { cluster: shown(cluster, EVERYTHING) }
  },

  PutAccountSetting({ name, value = '' }, { region, caller }) {
    region.ecs.accountSettings.set(name ?? '', value)
    return { setting: { name, value, principalArn: caller.arn } }
  },

  ListAccountSettings(_, { region, caller }) {
    const settings = Array.from(region.ecs.accountSettings, ([name, value]) => ({
      name: name as sdk.SettingName,
      value,
      principalArn: caller.arn,
    }))
    return { settings }
  },
} satisfies Handlers<typeof sdk>
