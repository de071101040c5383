import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Calls, Fault } from '../calls.ts'
import type { Answer, Invocation } from './protocol.ts'
import { type SimulatedTool, ToolError, type ToolRun } from './tool.ts'

export interface ControlOptions {
  readonly calls: Calls
  /** Whoever knows it may run tools. */
  readonly token: string
  readonly tools: Readonly<Record<string, SimulatedTool>>
  /** Served to everyone by path: what the internet would serve. */
  readonly files: Readonly<Record<string, { readonly type: string; readonly body: string }>>
}

/** The sandbox's own port on loopback, behind the executables of its tools. */
export class Control {
  readonly #options: ControlOptions
  readonly #server: Server

  constructor(options: ControlOptions) {
    this.#options = options
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
  }

  /** Listens on a free port of 127.0.0.1; answers the URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    this.#server.unref()
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/'
    const file = this.#options.files[path]
    if (file && request.method === 'GET') {
      response.writeHead(200, { 'content-type': file.type }).end(file.body)
      return
    }
    const name = /^\/tools\/([a-z-]+)$/.exec(path)?.[1] ?? ''
    const tool = this.#options.tools[name]
    if (!tool || request.method !== 'POST') {
      response.writeHead(404).end()
      return
    }
    if (!sameText(request.headers.authorization ?? '', `Bearer ${this.#options.token}`)) {
      response.writeHead(403).end()
      return
    }
    await this.#runTool(name, tool, request, response)
  }

  async #runTool(
    name: string,
    { run, describe }: SimulatedTool,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { invocation, rest } = await readInvocation(request)
    const say = (answer: Answer) => {
      if (!response.destroyed) response.write(`${JSON.stringify(answer)}\n`)
    }
    const { fault } = this.#options.calls.arrive({
      plane: 'tool',
      service: name,
      subject: invocation.argv.join(' '),
      ...describe(invocation.argv),
    })
    if (await strike(fault, 'before', response, say)) return
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const toolRun: ToolRun = {
      ...invocation,
      input: rest,
      stdin: () => textOf(rest),
      out: text => say({ out: Buffer.from(text).toString('base64') }),
      err: text => say({ err: Buffer.from(text).toString('base64') }),
      signal: gone.signal,
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.flushHeaders()
    const exit = await run(toolRun).catch(error => {
      toolRun.err(`Error: ${error instanceof Error ? error.message : error}\n`)
      return error instanceof ToolError ? error.exitCode : 1
    })
    if (await strike(fault, 'after', response, say)) return
    say({ exit })
    response.end()
  }
}

/** Lets a fault have its way; true when it has answered for the tool. */
async function strike(
  fault: Fault | undefined,
  when: Fault['when'],
  response: ServerResponse,
  say: (answer: Answer) => void,
): Promise<boolean> {
  if (fault?.when !== when) return false
  if (fault.kind === 'hold') {
    await fault.until
    return false
  }
  if (fault.kind === 'reset') response.destroy()
  else {
    say({ err: Buffer.from(`Error: ${fault.code}: ${fault.message}\n`).toString('base64') })
    say({ exit: 1 })
    response.end()
  }
  return true
}

/** The first line of the body, and the rest of it as it comes. */
async function readInvocation(
  request: IncomingMessage,
): Promise<{ readonly invocation: Invocation; readonly rest: AsyncIterable<Buffer> }> {
  const chunks = request[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let head = Buffer.alloc(0)
  for (;;) {
    const end = head.indexOf(10)
    if (end >= 0) {
      const first = head.subarray(end + 1)
      const invocation = JSON.parse(head.subarray(0, end).toString('utf8')) as Invocation
      return { invocation, rest: following(first, chunks) }
    }
    const next = await chunks.next()
    if (next.done) throw new Error('no invocation came')
    head = Buffer.concat([head, next.value])
  }
}

async function* following(first: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
