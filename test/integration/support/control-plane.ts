import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { Server } from './server.ts'

/** How to reach an API server. */
export interface Endpoint {
  readonly server: string
  /** PEM. */
  readonly ca: string
  readonly token: string
}

/** kube-apiserver with etcd and the controllers of namespaces, deployments and garbage, but without nodes. */
export class ControlPlane implements Endpoint {
  readonly server: string
  readonly ca: string
  readonly token: string
  readonly dir: string
  readonly #process: Server

  private constructor(started: Server, dir: string, endpoint: Endpoint) {
    this.#process = started
    this.dir = dir
    this.server = endpoint.server
    this.ca = endpoint.ca
    this.token = endpoint.token
  }

  static async start(program: string): Promise<ControlPlane> {
    const dir = await mkdtemp(join(tmpdir(), 'control-plane-'))
    const started = await Server.start(program, [dir], { says: 'stdout', ready: /^\{.*\}$/ })
    const { server, ca, token } = JSON.parse(started.match[0]) as Endpoint
    return new ControlPlane(started, dir, { server, ca: await readFile(ca, 'utf8'), token })
  }

  /** Writes a kubeconfig for an endpoint, this one's own or that of a proxy in front of it, and answers its path. */
  async kubeconfig(endpoint: Endpoint = this, name = 'kubeconfig'): Promise<string> {
    const path = join(this.dir, name)
    await writeFile(path, stringify(kubeconfigFor(endpoint)), { mode: 0o600 })
    return path
  }

  async stop(): Promise<void> {
    await this.#process.stop()
    await rm(this.dir, { recursive: true, force: true })
  }
}

function kubeconfigFor({ server, ca, token }: Endpoint): unknown {
  const name = 'integration'
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  }
}
