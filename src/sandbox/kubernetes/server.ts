import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import { stringify } from 'yaml'
import type { Calls } from '../calls.ts'
import type { SandboxClock } from '../clock.ts'
import { ApiServer } from './api/api-server.ts'
import { Authenticator, type AwsIdentity } from './api/authentication.ts'
import type { Exec } from './api/exec.ts'
import { type Certificates, makeCertificates } from './certificates.ts'
import { ContainerLogs } from './container-logs.ts'
import { builtInControllers } from './controllers/built-in.ts'
import { type Controller, Controllers } from './controllers/controllers.ts'
import { collectGarbage } from './controllers/garbage-collector.ts'
import type { LoadBalancers } from './controllers/load-balancers.ts'
import { addNode, defaultNodes, furnish, type NodeDescription } from './furnishing.ts'
import { ObjectStore } from './store/store.ts'
import { Transport } from './transport.ts'

export interface KubernetesClusterOptions {
  readonly clock: SandboxClock
  readonly calls: Calls
  /** The EKS cluster's name. */
  readonly name: string
  /** `1.33`; what EKS appends to it is made up. */
  readonly version?: string
  readonly nodes?: readonly NodeDescription[]
  /** Whose AWS access keys are let in. Nobody's where this is left out. */
  identityOf?(accessKeyId: string): AwsIdentity | undefined
}

/** One Kubernetes cluster: an API server over HTTPS on loopback, its objects, and the controllers that work on them. */
export class KubernetesCluster {
  readonly name: string
  readonly store: ObjectStore
  readonly logs: ContainerLogs
  /** Lets its bearer in as the cluster's administrator. */
  readonly adminToken = randomBytes(24).toString('base64url')
  /** Images that can't be pulled. */
  readonly badImages = new Set<string>()
  /** How commands run in containers. */
  exec: Exec = async () => {
    throw new Error('nothing runs in the containers of this cluster')
  }
  /** Where Services of type LoadBalancer get their addresses from. */
  loadBalancers: LoadBalancers
  readonly #controllers: Controllers
  readonly #transport: Transport
  readonly #version: string
  readonly #stopGarbageCollection: () => void
  readonly #server: Server
  /** The certificate authority, PEM. */
  readonly ca: string

  /** A cluster that listens, on a free port of loopback. */
  static async start(options: KubernetesClusterOptions): Promise<KubernetesCluster> {
    const cluster = new KubernetesCluster(options, await makeCertificates())
    cluster.#server.listen(0, '127.0.0.1')
    await once(cluster.#server, 'listening')
    return cluster
  }

  private constructor(options: KubernetesClusterOptions, certificates: Certificates) {
    const { clock, calls, name, version = '1.33', nodes = defaultNodes, identityOf = () => undefined } = options
    this.ca = certificates.ca
    this.name = name
    this.#version = `${version}.5-eks-3025e55`
    this.store = new ObjectStore(clock)
    this.logs = new ContainerLogs(() => clock.now())
    this.loadBalancers = {
      create: async service => {
        await clock.sleep(20_000)
        return `${service.metadata.uid.replaceAll('-', '')}.us-east-1.elb.amazonaws.com`
      },
      delete: () => clock.sleep(5000),
    }
    const { store, logs, adminToken } = this
    const authenticator = new Authenticator({ clusterName: name, adminToken, identityOf })
    const api = new ApiServer({ store, logs, authenticator, version: this.#version })
    this.#transport = new Transport({ api, calls, store, exec: () => this.exec })
    this.#server = createServer({ cert: certificates.cert, key: certificates.key })
    this.#transport.serve(this.#server)
    this.#controllers = new Controllers(store, clock)
    this.#stopGarbageCollection = collectGarbage(store, error => this.#controllers.failures.push(error))
    const parts = {
      store,
      clock,
      logs,
      badImages: this.badImages,
      loadBalancers: () => this.loadBalancers,
      ca: this.ca,
    }
    for (const controller of builtInControllers(parts)) this.addController(controller)
    furnish(store)
    for (const node of nodes) this.addNode(node)
  }

  /** `https://127.0.0.1:PORT`. */
  get url(): string {
    const address = this.#server.address()
    return `https://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : ''}`
  }

  /** What controllers threw again and again: a mistake of the simulation. */
  get failures(): readonly unknown[] {
    return this.#controllers.failures
  }

  /** A kubeconfig file of the cluster's administrator. */
  kubeconfig(): string {
    const { name } = this
    return stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name, cluster: { server: this.url, 'certificate-authority-data': Buffer.from(this.ca).toString('base64') } },
      ],
      users: [{ name, user: { token: this.adminToken } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    })
  }

  /** Starts a controller, such as one of a mesh that was installed; answers what stops it. */
  addController(controller: Controller): () => void {
    return this.#controllers.add(controller)
  }

  addNode(node: NodeDescription): void {
    addNode(this.store, node, this.#version)
  }

  /** Forgets all past changes, so that watches and lists that go on from one are told 410. */
  compact(): void {
    this.store.revisions.compact()
  }

  async close(): Promise<void> {
    this.#controllers.close()
    this.#stopGarbageCollection()
    this.#transport.close()
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}
