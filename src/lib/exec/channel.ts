import { randomUUID } from 'node:crypto'
import type WebSocket from 'ws'
import type { Credentials } from '../aws/sts.ts'
import type { Clock } from '../engine/clock.ts'
import { type Failure, interrupted, isFailure } from '../engine/failure.ts'
import { type Look, waitFor } from '../engine/wait.ts'
import { Backlog } from './backlog.ts'
import { execFailure, protocolFailure } from './failures.ts'
import { CHUNK } from './frame.ts'
import type { GenerateDataKey, SessionIdentity } from './handshake.ts'
import { openMessage, type Size } from './messages.ts'
import { ClientProtocol } from './protocol.ts'
import { signedHeaders } from './sign.ts'
import { bytesOf, type Opening, openSocket } from './socket.ts'

export interface ExecSession extends SessionIdentity {
  readonly streamUrl: string
  /** A secret. */
  readonly tokenValue: string
  readonly region: string
}

/** What a session needs of AWS while it lasts. */
export interface ChannelServices {
  credentials(): Promise<Credentials>
  /** A new token for a session whose connection was lost; undefined where the session is gone. */
  resumeSession(sessionId: string): Promise<string | undefined>
  terminateSession(sessionId: string): Promise<void>
  readonly generateDataKey: GenerateDataKey
}

export interface ChannelOptions {
  readonly services: ChannelServices
  readonly clock: Clock
  /** Ends the session; its reason is thrown where that is a Failure. */
  readonly signal: AbortSignal
  readonly size: Size
  /** What the command printed. While a promise of it is open, nothing more is read from the connection. */
  onOutput(data: Buffer): void | Promise<void>
}

const TICK = 100
const PING_EVERY = 60_000
/** Milliseconds without any sign of life after which a connection counts as lost. */
const SILENCE_LIMIT = 150_000
/** ECS ends a session after 20 idle minutes; when it did not even do that, the session is dead. */
const IDLE_LIMIT = 21 * 60_000
const TERMINATE_LIMIT = 5000
const RESUMES = 5
/** Close codes after which the same session would only fail again. */
const FINAL_CODES = new Set([1000, 1002, 1003, 1007, 1008, 1009])

/**
 * One session over its WebSocket: opens it, keeps it alive, resumes it when the connection is lost, and ends it.
 */
export class DataChannel {
  readonly #session: ExecSession
  readonly #options: ChannelOptions
  readonly #protocol: ClientProtocol
  readonly #backlog: Backlog
  readonly #clientId = randomUUID()
  readonly #stop = new AbortController()
  readonly #outcome = Promise.withResolvers<void>()
  readonly #tokens: string[] = []
  #socket: WebSocket | undefined
  #room = Promise.withResolvers<void>()
  #opened = false
  #closedByService = false
  #lastLife: number
  #lastData: number
  #lastPing: number
  /** Resumes in a row that brought nothing. */
  #fruitless = 0

  private constructor(session: ExecSession, options: ChannelOptions) {
    const { clock, services } = options
    this.#session = session
    this.#options = options
    this.#lastLife = this.#lastData = this.#lastPing = clock.now()
    this.#backlog = new Backlog({
      take: data => options.onOutput(data),
      relieved: () => this.#socket?.resume(),
      failed: error => this.#settle(error),
    })
    this.#protocol = new ClientProtocol(
      session,
      services.generateDataKey,
      {
        send: frame => this.#socket?.send(frame),
        output: data => {
          this.#backlog.add(data)
          if (this.#backlog.full) this.#socket?.pause()
        },
        drained: () => this.#room.resolve(),
        closed: output => this.#closed(output),
        failed: error => this.#settle(error),
      },
      clock.now,
    )
  }

  /** Opens the session and goes on with it until it ends; `closed` tells how. */
  static open(session: ExecSession, options: ChannelOptions): DataChannel {
    const channel = new DataChannel(session, options)
    // Whoever opened it may look at how it ended later.
    channel.closed.catch(() => undefined)
    channel.#protocol.resize(options.size)
    void channel.#run()
    void channel.#watch()
    return channel
  }

  /**
   * Resolves when the session is over and all its output is consumed.
   *
   * Rejects with a Failure: `EXEC_CHANNEL_REFUSED`, `EXEC_CHANNEL_CLOSED`, `EXEC_PROTOCOL`, `EXEC_HANDSHAKE_FAILED`,
   * `INTERRUPTED`, or the signal's own.
   */
  get closed(): Promise<void> {
    return this.#outcome.promise
  }

  /** Types into the session's terminal; resolves when there is room for more. */
  async write(data: Buffer): Promise<void> {
    this.#lastData = this.#options.clock.now()
    for (let from = 0; from < data.length; from += CHUNK) {
      while (!this.#protocol.writable && !this.#stop.signal.aborted) {
        this.#room = Promise.withResolvers()
        await this.#room.promise
      }
      if (this.#stop.signal.aborted) return
      this.#protocol.type(data.subarray(from, from + CHUNK))
    }
  }

  resize(size: Size): void {
    this.#protocol.resize(size)
  }

  /** Everything wanted of the session has come: it ends, and `closed` resolves. */
  end(): void {
    this.#settle(undefined)
  }

  async #run(): Promise<void> {
    try {
      let opening = await this.#open(this.#session.tokenValue)
      for (;;) {
        const drop = 'lost' in opening ? opening.lost : await this.#serve(opening.socket)
        if (this.#stop.signal.aborted || this.#closedByService) return
        opening = { socket: await this.#resume(drop) }
      }
    } catch (error) {
      this.#finish(error)
    }
  }

  /** Connects and presents the token. @throws Failure where trying again would not help */
  async #open(token: string): Promise<Opening> {
    const { clock, services } = this.#options
    const { streamUrl: url, region } = this.#session
    this.#tokens.push(token)
    const headers = await signedHeaders(url, region, services.credentials, new Date(clock.now()))
    if (this.#stop.signal.aborted) return { lost: 'The session has ended.' }
    const opening = await openSocket({ url, headers, signal: this.#stop.signal })
    if ('lost' in opening) return { lost: this.#words(opening.lost) }
    opening.socket.send(openMessage(token, this.#clientId))
    this.#opened = true
    return opening
  }

  /** Works on one connection until it is lost; answers why. @throws Failure where the session is lost with it */
  #serve(socket: WebSocket): Promise<string> {
    this.#socket = socket
    this.#lastLife = this.#options.clock.now()
    return new Promise((resolve, reject) => {
      let broken: string | undefined
      socket.on('message', (data, isBinary) => {
        if (this.#stop.signal.aborted) return
        this.#lastLife = this.#lastData = this.#options.clock.now()
        try {
          if (!isBinary) throw protocolFailure('a text frame where only binary ones are due')
          this.#protocol.receive(bytesOf(data))
          this.#fruitless = 0
        } catch (error) {
          socket.pause()
          reject(error)
        }
      })
      socket.on('pong', () => {
        this.#lastLife = this.#options.clock.now()
      })
      socket.on('error', error => {
        broken = this.#words(error.message)
        if ('code' in error && String(error.code).startsWith('WS_ERR')) reject(protocolFailure(broken))
      })
      socket.on('close', (code, reason) => {
        this.#socket = undefined
        this.#protocol.disconnected()
        const why = broken ?? this.#words(`The connection was closed with ${code} ${reason.toString('utf8')}`)
        if (FINAL_CODES.has(code) && !this.#closedByService) reject(this.#lost(why))
        else resolve(why)
      })
      this.#protocol.connected()
    })
  }

  /** Asks for a new token and connects with it, five times at most. */
  #resume(drop: string): Promise<WebSocket> {
    const { clock, services } = this.#options
    let last = drop
    const look = async (): Promise<Look<WebSocket>> => {
      if (this.#fruitless >= RESUMES) return { failed: this.#lost(drop, `It could not be resumed: ${last}`) }
      this.#fruitless += 1
      try {
        const token = await services.resumeSession(this.#session.sessionId)
        if (!token) return { failed: this.#lost(drop, 'The session could not be resumed: it is gone.') }
        const opening = await this.#open(token)
        if ('socket' in opening) return { done: opening.socket }
        last = opening.lost
      } catch (error) {
        if (!isFailure(error)) throw error
        last = [error.message, ...error.why].join(' ')
      }
      return { last }
    }
    const wait = { what: 'the session to be resumed', limit: 60_000, first: 100, slowest: 5000, look }
    return waitFor(wait, { clock, signal: this.#stop.signal })
  }

  /** Everything that happens by the passing of time. */
  async #watch(): Promise<void> {
    const { clock, signal } = this.#options
    const abort = () => this.#settle(isFailure(signal.reason) ? signal.reason : interrupted())
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      for (;;) {
        await clock.sleep(TICK, this.#stop.signal)
        this.#tick(clock.now())
      }
    } catch {
      // The session is over.
      signal.removeEventListener('abort', abort)
    }
  }

  #tick(now: number): void {
    this.#protocol.tick()
    if (!this.#socket || this.#socket.isPaused) return
    if (now - this.#lastPing >= PING_EVERY) {
      this.#lastPing = now
      this.#socket.ping()
    }
    if (now - this.#lastLife > SILENCE_LIMIT) this.#socket.terminate()
    if (now - this.#lastData > IDLE_LIMIT) {
      const why = [`Nothing came or went for ${IDLE_LIMIT / 60_000} minutes.`]
      this.#settle(execFailure('EXEC_TIMED_OUT', 'The session was idle for too long.', { why }))
    }
  }

  #closed(output: string): void {
    this.#closedByService = true
    const words = this.#words(output)
    this.#finish(
      words === ''
        ? undefined
        : execFailure('EXEC_CHANNEL_CLOSED', 'The agent ended the session with an error.', { why: [words] }),
    )
  }

  /** Settles once what has come already is consumed. */
  #finish(error: unknown): void {
    void this.#backlog.consumed.then(() => this.#settle(error))
  }

  /** The first outcome counts. Afterwards nothing of the session is left, here or there. */
  #settle(error: unknown): void {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    this.#backlog.close()
    this.#room.resolve()
    const over = this.#closedByService ? Promise.resolve() : this.#terminate()
    void over.then(() => (error === undefined ? this.#outcome.resolve() : this.#outcome.reject(error)))
  }

  /** Ends the session at the other side, as well as that goes in a few seconds. */
  async #terminate(): Promise<void> {
    const { clock, services } = this.#options
    const answered = new AbortController()
    const limit = clock.sleep(TERMINATE_LIMIT, answered.signal).catch(() => undefined)
    await Promise.race([services.terminateSession(this.#session.sessionId).catch(() => undefined), limit])
    answered.abort()
  }

  #lost(...why: readonly string[]): Failure {
    if (this.#opened) return execFailure('EXEC_CHANNEL_CLOSED', 'The connection of the session was lost.', { why })
    return execFailure('EXEC_CHANNEL_REFUSED', 'The data channel of the session could not be opened.', {
      why,
      suggestions: [`Is ${new URL(this.#session.streamUrl).host} reached from here?`],
    })
  }

  /** Somebody else's text as it may be shown: short, in one line, without the tokens. */
  #words(text: string): string {
    const clean = this.#tokens.reduce((words, token) => words.replaceAll(token, '[token]'), text)
    return clean
      .replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, 500)
  }
}
