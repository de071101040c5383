import type * as sdk from '@aws-sdk/client-eks'
import { recordTags } from '../../tags.ts'
import type { Handlers } from '../../wire/service.ts'
import { roleByArn } from '../iam/state.ts'
import { addAccessEntry, addPodIdentity } from './lifecycle.ts'
import { checkedTags, clusterNamed, eksPage, inUse, invalid, notFound } from './lookup.ts'
import type { AccessEntry, EksCluster, PodIdentityAssociation } from './state.ts'

function associationOf(cluster: EksCluster, id = ''): PodIdentityAssociation {
  const association = cluster.podIdentities.get(id)
  if (association === undefined) throw notFound(`No association found with id: ${id}`, { clusterName: cluster.name })
  return association
}

const shown = (cluster: EksCluster, association: PodIdentityAssociation): sdk.PodIdentityAssociation => ({
  clusterName: cluster.name,
  namespace: association.namespace,
  serviceAccount: association.serviceAccount,
  roleArn: association.roleArn,
  associationArn: association.arn,
  associationId: association.id,
  tags: recordTags.write(association.tags),
  createdAt: association.created,
  modifiedAt: association.modified,
})

function entryOf(cluster: EksCluster, principal = ''): AccessEntry {
  const entry = cluster.accessEntries.get(principal)
  if (entry === undefined)
    throw notFound(`The specified principalArn could not be found: ${principal}`, { clusterName: cluster.name })
  return entry
}

const shownEntry = (cluster: EksCluster, entry: AccessEntry): sdk.AccessEntry => ({
  clusterName: cluster.name,
  principalArn: entry.principalArn,
  accessEntryArn: entry.arn,
  kubernetesGroups: entry.groups,
  createdAt: entry.created,
  modifiedAt: entry.created,
  tags: recordTags.write(entry.tags),
  username: entry.principalArn,
  type: entry.kind,
})

export const identityOperations = {
  CreatePodIdentityAssociation(input, { region }) {
    const cluster = clusterNamed(region, input.clusterName)
    const { namespace = '', serviceAccount = '', roleArn = '' } = input
    const taken = [...cluster.podIdentities.values()].some(
      other => other.namespace === namespace && other.serviceAccount === serviceAccount,
    )
    if (taken) throw inUse(`Association already exists: ${namespace}/${serviceAccount}`, { clusterName: cluster.name })
    if (roleByArn(region.iam, roleArn) === undefined)
      throw invalid(`Role provided in the request does not exist: ${roleArn}`)
    const association = addPodIdentity(region, cluster, {
      namespace,
      serviceAccount,
      roleArn,
      tags: checkedTags(input.tags),
    })
    return { association: shown(cluster, association) }
  },

  DescribePodIdentityAssociation({ clusterName, associationId }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    return { association: shown(cluster, associationOf(cluster, associationId)) }
  },

  ListPodIdentityAssociations({ clusterName, namespace, serviceAccount, ...paging }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    const found = [...cluster.podIdentities.values()].filter(
      item =>
        (namespace === undefined || item.namespace === namespace) &&
        (serviceAccount === undefined || item.serviceAccount === serviceAccount),
    )
    const { items, rest } = eksPage(found, ({ id }) => id, paging)
    const associations = items.map(item => ({
      clusterName: cluster.name,
      namespace: item.namespace,
      serviceAccount: item.serviceAccount,
      associationArn: item.arn,
      associationId: item.id,
    }))
    return { associations, ...rest }
  },

  UpdatePodIdentityAssociation({ clusterName, associationId, roleArn }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    const association = associationOf(cluster, associationId)
    association.roleArn = roleArn ?? association.roleArn
    association.modified = new Date(region.clock.now())
    return { association: shown(cluster, association) }
  },

  DeletePodIdentityAssociation({ clusterName, associationId }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    const association = associationOf(cluster, associationId)
    cluster.podIdentities.delete(association.id)
    return { association: shown(cluster, association) }
  },

  CreateAccessEntry({ clusterName, principalArn = '', kubernetesGroups, type, tags }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    if (cluster.accessEntries.has(principalArn))
      throw inUse('The specified access entry resource is already in use on this cluster.', {
        clusterName: cluster.name,
      })
    const entry = addAccessEntry(region, cluster, {
      principalArn,
      kind: type ?? 'STANDARD',
      groups: kubernetesGroups ?? [],
      tags: checkedTags(tags),
    })
    return { accessEntry: shownEntry(cluster, entry) }
  },

  DescribeAccessEntry({ clusterName, principalArn }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    return { accessEntry: shownEntry(cluster, entryOf(cluster, principalArn)) }
  },

  ListAccessEntries({ clusterName, associatedPolicyArn, ...paging }, { region }) {
    const entries = [...clusterNamed(region, clusterName).accessEntries.values()]
    const found = entries.filter(
      ({ policies }) => associatedPolicyArn === undefined || policies.has(associatedPolicyArn),
    )
    const { items, rest } = eksPage(found, ({ principalArn }) => principalArn, paging)
    return { accessEntries: items.map(({ principalArn }) => principalArn), ...rest }
  },

  DeleteAccessEntry({ clusterName, principalArn }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    cluster.accessEntries.delete(entryOf(cluster, principalArn).principalArn)
    return {}
  },

  AssociateAccessPolicy({ clusterName, principalArn, policyArn = '', accessScope }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    const entry = entryOf(cluster, principalArn)
    entry.policies.set(policyArn, { kind: accessScope?.type ?? 'cluster', namespaces: accessScope?.namespaces ?? [] })
    return {
      clusterName: cluster.name,
      principalArn: entry.principalArn,
      associatedAccessPolicy: { policyArn, accessScope },
    }
  },

  ListAssociatedAccessPolicies({ clusterName, principalArn, ...paging }, { region }) {
    const cluster = clusterNamed(region, clusterName)
    const entry = entryOf(cluster, principalArn)
    const { items, rest } = eksPage(entry.policies, ([arn]) => arn, paging)
    return {
      clusterName: cluster.name,
      principalArn: entry.principalArn,
      associatedAccessPolicies: items.map(([policyArn, { kind, namespaces }]) => ({
        policyArn,
        accessScope: { type: kind, namespaces },
        associatedAt: entry.created,
        modifiedAt: entry.created,
      })),
      ...rest,
    }
  },
} satisfies Handlers<typeof sdk>
