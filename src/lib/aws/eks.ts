import type {
  AccessEntry,
  Addon,
  Cluster,
  ClusterVersionInformation,
  EKS,
  Nodegroup,
  PodIdentityAssociation,
  PodIdentityAssociationSummary,
} from '@aws-sdk/client-eks'
import { AwsService, allPages, ifFound } from './service.ts'
import type { Tags } from './tags.ts'

const paged = (token: string | undefined) => (token ? { nextToken: token } : {})

export class EksReader extends AwsService<EKS> {
  /** The cluster with its tags, or undefined. */
  async cluster(name: string): Promise<Cluster | undefined> {
    return (await ifFound((await this.sdk()).describeCluster({ name }), 'ResourceNotFoundException'))?.cluster
  }

  async clusterNames(): Promise<readonly string[]> {
    const eks = await this.sdk()
    return allPages(
      token => eks.listClusters(paged(token)),
      page => page.clusters,
      page => page.nextToken,
    )
  }

  /** The Kubernetes versions that the region offers, with their dates and which is the default. */
  async versions(): Promise<readonly ClusterVersionInformation[]> {
    const eks = await this.sdk()
    return allPages(
      token => eks.describeClusterVersions(paged(token)),
      page => page.clusterVersions,
      page => page.nextToken,
    )
  }

  async nodegroup(clusterName: string, nodegroupName: string): Promise<Nodegroup | undefined> {
    const eks = await this.sdk()
    return (await ifFound(eks.describeNodegroup({ clusterName, nodegroupName }), 'ResourceNotFoundException'))
      ?.nodegroup
  }

  /** Names of the cluster's node groups; none where there is no such cluster. */
  async nodegroupNames(clusterName: string): Promise<readonly string[]> {
    const eks = await this.sdk()
    const names = await ifFound(
      allPages(
        token => eks.listNodegroups({ clusterName, ...paged(token) }),
        page => page.nodegroups,
        page => page.nextToken,
      ),
      'ResourceNotFoundException',
    )
    return names ?? []
  }

  async addon(clusterName: string, addonName: string): Promise<Addon | undefined> {
    const eks = await this.sdk()
    return (await ifFound(eks.describeAddon({ clusterName, addonName }), 'ResourceNotFoundException'))?.addon
  }

  /** Names of the cluster's addons; none where there is no such cluster. */
  async addonNames(clusterName: string): Promise<readonly string[]> {
    const eks = await this.sdk()
    const names = await ifFound(
      allPages(
        token => eks.listAddons({ clusterName, ...paged(token) }),
        page => page.addons,
        page => page.nextToken,
      ),
      'ResourceNotFoundException',
    )
    return names ?? []
  }

  /** What lets an IAM user or role into the cluster's API, or undefined. */
  async accessEntry(clusterName: string, principalArn: string): Promise<AccessEntry | undefined> {
    const answer = (await this.sdk()).describeAccessEntry({ clusterName, principalArn })
    return (await ifFound(answer, 'ResourceNotFoundException'))?.accessEntry
  }

  /** The associations of one service account, without their roles; none where there is no such cluster. */
  async podIdentityAssociations(
    clusterName: string,
    namespace: string,
    serviceAccount: string,
  ): Promise<readonly PodIdentityAssociationSummary[]> {
    const eks = await this.sdk()
    const associations = await ifFound(
      allPages(
        token => eks.listPodIdentityAssociations({ clusterName, namespace, serviceAccount, ...paged(token) }),
        page => page.associations,
        page => page.nextToken,
      ),
      'ResourceNotFoundException',
    )
    return associations ?? []
  }

  /** One association with its role, tags and dates. */
  async podIdentityAssociation(
    clusterName: string,
    associationId: string,
  ): Promise<PodIdentityAssociation | undefined> {
    const eks = await this.sdk()
    const answer = ifFound(
      eks.describePodIdentityAssociation({ clusterName, associationId }),
      'ResourceNotFoundException',
    )
    return (await answer)?.association
  }
}

export interface NewPodIdentityAssociation {
  readonly clusterName: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly roleArn: string
  readonly tags: Tags
}

export class EksWriter extends EksReader {
  async createAddon(clusterName: string, addonName: string, tags: Tags): Promise<void> {
    await (await this.sdk()).createAddon({ clusterName, addonName, tags: { ...tags } })
  }

  async deleteAddon(clusterName: string, addonName: string): Promise<void> {
    await (await this.sdk()).deleteAddon({ clusterName, addonName })
  }

  async createPodIdentityAssociation(association: NewPodIdentityAssociation): Promise<string | undefined> {
    const answer = await (await this.sdk()).createPodIdentityAssociation({
      ...association,
      tags: { ...association.tags },
    })
    return answer.association?.associationId
  }

  async updatePodIdentityAssociation(clusterName: string, associationId: string, roleArn: string): Promise<void> {
    await (await this.sdk()).updatePodIdentityAssociation({ clusterName, associationId, roleArn })
  }

  async deletePodIdentityAssociation(clusterName: string, associationId: string): Promise<void> {
    await (await this.sdk()).deletePodIdentityAssociation({ clusterName, associationId })
  }

  /** How many nodes a group may have and has. @throws Failure while another update of it is under way */
  async scaleNodegroup(
    clusterName: string,
    nodegroupName: string,
    scalingConfig: { readonly minSize: number; readonly maxSize: number; readonly desiredSize: number },
  ): Promise<void> {
    await (await this.sdk()).updateNodegroupConfig({ clusterName, nodegroupName, scalingConfig })
  }

  async tag(resourceArn: string, tags: Tags): Promise<void> {
    await (await this.sdk()).tagResource({ resourceArn, tags: { ...tags } })
  }

  async untag(resourceArn: string, keys: readonly string[]): Promise<void> {
    await (await this.sdk()).untagResource({ resourceArn, tagKeys: [...keys] })
  }
}
