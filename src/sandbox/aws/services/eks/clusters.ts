import type * as sdk from '@aws-sdk/client-eks'
import type { Region } from '../../region.ts'
import { recordTags, type Tags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import { addCluster, removeCluster } from './lifecycle.ts'
import { checkedTags, clusterNamed, eksPage, invalid, setTags } from './lookup.ts'
import type { EksCluster } from './state.ts'
import { shownVersion, VERSIONS } from './versions.ts'

const shown = (cluster: EksCluster): sdk.Cluster => ({
  name: cluster.name,
  arn: cluster.arn,
  createdAt: cluster.created,
  version: cluster.version,
  roleArn: cluster.roleArn,
  status: cluster.status,
  platformVersion: 'eks.1',
  ...(cluster.endpoint === undefined ? {} : { endpoint: cluster.endpoint }),
  certificateAuthority: cluster.certificateAuthority === undefined ? {} : { data: cluster.certificateAuthority },
  resourcesVpcConfig: {
    vpcId: cluster.vpcId,
    subnetIds: [...cluster.subnetIds],
    securityGroupIds: [...cluster.additionalGroups],
    clusterSecurityGroupId: cluster.securityGroupId,
    endpointPublicAccess: true,
    endpointPrivateAccess: false,
    publicAccessCidrs: ['0.0.0.0/0'],
  },
  kubernetesNetworkConfig: { serviceIpv4Cidr: '10.100.0.0/16', ipFamily: 'ipv4' },
  identity: { oidc: { issuer: cluster.oidcIssuer } },
  logging: { clusterLogging: [{ types: ['api', 'audit'], enabled: false }] },
  accessConfig: { authenticationMode: 'API_AND_CONFIG_MAP', bootstrapClusterCreatorAdminPermissions: true },
  upgradePolicy: { supportType: 'EXTENDED' },
  health: { issues: [] },
  deletionProtection: false,
  tags: recordTags.write(cluster.tags),
})

/** Every tagged thing of EKS, by its ARN. */
function tagsOf({ eks }: Region, arn = ''): Tags {
  for (const cluster of eks.clusters.values()) {
    const parts = [cluster.addons, cluster.podIdentities, cluster.nodeGroups, cluster.accessEntries]
    const all = [cluster, ...parts.flatMap(part => [...part.values()])]
    const found = all.find(item => item.arn === arn)
    if (found !== undefined) return found.tags
  }
  throw new AwsError('NotFoundException', `Resource not found: ${arn}`)
}

export const clusterOperations = {
  CreateCluster(input, { region, caller }) {
    const newest = VERSIONS.find(({ isDefault }) => isDefault)
    const { cluster, active } = addCluster(region, {
      name: input.name ?? '',
      version: input.version ?? newest?.version ?? '',
      roleArn: input.roleArn ?? '',
      subnetIds: input.resourcesVpcConfig?.subnetIds ?? [],
      additionalGroups: input.resourcesVpcConfig?.securityGroupIds ?? [],
      tags: checkedTags(input.tags),
      creatorArn: caller.arn,
    })
    void active
    return { cluster: shown(cluster) }
  },

  DescribeCluster: ({ name }, { region }) => ({ cluster: shown(clusterNamed(region, name)) }),

  ListClusters(input, { region }) {
    const { items, rest } = eksPage(region.eks.clusters.keys(), name => name, input)
    return { clusters: items, ...rest }
  },

  DeleteCluster({ name }, { region }) {
    const cluster = clusterNamed(region, name)
    void removeCluster(region, cluster)
    return { cluster: shown(cluster) }
  },

  DescribeClusterVersions(
    { clusterVersions, defaultOnly, includeAll, status, versionStatus, ...paging },
    { region: _ },
  ) {
    const all = VERSIONS.map(shownVersion).filter(
      item =>
        (clusterVersions === undefined || clusterVersions.includes(item.clusterVersion ?? '')) &&
        (!defaultOnly || item.defaultVersion) &&
        (includeAll || clusterVersions !== undefined || item.versionStatus !== 'UNSUPPORTED') &&
        (status === undefined || item.status === status) &&
        (versionStatus === undefined || item.versionStatus === versionStatus),
    )
    const unknown = clusterVersions?.find(version => !VERSIONS.some(known => known.version === version))
    if (unknown !== undefined) throw invalid(`Invalid cluster version: ${unknown}`)
    const { items, rest } = eksPage(all, ({ clusterVersion }) => newestFirst(clusterVersion ?? ''), paging)
    return { clusterVersions: items, ...rest }
  },

  TagResource({ resourceArn, tags }, { region }) {
    setTags(tagsOf(region, resourceArn), tags)
    return {}
  },

  UntagResource({ resourceArn, tagKeys }, { region }) {
    const tags = tagsOf(region, resourceArn)
    for (const key of tagKeys ?? []) tags.delete(key)
    return {}
  },

  ListTagsForResource: ({ resourceArn }, { region }) => ({ tags: recordTags.write(tagsOf(region, resourceArn)) }),
} satisfies Handlers<typeof sdk>

/** A key by which 1.36 comes before 1.35. */
const newestFirst = (version: string): string => String(1_000 - Number(version.split('.')[1]))
