import type { Settings } from '../../config/settings.ts'
import type { Step } from '../../engine/step.ts'
import type { ReadClients, WriteClients } from '../clients.ts'
import { applyCluster } from './apply.ts'
import { decideCluster, decideClusterRemoval } from './decide.ts'
import { type ClusterSeen, observeCluster } from './observe.ts'
import { verifyCluster } from './verify.ts'

/** The EKS cluster, by eksctl; one that exists is used, with the addons and the association that the mesh needs. */
export const clusterStep: Step<Settings, ReadClients, WriteClients, ClusterSeen> = {
  id: 'cluster',
  title: 'EKS cluster',
  dependsOn: [],

  async precheck({ clients, desired }) {
    if ((await clients.aws.eks.cluster(desired.clusterName)) === undefined) await clients.tools.eksctlVersion()
  },

  observe: observeCluster,
  decide: decideCluster,
  decideRemoval: decideClusterRemoval,
  apply: applyCluster,
  verify: verifyCluster,
}
