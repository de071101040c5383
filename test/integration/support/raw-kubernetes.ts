import { request } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly type?: 'apply-patch+yaml' | 'merge-patch+json' | 'strategic-merge-patch+json' | 'json-patch+json' | 'json'
}

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Plain HTTP to an API server, with nothing of a client library between. */
export class RawKubernetes {
  readonly #config = new KubeConfig()

  constructor(kubeconfig: string) {
    this.#config.loadFromFile(kubeconfig)
  }

  async ask({ method, path, body, type = 'json' }: Ask): Promise<Answer> {
    const text = body === undefined ? '' : JSON.stringify(body)
    const headers = {
      accept: 'application/json',
      // Node sends no length of its own with DELETE.
      ...(text === '' ? {} : { 'content-type': `application/${type}`, 'content-length': Buffer.byteLength(text) }),
    }
    const options = { method, headers }
    await this.#config.applyToHTTPSOptions(options)
    const url = `${this.#config.getCurrentCluster()?.server}${path}`
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const sent = request(url, options, answer => {
      const chunks: Buffer[] = []
      answer.on('data', chunk => chunks.push(chunk))
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString()) })
      })
    })
    sent.on('error', reject)
    sent.end(text)
    return promise
  }
}

/** What an API group that does not exist answers is plain text; a watch answers an event a line. */
function parsed(text: string): Record<string, unknown> {
  const lines = text.split('\n').filter(line => line !== '')
  try {
    if (lines.every(line => line.startsWith('{"type":'))) return { events: lines.map(line => JSON.parse(line)) }
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return { text }
  }
}
