import { stringify } from 'yaml'
import type { AwsCloud } from './aws/cloud.ts'
import type { KubernetesEndpoint } from './aws/hooks.ts'
import type { Region } from './aws/region.ts'
import { addLoadBalancer, removeWithGroup } from './aws/services/elb/lifecycle.ts'
import type { Calls } from './calls.ts'
import type { SandboxClock } from './clock.ts'
import { writeWhole } from './directory.ts'
import { ACCOUNT, CREDENTIALS } from './environment.ts'
import type { LoadBalancers } from './kubernetes/controllers/load-balancers.ts'
import type { KubeObject } from './kubernetes/objects.ts'
import type { KubernetesCluster } from './kubernetes/server.ts'
import type { Node, Service } from './kubernetes/workloads.ts'
import { Istiod } from './mesh/istiod/index.ts'
import type { Mesh } from './mesh/mesh.ts'

export interface ClustersOptions {
  readonly clock: SandboxClock
  readonly calls: Calls
  readonly aws: AwsCloud
  readonly mesh: Mesh
  /** Of Istio, without `-solo`. */
  readonly version: string
  /** A file that gets an entry for each cluster, for kubectl. */
  readonly kubeconfig: string
}

export interface ClusterName {
  readonly name: string
  readonly region: string
}

/** A cluster with the mesh in it; `id` is what both know each other by. */
export interface HeldCluster extends ClusterName {
  readonly id: string
  readonly cluster: KubernetesCluster
  readonly istiod: Istiod
}

/** The Kubernetes clusters behind the EKS clusters, which come and go with them. */
export class Clusters {
  readonly #options: ClustersOptions
  readonly #held = new Map<string, HeldCluster>()
  /** Removals that are not over yet. */
  readonly #going = new Set<Promise<void>>()

  constructor(options: ClustersOptions) {
    this.#options = options
    options.aws.events.on('eks-cluster-deleted', (name, region) => {
      const gone = this.#remove({ name, region }).finally(() => this.#going.delete(gone))
      this.#going.add(gone)
    })
  }

  get(name: string, region = this.#options.aws.defaultRegion): KubernetesCluster | undefined {
    return this.#held.get(idOf({ name, region }))?.cluster
  }

  /** By the URL of its API server. */
  byUrl(url: string): HeldCluster | undefined {
    return [...this.#held.values()].find(({ cluster }) => cluster.url === url)
  }

  async add(of: ClusterName & { readonly version: string }): Promise<KubernetesEndpoint> {
    const { clock, calls, aws, mesh, version: istioVersion } = this.#options
    // Only now: a sandbox without a cluster starts sooner without all of Kubernetes.
    const { KubernetesCluster } = await import('./kubernetes/server.ts')
    const { name, region, version } = of
    const id = idOf(of)
    const cluster = await KubernetesCluster.start({ clock, calls, name, version, nodes: [], identityOf })
    cluster.exec = (pod, container, argv, streams) =>
      mesh.runInPod({ mesh: id, ...podName(pod) }, container, argv, streams)
    cluster.loadBalancers = loadBalancers(aws.region(region), name)
    mesh.add({ id, name, region, cluster })
    const istiod = new Istiod({ cluster, region, clock, aws, version: istioVersion })
    this.#held.set(id, { id, name, region, cluster, istiod })
    this.#keepNodes(id)
    await this.writeKubeconfig()
    return { endpoint: cluster.url, certificateAuthority: Buffer.from(cluster.ca).toString('base64') }
  }

  /** Gives the cluster a node for each instance of its node groups, and takes it away with the instance. */
  #keepNodes(id: string): void {
    const held = this.#held.get(id)
    if (!held) return
    const { cluster, name, region } = held
    const { ec2, eks } = this.#options.aws.region(region)
    const wanted = [...(eks.clusters.get(name)?.nodeGroups.values() ?? [])].flatMap(group =>
      group.instanceIds.flatMap(instanceId => ec2.instances.get(instanceId) ?? []),
    )
    const nodes = cluster.store.list<Node>('Node')
    const addressOf = (node: Node) => node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address
    for (const { id: instanceId, privateIp: ip, subnetId, type: instanceType } of wanted) {
      if (nodes.some(node => addressOf(node) === ip)) continue
      cluster.addNode({ ip, instanceId, instanceType, zone: ec2.subnets.get(subnetId)?.zone ?? `${region}a` })
    }
    for (const node of nodes) {
      if (!wanted.some(({ privateIp }) => privateIp === addressOf(node)))
        cluster.store.delete('Node', node.metadata.name)
    }
    this.#options.clock.after(NODES_EVERY, () => this.#keepNodes(id))
  }

  async #remove(of: ClusterName): Promise<void> {
    const id = idOf(of)
    const held = this.#held.get(id)
    if (!held) return
    this.#held.delete(id)
    this.#options.mesh.remove(id)
    held.istiod.stop()
    await held.cluster.close()
    await this.writeKubeconfig()
  }

  /** As `aws eks update-kubeconfig` leaves it, but for the credential. */
  async writeKubeconfig(): Promise<void> {
    const all = [...this.#held.values()]
    const named = all.map(({ name, region, cluster }) => ({
      name: `arn:aws:eks:${region}:${this.#options.aws.account}:cluster/${name}`,
      cluster,
    }))
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: named.map(({ name, cluster }) => ({
        name,
        cluster: { server: cluster.url, 'certificate-authority-data': Buffer.from(cluster.ca).toString('base64') },
      })),
      users: named.map(({ name, cluster }) => ({ name, user: { token: cluster.adminToken } })),
      contexts: named.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
      'current-context': named.at(-1)?.name ?? '',
    }
    await writeWhole(this.#options.kubeconfig, stringify(config))
  }

  async close(): Promise<void> {
    const all = [...this.#held.values()]
    this.#held.clear()
    const closed = all.map(({ cluster, istiod }) => {
      istiod.stop()
      return cluster.close()
    })
    await Promise.all([...closed, ...this.#going])
  }
}

/** Whoever signs with the sandbox's own credentials. */
const identityOf = (accessKeyId: string) =>
  accessKeyId === CREDENTIALS.accessKeyId
    ? { arn: `arn:aws:iam::${ACCOUNT}:user/sandbox`, secretAccessKey: CREDENTIALS.secretAccessKey }
    : undefined

const podName = ({ metadata }: KubeObject) => ({ namespace: metadata.namespace ?? '', name: metadata.name })

/** Classic load balancers of ELB, as the controller of EKS makes them. */
function loadBalancers(region: Region, eksCluster: string): LoadBalancers {
  const nameOf = ({ metadata }: Service) => `${metadata.namespace}/${metadata.name}`
  const isInternal = ({ metadata }: Service) =>
    metadata.annotations?.['service.beta.kubernetes.io/aws-load-balancer-scheme'] === 'internal' ||
    metadata.annotations?.['service.beta.kubernetes.io/aws-load-balancer-internal'] === 'true'
  const ofService = (service: Service) =>
    [...region.elb.loadBalancers.values()].find(
      ({ tags }) =>
        tags.get('kubernetes.io/service-name') === nameOf(service) && tags.has(`kubernetes.io/cluster/${eksCluster}`),
    )
  return {
    create: service =>
      new Promise(resolve => {
        const ports = (service.spec.ports ?? []).map(({ port }) => port)
        const vpcId = region.eks.clusters.get(eksCluster)?.vpcId ?? ''
        const wanted = { service: nameOf(service), eksCluster, vpcId, internal: isInternal(service), ports }
        addLoadBalancer(region, wanted, ({ dnsName }) => resolve(dnsName))
      }),
    delete: service =>
      new Promise(resolve => {
        const balancer = ofService(service)
        if (balancer) removeWithGroup(region, balancer.name, resolve)
        else resolve()
      }),
  }
}

/** Milliseconds of the sandbox's time between two looks at the instances. */
const NODES_EVERY = 10_000

export const idOf = ({ name, region }: ClusterName): string => `${region}/${name}`
