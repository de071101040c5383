import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:https'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { Calls, Fault } from '../calls.ts'
import type { ApiServer } from './api/api-server.ts'
import { type Exec, execRequest, protocols, serveExec } from './api/exec.ts'
import { containerOf } from './api/pod-container.ts'
import type { ApiRequest, Reply } from './api/request.ts'
import { parseBody } from './api/resources.ts'
import { groupOfPath } from './api/route.ts'
import { type Fields, fieldsOf, listOf, valueAt } from './objects.ts'
import { badRequest, StatusError } from './status-error.ts'
import type { ObjectStore } from './store/store.ts'

export interface TransportParts {
  readonly api: ApiServer
  readonly calls: Calls
  readonly store: ObjectStore
  exec(): Exec
}

/** Bytes of a request's body that are taken; etcd takes no more either. */
const bodyLimit = 3 * 1024 * 1024

/** The API over HTTP: bodies, faults, streams, and sockets for exec. */
export class Transport {
  readonly #parts: TransportParts
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: offered => protocols.find(protocol => offered.has(protocol)) ?? false,
  })
  readonly #streams = new Set<() => void>()
  /** The bare connections, by the client's port. */
  readonly #connections = new Map<number | undefined, Socket>()

  constructor(parts: TransportParts) {
    this.#parts = parts
  }

  serve(server: Server): void {
    server.on('connection', (connection: Socket) => {
      const { remotePort } = connection
      this.#connections.set(remotePort, connection)
      connection.on('close', () => this.#connections.delete(remotePort))
    })
    server.on('request', (request, response) => void this.#handle(request, response))
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head))
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request
    try {
      const { pathname, searchParams } = urlOf(request)
      const fault = this.#arrive(method, pathname, searchParams)
      if (fault?.when === 'before' && (await this.#suffer(fault, request.socket))) return
      const body = await readBody(request)
      const reply = answerOf(() => this.#reply(method, pathname, searchParams, headers, body))
      if (fault?.when === 'after' && (await this.#suffer(fault, request.socket))) return
      if (reply instanceof StatusError) throw reply
      this.#send(response, reply)
    } catch (error) {
      if (request.destroyed && !request.complete) return
      sendStatus(response, error instanceof StatusError ? error : internalError(error))
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { method = 'GET', headers } = request
    socket.on('error', () => socket.destroy())
    try {
      const { pathname, searchParams } = urlOf(request)
      const fault = this.#arrive(method, pathname, searchParams)
      if (fault?.when === 'before' && (await this.#suffer(fault, socket))) return
      const user = this.#parts.api.authenticate(headers.authorization)
      const wanted = this.#parts.api.resourceRequest({
        method,
        path: pathname,
        query: searchParams,
        headers,
        user,
        body: undefined,
        warnings: [],
      })
      if (wanted.subresource !== 'exec') throw badRequest('unable to upgrade: not an exec request')
      const { pod, container } = this.#target(wanted.name ?? '', wanted.namespace ?? '', searchParams)
      const exec = execRequest(searchParams)
      if (exec.argv.length === 0) throw badRequest('you must specify at least 1 command for the container')
      if (fault?.when === 'after' && (await this.#suffer(fault, socket))) return
      this.#sockets.handleUpgrade(request, socket, head, opened => {
        void serveExec(opened, exec, streams => this.#parts.exec()(pod, container, exec.argv, streams))
      })
    } catch (error) {
      refuseUpgrade(socket, error instanceof StatusError ? error : internalError(error))
    }
  }

  /** Ends what is still open. */
  close(): void {
    for (const end of [...this.#streams]) end()
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#sockets.close()
  }

  #arrive(method: string, path: string, query: URLSearchParams): Fault | undefined {
    const reads = ['GET', 'HEAD', 'OPTIONS'].includes(method) || query.getAll('dryRun').includes('All')
    // Reviews and tokens are asked for by creating them; nothing is kept.
    const asks = /\/(token|\w+reviews)$/.test(path)
    const call = {
      plane: 'kubernetes',
      service: groupOfPath(path),
      operation: method,
      subject: path,
      writes: !reads && !asks,
    } as const
    return this.#parts.calls.arrive(call).fault
  }

  /** Carries a fault out. Answers whether the connection is done with. @throws StatusError the fault's own */
  async #suffer(fault: Fault, socket: Duplex): Promise<boolean> {
    if (fault.kind === 'hold') {
      await fault.until
      return false
    }
    if (fault.kind === 'error')
      throw new StatusError(
        fault.status,
        fault.code,
        fault.message,
        fault.status === 429 ? { retryAfterSeconds: 1 } : undefined,
      )
    // A reset is of TCP: the encrypted socket on top of it can only be closed politely.
    if (socket instanceof Socket) this.#connections.get(socket.remotePort)?.resetAndDestroy()
    socket.destroy()
    return true
  }

  #reply(method: string, path: string, query: URLSearchParams, headers: ApiRequest['headers'], content: Buffer): Reply {
    const { api } = this.#parts
    const user = api.authenticate(typeof headers.authorization === 'string' ? headers.authorization : undefined)
    const warnings: string[] = []
    const body = parseBody(content, String(headers['content-type'] ?? 'application/json'))
    const reply = api.answer({ method, path, query, headers, user, body, warnings })
    if ('stream' in reply || warnings.length === 0) return reply
    const warning = warnings.map(one => `299 - ${JSON.stringify(one)}`).join(', ')
    return { ...reply, headers: { ...reply.headers, warning } }
  }

  #send(response: ServerResponse, reply: Reply): void {
    if (!('stream' in reply)) {
      const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body)
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
      response.end(text)
      return
    }
    response.writeHead(200, { 'content-type': reply.contentType })
    // The client waits for these before it believes in the stream.
    response.flushHeaders()
    let stop = () => {}
    const end = () => {
      this.#streams.delete(end)
      stop()
      response.end()
    }
    this.#streams.add(end)
    response.on('close', end)
    stop = reply.stream({ write: chunk => response.write(chunk), end })
  }

  #target(name: string, namespace: string, query: URLSearchParams) {
    const pod = this.#parts.store.read('Pod', name, namespace)
    const container = containerOf(pod, query.get('container'))
    const phase = valueAt(pod.status, 'phase')
    if (phase === 'Succeeded' || phase === 'Failed')
      throw badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`)
    const statuses = listOf(valueAt(pod.status, 'containerStatuses')).map(fieldsOf)
    const running =
      valueAt(
        statuses.find(status => status.name === container),
        'state',
        'running',
      ) !== undefined
    if (!running) throw internalError(new Error(`unable to upgrade connection: container not found ("${container}")`))
    return { pod, container }
  }
}

/** @throws StatusError 400 */
function urlOf({ url = '/' }: IncomingMessage): URL {
  const parsed = URL.parse(url, 'https://kubernetes')
  if (parsed === null || !isDecodable(parsed.pathname))
    throw badRequest(`the path ${JSON.stringify(url)} can't be read`)
  return parsed
}

function isDecodable(path: string): boolean {
  try {
    return decodeURIComponent(path) !== ''
  } catch {
    return false
  }
}

/** A refusal is an answer too: it can be lost as any other. */
function answerOf(reply: () => Reply): Reply | StatusError {
  try {
    return reply()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
}

/** The whole of it is read, even where it is too much: a client that still writes doesn't hear an answer. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size <= bodyLimit) chunks.push(bytes)
  }
  if (size > bodyLimit)
    throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bodyLimit}`)
  return Buffer.concat(chunks)
}

const internalError = (error: unknown) =>
  new StatusError(
    500,
    'InternalError',
    `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`,
  )

const retryAfter = (error: StatusError): Record<string, string> =>
  error.code === 429 ? { 'retry-after': String(error.details?.retryAfterSeconds ?? 1) } : {}

function sendStatus(response: ServerResponse, error: StatusError): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(error.code, { 'content-type': 'application/json', ...retryAfter(error) })
  response.end(JSON.stringify(error.toStatus()))
}

function refuseUpgrade(socket: Duplex, error: StatusError): void {
  const body: Fields = error.toStatus()
  const text = JSON.stringify(body)
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    connection: 'close',
    ...retryAfter(error),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${error.code} ${error.reason}\r\n${lines.join('')}\r\n${text}`)
}
