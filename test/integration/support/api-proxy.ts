import { once } from 'node:events'
import { Agent, createServer, request, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import type { Endpoint } from './control-plane.ts'

export interface ApiRequest {
  readonly method: string
  readonly url: URL
}

/** What the proxy does with a request: answers it itself, or sends it on, perhaps with another query. */
export type Verdict =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: unknown }
  | { readonly query: Readonly<Record<string, string>> }
  | undefined

/** Stands before an API server and does to requests what a busy or restarting one does. */
export class ApiProxy implements Endpoint {
  readonly server: string
  readonly ca: string
  readonly token: string
  readonly requests: ApiRequest[] = []
  /** Set by tests. */
  verdict: (request: ApiRequest) => Verdict = () => undefined
  readonly #https: Server
  readonly #upstream: Endpoint
  readonly #agent: Agent

  private constructor(https: Server, ca: string, upstream: Endpoint) {
    this.#https = https
    this.#upstream = upstream
    this.#agent = new Agent({ ca: upstream.ca, keepAlive: true })
    this.server = `https://127.0.0.1:${(https.address() as AddressInfo).port}`
    this.ca = ca
    this.token = upstream.token
    https.on('request', (incoming, outgoing) => {
      const url = new URL(incoming.url ?? '/', this.#upstream.server)
      const method = incoming.method ?? 'GET'
      this.requests.push({ method, url })
      const verdict = this.verdict({ method, url })
      if (verdict && 'status' in verdict) {
        incoming.resume()
        outgoing.writeHead(verdict.status, { 'content-type': 'application/json', ...verdict.headers })
        outgoing.end(JSON.stringify(verdict.body))
        return
      }
      for (const [key, value] of Object.entries(verdict?.query ?? {})) url.searchParams.set(key, value)
      const headers = { ...incoming.headers, host: url.host }
      const onward = request(url, { method, headers, agent: this.#agent }, answer => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
      onward.on('error', error => outgoing.destroy(error))
      outgoing.on('close', () => onward.destroy())
      incoming.pipe(onward)
    })
  }

  static async start(upstream: Endpoint): Promise<ApiProxy> {
    const pems = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    })
    const https = createServer({ key: pems.private, cert: pems.cert })
    https.listen(0, '127.0.0.1')
    await once(https, 'listening')
    return new ApiProxy(https, pems.cert, upstream)
  }

  async stop(): Promise<void> {
    this.#agent.destroy()
    this.#https.closeAllConnections()
    this.#https.close()
  }
}

/** The API server's own form of an error. */
export const status = (code: number, reason: string, message: string) => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
})
