import { Agent, request } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { Calls } from '../../../src/sandbox/calls.ts'
import { SandboxClock } from '../../../src/sandbox/clock.ts'
import { KubernetesCluster, type KubernetesClusterOptions } from '../../../src/sandbox/kubernetes/server.ts'

export interface TestCluster {
  readonly cluster: KubernetesCluster
  readonly calls: Calls
  readonly config: KubeConfig
  /** A bare request; JSON bodies are sent and read as such. */
  send(method: string, path: string, options?: SendOptions): Promise<Answer>
  close(): Promise<void>
}

export interface SendOptions {
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly token?: string | undefined
}

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
  readonly body: Record<string, unknown>
}

/** A cluster whose time passes a thousand times as fast. */
export async function startCluster(options: Partial<KubernetesClusterOptions> = {}): Promise<TestCluster> {
  const calls = new Calls()
  const clock = options.clock ?? new SandboxClock(1000)
  const cluster = await KubernetesCluster.start({ calls, name: 'demo', ...options, clock })
  const config = new KubeConfig()
  config.loadFromString(cluster.kubeconfig())
  const agent = new Agent({ ca: cluster.ca, keepAlive: true })
  return {
    cluster,
    calls,
    config,
    send: (method, path, sent = {}) => send(cluster, agent, method, path, sent),
    close: async () => {
      agent.destroy()
      clock.stop()
      await cluster.close()
    },
  }
}

function send(
  cluster: KubernetesCluster,
  agent: Agent,
  method: string,
  path: string,
  options: SendOptions,
): Promise<Answer> {
  const { body, headers = {} } = options
  const token = 'token' in options ? options.token : cluster.adminToken
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(path, cluster.url),
      { method, agent, headers: { 'content-type': 'application/json', ...authorization, ...headers } },
      response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const isJson = String(response.headers['content-type']).startsWith('application/json')
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            body: isJson ? JSON.parse(text) : {},
          })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
  })
}

export const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
})

export const deployment = (name: string, { replicas = 1, image = 'web:1' } = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image }] } },
  },
})

/** Resolves once `look` answers something, which is looked at after each change of the cluster. */
export function eventually<T>({ store }: KubernetesCluster, look: () => T | undefined | false): Promise<T> {
  return new Promise((resolve, reject) => {
    const tryNow = () => {
      try {
        const found = look()
        if (found === undefined || found === false) return
        unlisten()
        resolve(found)
      } catch (error) {
        unlisten()
        reject(error)
      }
    }
    const unlisten = store.listen(() => setImmediate(tryNow))
    tryNow()
  })
}
