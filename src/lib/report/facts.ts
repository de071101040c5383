import type { Cluster as EcsCluster, Service, Task } from '@aws-sdk/client-ecs'
import type { Cluster as EksCluster } from '@aws-sdk/client-eks'
import { meshNames } from '../checks/adapters/mesh-names.ts'
import type { MeshNames } from '../checks/places.ts'
import type { EcsClusterSettings, Settings } from '../config/settings.ts'
import type { KubernetesReader } from '../kubernetes/client.ts'
import { type Gateway, type KubernetesObject, kindRef, type Pod } from '../kubernetes/objects.ts'
import type { ReadClients } from '../steps/clients.ts'
import { installedIstio } from '../steps/mesh-version.ts'
import type { MeshWorkload } from '../tools/istioctl.ts'

/** What a part of the world answered, or why it did not: one that can't be reached hides no other. */
export type Read<T> = { readonly value: T } | { readonly error: string }

export const valueIn = <T>(read: Read<T>): T | undefined => ('value' in read ? read.value : undefined)

/** Everything that the picture is made from, as it was read. */
export interface Facts {
  readonly account: Read<string>
  /** Undefined where there is none. */
  readonly eks: Read<EksCluster | undefined>
  /** How many NAT gateways the cluster's VPC has. */
  readonly natGateways: Read<number>
  /** Undefined where there is no cluster with an API server. */
  readonly kubernetes: Read<KubernetesFacts | undefined>
  readonly ecs: readonly EcsFacts[]
  /** How the ztunnels know every workload; an error where that was not or could not be asked. */
  readonly workloads: Read<readonly MeshWorkload[]>
  readonly names: Read<MeshNames>
}

export interface KubernetesFacts {
  readonly nodes: number
  /** Of our own installation; undefined where there is none of ours. */
  readonly istioVersion?: string
  readonly namespaces: readonly KubernetesObject[]
  readonly pods: readonly AccountedPod[]
  readonly gateways: readonly Gateway[]
  readonly policies: readonly KubernetesObject[]
}

export interface AccountedPod extends Pod {
  readonly spec?: Pod['spec'] & { readonly serviceAccountName?: string }
}

export interface EcsFacts {
  readonly settings: EcsClusterSettings
  readonly found: Read<EcsClusterFacts | undefined>
}

export interface EcsClusterFacts {
  readonly cluster: EcsCluster
  readonly services: readonly Service[]
  readonly tasks: readonly Task[]
}

/** Reads everything side by side. `askMesh` starts istioctl, which takes a second. Never rejects. */
export async function readFacts(
  settings: Settings,
  clients: ReadClients,
  { askMesh }: { readonly askMesh: boolean },
): Promise<Facts> {
  const { aws, tools } = clients
  const eks = attempt(() => aws.eks.cluster(settings.clusterName))
  const [account, cluster, natGateways, kubernetes, ecs, workloads, names] = await Promise.all([
    attempt(async () => (await aws.sts.caller()).account),
    eks,
    attempt(async () => {
      const vpcId = valueIn(await eks)?.resourcesVpcConfig?.vpcId
      if (vpcId === undefined) return 0
      return (await aws.ec2.natGateways({ 'vpc-id': [vpcId], state: ['available', 'pending'] })).length
    }),
    attempt(async () => {
      const client = await clients.kubernetes()
      return client && readKubernetes(client)
    }),
    Promise.all(
      settings.ecsClusters.map(async cluster => ({
        settings: cluster,
        found: await attempt(() => readEcs(clients, cluster.name)),
      })),
    ),
    attempt(async () => {
      if (!askMesh) throw new Error('not asked')
      return (await tools.istioctl()).workloads()
    }),
    attempt(() => meshNames(settings, clients)),
  ])
  return { account, eks: cluster, natGateways, kubernetes, ecs, workloads, names }
}

async function readKubernetes(kubernetes: KubernetesReader): Promise<KubernetesFacts> {
  const [nodes, istio, namespaces, pods, gateways, policies] = await Promise.all([
    kubernetes.list({ apiVersion: 'v1', kind: 'Node' }),
    installedIstio(kubernetes),
    kubernetes.list(kindRef('Namespace')),
    kubernetes.list<AccountedPod>(kindRef('Pod')),
    kubernetes.list<Gateway>(kindRef('Gateway')),
    kubernetes.list(kindRef('AuthorizationPolicy')),
  ])
  return {
    nodes: nodes.length,
    namespaces,
    pods,
    gateways,
    policies,
    ...(istio?.version ? { istioVersion: istio.version } : {}),
  }
}

async function readEcs({ aws: { ecs } }: ReadClients, name: string): Promise<EcsClusterFacts | undefined> {
  const cluster = await ecs.cluster(name)
  if (cluster === undefined) return undefined
  const [services, tasks] = await Promise.all([
    ecs.serviceArns(name).then(arns => ecs.services(name, arns)),
    ecs.tasks(name),
  ])
  return { cluster, services, tasks }
}

async function attempt<T>(read: () => Promise<T>): Promise<Read<T>> {
  try {
    return { value: await read() }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
