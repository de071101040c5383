import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { decodeFrame, encodeFrame, type Frame, MAX_PAYLOAD, MessageType } from '../../lib/exec/frame.ts'
import type { Session, SessionChannel, SessionTarget } from '../aws/hooks.ts'
import type { SandboxClock } from '../clock.ts'
import { Agent } from './agent.ts'
import type { ChannelBehaviour } from './behaviour.ts'
import { garbage } from './garbage.ts'
import { splitCommand } from './split.ts'
import type { CommandStreams } from './terminal.ts'
import { Wire } from './wire.ts'

/** Where a command runs. */
export type ChannelTarget = Omit<SessionTarget, 'command' | 'interactive'>

export interface SessionChannelsOptions {
  readonly clock: SandboxClock
  /**
   * Runs a command in a container and answers its exit code, which the session then loses, as the real one does.
   * Rejects where it could not even be started, such as a program that isn't there.
   */
  run(target: ChannelTarget, argv: readonly string[], streams: CommandStreams): Promise<number>
  /** KMS Decrypt as the task may call it; rejects where it may not. Needed for sessions with a KMS key. */
  decrypt?(region: string, ciphertext: Buffer, context: Readonly<Record<string, string>>): Promise<Buffer>
  /** How a session's other side behaves; by default it does everything right. */
  behaviour?(target: SessionTarget): ChannelBehaviour
  /** Hears what becomes of the sessions. */
  observe?(event: ChannelEvent): void
}

export interface ChannelEvent {
  readonly sessionId: string
  readonly kind: 'opened' | 'connected' | 'dropped' | 'input-while-paused' | 'ping' | 'resumed' | 'terminated' | 'over'
}

interface LiveSession {
  readonly sessionId: string
  readonly behaviour: ChannelBehaviour
  readonly agent: Agent
  tokens: string[]
  socket: WebSocket | undefined
  /** Towards the client; one for each connection. */
  wire: Wire<Buffer> | undefined
  drops: number
  outputFrames: number
  paused: boolean
  /** The agent has ended it, with these words; whoever connects now is told so. */
  ended: string | undefined
}

const PATH = /^\/v1\/data-channel\/([^/?]+)/
const SIGNED_HEADER =
  /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/[^/]+\/ssmmessages\/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$/
const UNACCEPTABLE = 1003
/** Milliseconds for which a session that ended while nobody was connected is remembered. */
const REMEMBERED = 10_000

/** The service behind ECS Exec and Session Manager: sessions, their tokens, and the WebSocket at which they are reached. */
export class SessionChannels implements SessionChannel {
  readonly #options: SessionChannelsOptions
  readonly #sessions = new Map<string, LiveSession>()
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 2 * MAX_PAYLOAD })
  #origin = ''

  constructor(options: SessionChannelsOptions) {
    this.#options = options
  }

  /** Serves the data channels on a server that listens already. */
  mount(server: Server): void {
    const address = server.address()
    if (address === null || typeof address === 'string')
      throw new Error('The server of the data channels must listen on a port')
    this.#origin = `ws://127.0.0.1:${address.port}`
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  open(target: SessionTarget): Session {
    const { clock, run, decrypt = noKey, behaviour: behaviourOf = () => ({}) } = this.#options
    const sessionId = `ecs-execute-command-${randomUUID().replaceAll('-', '').slice(0, 17)}`
    const behaviour = behaviourOf(target)
    const cluster = target.cluster.split('/').at(-1) ?? target.cluster
    const agent = new Agent({
      sessionId,
      targetId: `ecs:${cluster}_${target.taskId}_${target.runtimeId}`,
      kmsKeyId: target.kmsKeyId,
      behaviour,
      clock,
      decrypt: async (ciphertext, context) => decrypt(target.region, ciphertext, context),
      run: async streams => run(target, splitCommand(target.command), streams),
      transmit: (frame, kind) => this.#transmit(session, frame, kind),
      over: output => this.#over(session, output),
    })
    const session: LiveSession = {
      sessionId,
      behaviour,
      agent,
      tokens: [],
      socket: undefined,
      wire: undefined,
      drops: 0,
      outputFrames: 0,
      paused: false,
      ended: undefined,
    }
    this.#sessions.set(sessionId, session)
    this.#tell(session, 'opened')
    return this.#invite(session)
  }

  resume(sessionId: string): Session | undefined {
    const session = this.#sessions.get(sessionId)
    if (!session || session.behaviour.gone) return undefined
    this.#tell(session, 'resumed')
    return this.#invite(session)
  }

  terminate(sessionId: string): void {
    const session = this.#sessions.get(sessionId)
    if (!session) return
    this.#tell(session, 'terminated')
    session.agent.terminate()
  }

  close(): void {
    for (const session of this.#sessions.values()) {
      session.agent.terminate()
      session.socket?.terminate()
    }
    this.#sockets.close()
  }

  #invite(session: LiveSession): Session {
    const tokenValue = randomBytes(48).toString('base64')
    session.tokens.push(tokenValue)
    const { sessionId } = session
    return { sessionId, tokenValue, streamUrl: `${this.#origin}/v1/data-channel/${sessionId}?role=publish_subscribe` }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const id = PATH.exec(request.url ?? '')?.[1]
    const session = this.#sessions.get(decodeURIComponent(id ?? ''))
    if (id === undefined) return refuse(socket, 404)
    if (session?.behaviour.refuse) return refuse(socket, session.behaviour.refuse)
    if (!isSigned(request)) return refuse(socket, 403)
    this.#sockets.handleUpgrade(request, socket, head, client => this.#greet(session, client))
  }

  /** The first frame must bring the token, as text. */
  #greet(session: LiveSession | undefined, client: WebSocket): void {
    client.on('error', () => client.terminate())
    client.once('message', (data, isBinary) => {
      const token = isBinary ? undefined : tokenOf(data.toString())
      const valid = token !== undefined && session?.tokens.includes(token) && !session.behaviour.refuseToken
      if (session && valid) this.#connect(session, client)
      else
        client.close(
          UNACCEPTABLE,
          session?.behaviour.refuseToken === 'echo' ? `Not valid: ${token}` : 'The token is not valid.',
        )
    })
  }

  #connect(session: LiveSession, client: WebSocket): void {
    const { behaviour, agent } = session
    session.socket?.terminate()
    session.socket = client
    session.outputFrames = 0
    session.wire = new Wire(behaviour, 0, frame => {
      if (client.readyState === client.OPEN) client.send(frame)
    })
    const inbound = new Wire<Frame>(behaviour, 1, frame => agent.receive(frame))
    let frames = 0
    client.on('message', (data, isBinary) => {
      const frame = isBinary && Buffer.isBuffer(data) ? frameOf(data) : undefined
      if (!frame) return client.close(UNACCEPTABLE, 'Only whole binary messages are accepted.')
      frames += 1
      if (frames === behaviour.pause?.after) this.#pause(session, client, behaviour.pause.for)
      if (session.paused && frame.type === MessageType.input) this.#tell(session, 'input-while-paused')
      inbound.carry(frame)
    })
    client.on('ping', () => this.#tell(session, 'ping'))
    client.on('close', () => {
      if (session.socket === client) this.#disconnect(session)
    })
    this.#tell(session, 'connected')
    this.#mayDrop(session)
    if (session.socket !== client) return
    if (session.ended === undefined) agent.connected()
    else this.#over(session, session.ended)
  }

  #pause(session: LiveSession, client: WebSocket, ms: number): void {
    // What the client sent before it heard of the pause may still come in.
    client.send(notice(MessageType.pause), () => {
      setTimeout(() => {
        session.paused = true
      }, ms / 4).unref()
    })
    setTimeout(() => {
      session.paused = false
      client.send(notice(MessageType.start))
    }, ms).unref()
  }

  #transmit(session: LiveSession, frame: Buffer, kind: 'output' | 'acknowledge'): void {
    const { socket, wire, behaviour, agent } = session
    if (!socket || !wire) return
    wire.carry(frame)
    if (kind !== 'output') return
    session.outputFrames += 1
    if (behaviour.garbage && session.outputFrames === 1)
      for (const bytes of garbage[behaviour.garbage]()) socket.send(bytes)
    if (session.outputFrames === behaviour.endAfter) return agent.terminate()
    this.#mayDrop(session)
  }

  #mayDrop(session: LiveSession): void {
    const { drop } = session.behaviour
    if (!drop || session.drops >= drop.times || session.outputFrames < drop.after) return
    session.drops += 1
    session.socket?.terminate()
    this.#disconnect(session)
  }

  #disconnect(session: LiveSession): void {
    session.socket = undefined
    session.agent.disconnected()
    this.#tell(session, 'dropped')
  }

  #over(session: LiveSession, output: string): void {
    const { socket, sessionId } = session
    if (!socket) {
      session.ended = output
      setTimeout(() => this.#sessions.delete(sessionId), REMEMBERED).unref()
      return
    }
    this.#sessions.delete(sessionId)
    this.#tell(session, 'over')
    const content = {
      MessageId: randomUUID(),
      CreatedDate: new Date().toISOString(),
      DestinationId: sessionId,
      SessionId: sessionId,
      MessageType: MessageType.channelClosed,
      SchemaVersion: 1,
      Output: output,
    }
    socket.send(notice(MessageType.channelClosed, Buffer.from(JSON.stringify(content))))
    socket.close(1000)
  }

  #tell({ sessionId }: LiveSession, kind: ChannelEvent['kind']): void {
    this.#options.observe?.({ sessionId, kind })
  }
}

/** A message of the service's own. Those without a payload come without a digest too. */
function notice(type: string, payload: Buffer = Buffer.alloc(0)): Buffer {
  const bytes = encodeFrame({
    type,
    created: Date.now(),
    sequence: 0,
    flags: 0,
    id: randomUUID(),
    payloadType: 0,
    payload,
  })
  if (payload.length === 0) bytes.fill(0, 80, 112)
  return bytes
}

const isSigned = ({ headers, url = '' }: IncomingMessage): boolean =>
  SIGNED_HEADER.test(headers.authorization ?? '') || new URL(url, 'ws://any').searchParams.has('X-Amz-Signature')

function frameOf(data: Buffer): Frame | undefined {
  try {
    return decodeFrame(data)
  } catch {
    return undefined
  }
}

function tokenOf(message: string): string | undefined {
  try {
    const { TokenValue } = JSON.parse(message)
    return typeof TokenValue === 'string' ? TokenValue : undefined
  } catch {
    return undefined
  }
}

const noKey = (): Promise<Buffer> => Promise.reject(new Error('AccessDeniedException'))

const REASONS: Readonly<Record<number, string>> = { 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' }

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${REASONS[status] ?? 'Refused'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
