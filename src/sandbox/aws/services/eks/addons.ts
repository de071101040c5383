import type * as sdk from '@aws-sdk/client-eks'
import { uuid } from '../../ids.ts'
import type { Region } from '../../region.ts'
import { recordTags } from '../../tags.ts'
import type { Handlers } from '../../wire/service.ts'
import { addAddon, removeAddon } from './lifecycle.ts'
import { checkedTags, clusterNamed, eksPage, inUse, invalid, notFound } from './lookup.ts'
import type { Addon, EksCluster } from './state.ts'

/** The addons of AWS's own, with the version that is their default now. */
export const ADDON_VERSIONS: Readonly<Record<string, string>> = {
  'vpc-cni': 'v1.21.1-eksbuild.7',
  coredns: 'v1.13.2-eksbuild.4',
  'kube-proxy': 'v1.35.3-eksbuild.2',
  'eks-pod-identity-agent': 'v1.3.10-eksbuild.2',
  'metrics-server': 'v0.8.1-eksbuild.2',
  'aws-ebs-csi-driver': 'v1.56.0-eksbuild.1',
}

function addonOf(cluster: EksCluster, name = ''): Addon {
  const addon = cluster.addons.get(name)
  if (addon === undefined)
    throw notFound(`No addon: ${name} found in cluster: ${cluster.name}`, {
      clusterName: cluster.name,
      addonName: name,
    })
  return addon
}

const shown = (cluster: EksCluster, addon: Addon): sdk.Addon => ({
  addonName: addon.name,
  clusterName: cluster.name,
  status: addon.status,
  addonVersion: addon.version,
  health: { issues: [] },
  addonArn: addon.arn,
  createdAt: addon.created,
  modifiedAt: addon.modified,
  ...(addon.serviceAccountRole === undefined ? {} : { serviceAccountRoleArn: addon.serviceAccountRole }),
  ...(addon.configuration === undefined ? {} : { configurationValues: addon.configuration }),
  tags: recordTags.write(addon.tags),
})

/** EKS answers most changes with an update that can be watched. */
export const update = (region: Region, type: sdk.UpdateType, status: sdk.UpdateStatus = 'InProgress'): sdk.Update => ({
  id: uuid(),
  status,
  type,
  params: [],
  createdAt: new Date(region.clock.now()),
  errors: [],
})

export const addonOperations = {
  CreateAddon(input, { region }) {
    const cluster = clusterNamed(region, input.clusterName)
    const name = input.addonName ?? ''
    const version = input.addonVersion ?? ADDON_VERSIONS[name]
    if (version === undefined) throw invalid(`Addon ${name} specified is not supported`)
    if (cluster.addons.has(name)) throw inUse('Addon already exists.', { clusterName: cluster.name, addonName: name })
    const addon = addAddon(region, cluster, {
      name,
      version,
      configuration: input.configurationValues,
      serviceAccountRole: input.serviceAccountRoleArn,
      tags: checkedTags(input.tags),
    })
    return { addon: shown(cluster, addon) }
  },

  DescribeAddon({ clusterName, addonName }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    return { addon: shown(cluster, addonOf(cluster, addonName)) }
  },

  ListAddons({ clusterName, ...paging }, { region }) {
    const { items, rest } = eksPage(clusterNamed(region, clusterName).addons.keys(), name => name, paging)
    return { addons: items, ...rest }
  },

  UpdateAddon({ clusterName, addonName, addonVersion, configurationValues }, { region }) {
    const addon = addonOf(clusterNamed(region, clusterName), addonName)
    addon.version = addonVersion ?? addon.version
    addon.configuration = configurationValues ?? addon.configuration
    addon.modified = new Date(region.clock.now())
    return { update: update(region, 'AddonUpdate') }
  },

  DeleteAddon({ clusterName, addonName }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    const addon = addonOf(cluster, addonName)
    removeAddon(region, cluster, addon)
    return { addon: shown(cluster, addon) }
  },

  DescribeAddonVersions({ addonName }) {
    const names = Object.keys(ADDON_VERSIONS).filter(name => addonName === undefined || name === addonName)
    return {
      addons: names.map(name => ({
        addonName: name,
        type: 'networking',
        owner: 'aws',
        publisher: 'eks',
        addonVersions: [{ addonVersion: ADDON_VERSIONS[name], architecture: ['amd64', 'arm64'] }],
      })),
    }
  },
} satisfies Handlers<typeof sdk>
