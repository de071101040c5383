import { randomUUID } from 'node:crypto'
import { execFailure, protocolFailure } from './failures.ts'
import { decodeFrame, encodeFrame, Flags, type Frame, MessageType, PayloadType } from './frame.ts'
import {
  answerChallenge,
  answerHandshake,
  type GenerateDataKey,
  type SessionCipher,
  type SessionIdentity,
} from './handshake.ts'
import { acknowledgedSequence, acknowledgement, jsonOf, type Size, sizePayload, text } from './messages.ts'
import { Incoming, Outgoing } from './sequencer.ts'

/** What the protocol wants done; all of it is told at once, nothing is waited for. */
export interface ProtocolListener {
  /** Puts a frame on the connection there is. Where there is none it is lost: what matters is sent again. */
  send(frame: Buffer): void
  /** What the command printed, in order: stdout and stderr of a terminal, merged. */
  output(data: Buffer): void
  /** There is room again for what is typed. */
  drained(): void
  /** The service has ended the session; its words, where it gave any. */
  closed(output: string): void
  failed(error: unknown): void
}

/** How long the agent may leave a message unacknowledged, in milliseconds. */
export const ACKNOWLEDGE_LIMIT = 300_000

/**
 * The client's end of one session, without any socket or timer: frames go in, frames and output come out.
 * It outlives a connection, so that a session can be resumed where it was.
 */
export class ClientProtocol {
  readonly #identity: SessionIdentity
  readonly #generateDataKey: GenerateDataKey
  readonly #listener: ProtocolListener
  readonly #now: () => number
  readonly #outgoing = new Outgoing<Buffer>()
  readonly #incoming = new Incoming<Frame>({ messages: 10_000, bytes: 32 << 20, sizeOf: frame => frame.payload.length })
  #handshake: 'none' | 'running' | 'complete' = 'none'
  #cipher: SessionCipher | undefined
  #size: Size | undefined
  /** Whether messages may be sent: there is a connection, and the service has not paused it. */
  #open = false
  /** Something came from the agent that tells whether there is a handshake: output, or an acknowledgement. */
  #listening = false

  constructor(
    identity: SessionIdentity,
    generateDataKey: GenerateDataKey,
    listener: ProtocolListener,
    now: () => number,
  ) {
    this.#identity = identity
    this.#generateDataKey = generateDataKey
    this.#listener = listener
    this.#now = now
  }

  /** False where `type` must wait for `drained`: what is typed before the agent has its terminal would be lost. */
  get writable(): boolean {
    return !this.#outgoing.full && this.#listening && this.#handshake !== 'running'
  }

  /** Sends what a user types, at most `CHUNK` bytes at a time. */
  type(chunk: Buffer): void {
    this.#add(PayloadType.output, this.#cipher?.encrypt(chunk) ?? chunk)
    this.#flush()
  }

  /** Tells the terminal's size. The agent ignores it during a handshake, so it is told again afterwards. */
  resize(size: Size): void {
    this.#size = size
    this.#add(PayloadType.size, sizePayload(size))
    this.#flush()
  }

  /** A connection stands, the first one or one after a drop. */
  connected(): void {
    this.#open = true
    this.#outgoing.sendAgain()
    this.#flush()
  }

  /** The connection is lost. */
  disconnected(): void {
    this.#open = false
  }

  /** To be called every 100 ms: sends again what was not acknowledged in time. */
  tick(): void {
    if (!this.#open) return
    const now = this.#now()
    const overdue = this.#outgoing.takeOverdue(now)
    if (overdue) this.#listener.send(overdue)
    if (this.#outgoing.waited(now) > ACKNOWLEDGE_LIMIT) {
      const why = [`The agent acknowledged nothing for ${ACKNOWLEDGE_LIMIT / 60_000} minutes.`]
      this.#listener.failed(execFailure('EXEC_CHANNEL_CLOSED', 'The session does not answer any more.', { why }))
    }
  }

  /** @throws Failure `EXEC_PROTOCOL` */
  receive(bytes: Buffer): void {
    const frame = decodeFrame(bytes)
    switch (frame.type) {
      case MessageType.output:
        return this.#accept(frame)
      case MessageType.acknowledge:
        this.#outgoing.acknowledge(acknowledgedSequence(frame), this.#now())
        return this.#listens()
      case MessageType.channelClosed:
        return this.#listener.closed(text(jsonOf(frame.payload, 'a channel_closed message').Output))
      case MessageType.pause:
        this.#open = false
        return
      case MessageType.start:
        return this.connected()
      default:
      // A message that is newer than this program: it was whole, so nothing is lost by going on.
    }
  }

  #accept(frame: Frame): void {
    const { ready, acknowledge } = this.#incoming.accept(frame.sequence, frame)
    if (acknowledge) this.#listener.send(encodeFrame(acknowledgement(frame, this.#now())))
    for (const next of ready) this.#process(next)
  }

  #process({ payloadType, payload }: Frame): void {
    switch (payloadType) {
      case PayloadType.output:
      case PayloadType.stderr:
        if (this.#handshake === 'running') throw protocolFailure('output before the handshake was complete')
        this.#listens()
        return this.#listener.output(this.#cipher?.decrypt(payload) ?? payload)
      case PayloadType.handshakeRequest:
        if (this.#handshake !== 'none') throw protocolFailure('a second handshake request')
        this.#handshake = 'running'
        void this.#answerHandshake(payload).catch(error => this.#listener.failed(error))
        return
      case PayloadType.challengeRequest:
        if (!this.#cipher) throw protocolFailure('an encryption challenge without encryption')
        this.#add(PayloadType.challengeResponse, answerChallenge(payload, this.#cipher))
        return this.#flush()
      case PayloadType.handshakeComplete:
        this.#handshake = 'complete'
        if (this.#size) this.resize(this.#size)
        return this.#listens()
      default:
      // Kinds that ECS Exec has no use for.
    }
  }

  #listens(): void {
    this.#listening = true
    if (this.writable) this.#listener.drained()
  }

  async #answerHandshake(payload: Buffer): Promise<void> {
    const { response, cipher, errors } = await answerHandshake(payload, this.#identity, this.#generateDataKey)
    this.#cipher = cipher
    this.#add(PayloadType.handshakeResponse, response)
    this.#flush()
    if (errors.length === 0) return
    throw execFailure('EXEC_HANDSHAKE_FAILED', 'The session could not be set up as the agent asked for.', {
      why: errors,
      suggestions: ['Where the ECS cluster has a KMS key for ECS Exec, the caller needs kms:GenerateDataKey on it.'],
    })
  }

  #add(payloadType: number, payload: Buffer): void {
    const created = this.#now()
    this.#outgoing.add(sequence =>
      encodeFrame({
        type: MessageType.input,
        created,
        sequence,
        flags: Flags.none,
        id: randomUUID(),
        payloadType,
        payload,
      }),
    )
  }

  #flush(): void {
    if (!this.#open) return
    for (const frame of this.#outgoing.takeUnsent(this.#now())) this.#listener.send(frame)
  }
}
