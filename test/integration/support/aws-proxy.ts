import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SERVICES } from '../../../src/sandbox/aws/services/index.ts'
import { PROTOCOLS, type WireRequest } from '../../../src/sandbox/aws/wire/protocols.ts'
import { readRequest, scopeOf } from '../../../src/sandbox/aws/wire/request.ts'
import { loadService, type Service } from '../../../src/sandbox/aws/wire/service.ts'

/** One call of the program, as it went through to somebody else's AWS. */
export interface AwsCall {
  /** `iam`, `ec2`, …: as requests are signed for it. */
  readonly service: string
  readonly operation: string
  readonly status: number
  /** The AWS behind the proxy knows the operation; moto answers with a page of HTML where it doesn't. */
  readonly known: boolean
}

/** All calls of this run, whichever proxy they went through. */
export const everyCall: AwsCall[] = []

export interface Reply {
  readonly status: number
  readonly body: string
}

/** What the SDK reads of an answer beside its body. */
const answerHeaders = ({ headers }: Response): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => name === 'content-type' || name.startsWith('x-amzn-')))

/** Stands before an AWS of somebody else: remembers each call, and may answer in its place or change its answer. */
export class AwsProxy {
  readonly calls: AwsCall[] = []
  /** Set by tests. Undefined: the answer stays as it is. */
  rewrite: (call: AwsCall, reply: Reply) => Reply | undefined = () => undefined
  readonly url: string
  readonly #http: Server
  readonly #upstream: string
  readonly #services = new Map<string, Promise<Service>>()

  private constructor(http: Server, upstream: string) {
    this.#http = http
    this.#upstream = upstream
    this.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    http.on('request', (incoming, outgoing) => {
      this.#pass(incoming, outgoing).catch(() => outgoing.destroy())
    })
  }

  static async start(upstream: string): Promise<AwsProxy> {
    const http = createServer()
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    return new AwsProxy(http, upstream)
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await readRequest(incoming)
    const { method, url, body } = request
    const { 'content-length': _, connection: __, ...headers } = incoming.headers
    const answer = await fetch(`${this.#upstream}${url.pathname}${url.search}`, {
      method,
      headers: headers as Record<string, string>,
      ...(body === '' ? {} : { body }),
    })
    const original = { status: answer.status, body: await answer.text() }
    const known = !/^\s*<!doctype/i.test(original.body)
    const call = { ...(await this.#name(request)), status: answer.status, known }
    const reply = this.rewrite(call, original) ?? original
    this.calls.push(call)
    everyCall.push(call)
    outgoing.writeHead(reply.status, answerHeaders(answer)).end(reply.body)
  }

  /** What a request asks of which service. */
  async #name(request: WireRequest): Promise<{ readonly service: string; readonly operation: string }> {
    const service = scopeOf(request)?.service ?? 'unknown'
    const loaded = await this.#service(service)
    const operation = loaded && PROTOCOLS[loaded.protocol].operation(request, loaded)
    return { service, operation: operation?.name ?? `${request.method} ${request.url.pathname}` }
  }

  #service(name: string): Promise<Service> | undefined {
    const definition = Object.values(SERVICES).find(({ signingName }) => signingName === name)
    if (definition === undefined) return undefined
    const known = this.#services.get(name) ?? loadService(definition)
    this.#services.set(name, known)
    return known
  }

  async stop(): Promise<void> {
    this.#http.closeAllConnections()
    this.#http.close()
  }
}
