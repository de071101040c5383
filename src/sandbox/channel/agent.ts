import { randomBytes, randomUUID } from 'node:crypto'
import { CHUNK, encodeFrame, Flags, type Frame, MessageType, PayloadType } from '../../lib/exec/frame.ts'
import { encryptionContext, SessionCipher, type SessionIdentity } from '../../lib/exec/handshake.ts'
import { acknowledgedSequence, acknowledgement, isRecord, jsonOf, text } from '../../lib/exec/messages.ts'
import { Incoming, Outgoing } from '../../lib/exec/sequencer.ts'
import type { SandboxClock } from '../clock.ts'
import type { ChannelBehaviour } from './behaviour.ts'
import { type CommandStreams, incompleteTail, Terminal } from './terminal.ts'

export interface AgentOptions extends SessionIdentity {
  readonly kmsKeyId: string | undefined
  readonly behaviour: ChannelBehaviour
  readonly clock: SandboxClock
  /** KMS Decrypt, with the rights of the task role. */
  decrypt(ciphertext: Buffer, context: Readonly<Record<string, string>>): Promise<Buffer>
  run(streams: CommandStreams): Promise<number>
  /** Puts a frame on the connection there is; it is lost where there is none. */
  transmit(frame: Buffer, kind: 'output' | 'acknowledge'): void
  /** The session is over: the text that the service passes on, empty where all went well. */
  over(output: string): void
}

const TICK = 100
const DRAIN_LIMIT = 2000
const HANDSHAKE_LIMIT = 15_000
const TERMINATE = 2

/**
 * The agent of one session, as amazon-ssm-agent behaves: it withholds acknowledgements until its terminal exists, reads
 * the terminal only after a second, cuts output into frames at character borders, and resends until acknowledged.
 */
export class Agent {
  readonly #options: AgentOptions
  readonly #terminal = new Terminal()
  readonly #outgoing = new Outgoing<Buffer>(200)
  readonly #incoming = new Incoming<Frame>({
    messages: 100_000,
    bytes: 64 << 20,
    sizeOf: frame => frame.payload.length,
  })
  readonly #ticking: NodeJS.Timeout
  #room = Promise.withResolvers<void>()
  #connected = false
  #over = false
  #state: 'handshake' | 'starting' | 'ready' = 'starting'
  #cipher: SessionCipher | undefined
  #answers: { response?: (actions: readonly unknown[]) => void; challenge?: (answer: Buffer) => void } = {}
  #first = true

  constructor(options: AgentOptions) {
    this.#options = options
    this.#ticking = setInterval(() => this.#tick(), TICK).unref()
    void this.#work().then(
      output => this.#end(output),
      error => this.#end(`----------ERROR-------\n${error instanceof Error ? error.message : String(error)}`),
    )
  }

  connected(): void {
    this.#connected = true
    this.#outgoing.sendAgain()
    this.#flush()
  }

  disconnected(): void {
    this.#connected = false
  }

  terminate(): void {
    this.#terminal.hangUp()
    this.#end('')
  }

  receive(frame: Frame): void {
    if (frame.type === MessageType.acknowledge) {
      this.#outgoing.acknowledge(acknowledgedSequence(frame), Date.now())
      this.#room.resolve()
      return
    }
    // Without a terminal, what comes in is neither kept nor acknowledged; it has to come again.
    if (frame.type !== MessageType.input || this.#state === 'starting') return
    const { ready, acknowledge } = this.#incoming.accept(frame.sequence, frame)
    if (acknowledge && !this.#options.behaviour.silent) {
      this.#options.transmit(encodeFrame(acknowledgement(frame, Date.now())), 'acknowledge')
    }
    for (const next of ready) this.#process(next)
  }

  async #work(): Promise<string> {
    const { behaviour, clock, kmsKeyId } = this.#options
    if (behaviour.closed !== undefined) return behaviour.closed
    if (kmsKeyId !== undefined) await this.#handshake(kmsKeyId)
    const running = this.#options.run(this.#terminal).finally(() => this.#terminal.screen.end())
    // Not to be unhandled while the terminal is still being read.
    running.catch(() => undefined)
    await clock.sleep(behaviour.start ?? 1000)
    this.#state = 'ready'
    await this.#pump()
    await running
    await this.#drain()
    return ''
  }

  async #pump(): Promise<void> {
    const { chunk = CHUNK, cutCharacters = false } = this.#options.behaviour
    let rest: Buffer = Buffer.alloc(0)
    for await (const data of this.#terminal.screen) {
      let left = Buffer.concat([rest, data])
      while (left.length > 0) {
        const piece = left.subarray(0, chunk)
        const size = piece.length - (cutCharacters ? 0 : incompleteTail(piece))
        if (size === 0) break
        await this.#send(PayloadType.output, left.subarray(0, size))
        left = left.subarray(size)
      }
      rest = left
    }
  }

  async #drain(): Promise<void> {
    const until = Date.now() + DRAIN_LIMIT
    while (!this.#outgoing.empty && Date.now() < until && !this.#over) await this.#changed()
  }

  /** Resolves when something was acknowledged, or after a moment. */
  async #changed(): Promise<void> {
    this.#room = Promise.withResolvers()
    const timer = setTimeout(this.#room.resolve, TICK)
    await this.#room.promise
    clearTimeout(timer)
  }

  async #handshake(kmsKeyId: string): Promise<void> {
    this.#state = 'handshake'
    const began = Date.now()
    const challenge = randomBytes(16).toString('hex')
    const response = await this.#asked<readonly unknown[]>('response', PayloadType.handshakeRequest, {
      AgentVersion: '3.3.2299.0',
      RequestedClientActions: [
        { ActionType: 'SessionType', ActionParameters: { SessionType: 'InteractiveCommands', Properties: null } },
        { ActionType: 'KMSEncryption', ActionParameters: { KMSKeyId: kmsKeyId, Challenge: challenge } },
      ],
    })
    const failed = response.filter(isRecord).find(action => action.ActionStatus !== 1)
    if (failed) throw new Error(`${text(failed.ActionType)} failed on client with status ${failed.ActionStatus}`)
    const result = response.filter(isRecord).find(action => action.ActionType === 'KMSEncryption')?.ActionResult
    const ciphertext = Buffer.from(text(isRecord(result) ? result.KMSCipherTextKey : ''), 'base64')
    const key = await this.#options.decrypt(ciphertext, encryptionContext(this.#options, challenge)).catch(error => {
      throw new Error(`Fetching data key failed: Unable to retrieve data key, Error when decrypting data key ${error}`)
    })
    const cipher = SessionCipher.ofAgent(key)
    const nonce = randomBytes(64)
    const answer = await this.#asked<Buffer>('challenge', PayloadType.challengeRequest, {
      Challenge: cipher.encrypt(nonce).toString('base64'),
    })
    if (!cipher.decrypt(answer).equals(nonce)) throw new Error('Encryption challenge does not match!')
    this.#cipher = cipher
    await this.#send(PayloadType.handshakeComplete, {
      HandshakeTimeToComplete: (Date.now() - began) * 1_000_000,
      CustomerMessage: 'This session is encrypted using AWS KMS.',
    })
    this.#state = 'starting'
  }

  async #asked<T>(what: 'response' | 'challenge', payloadType: number, request: unknown): Promise<T> {
    const answer = Promise.withResolvers<T>()
    this.#answers = { [what]: answer.resolve }
    const timer = setTimeout(
      () =>
        answer.reject(
          new Error(
            'Handshake timed out. Please ensure that you have the latest version of the session manager plugin.',
          ),
        ),
      HANDSHAKE_LIMIT,
    ).unref()
    await this.#send(payloadType, request)
    return answer.promise.finally(() => clearTimeout(timer))
  }

  #process({ payloadType, payload }: Frame): void {
    switch (payloadType) {
      case PayloadType.handshakeResponse: {
        const actions = jsonOf(payload, 'a handshake response').ProcessedClientActions
        return this.#answers.response?.(Array.isArray(actions) ? actions : [])
      }
      case PayloadType.challengeResponse:
        return this.#answers.challenge?.(Buffer.from(text(jsonOf(payload, 'an answer').Challenge), 'base64'))
      default:
        if (this.#state === 'ready') this.#input(payloadType, payload)
    }
  }

  #input(payloadType: number, payload: Buffer): void {
    if (payloadType === PayloadType.size) {
      const { cols, rows } = jsonOf(payload, 'a size')
      this.#terminal.resize({ cols: Number(cols), rows: Number(rows) })
    } else if (payloadType === PayloadType.output) {
      this.#terminal.type(this.#cipher?.decrypt(payload) ?? payload)
    } else if (payloadType === PayloadType.flag && payload.readUInt32BE() === TERMINATE) {
      this.terminate()
    }
  }

  async #send(payloadType: number, content: unknown): Promise<void> {
    while (this.#outgoing.full && !this.#over) await this.#changed()
    const plain = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))
    const payload = payloadType === PayloadType.output ? (this.#cipher?.encrypt(plain) ?? plain) : plain
    const flags = this.#first ? Flags.syn : Flags.none
    this.#first = false
    this.#outgoing.add(sequence =>
      encodeFrame({
        type: MessageType.output,
        created: Date.now(),
        sequence,
        flags,
        id: randomUUID(),
        payloadType,
        payload,
      }),
    )
    this.#flush()
  }

  #flush(): void {
    if (!this.#connected) return
    for (const frame of this.#outgoing.takeUnsent(Date.now())) this.#options.transmit(frame, 'output')
  }

  #tick(): void {
    const overdue = this.#connected ? this.#outgoing.takeOverdue(Date.now()) : undefined
    if (overdue) this.#options.transmit(overdue, 'output')
  }

  #end(output: string): void {
    if (this.#over) return
    this.#over = true
    clearInterval(this.#ticking)
    this.#terminal.hangUp()
    this.#terminal.screen.destroy()
    this.#room.resolve()
    this.#options.over(output)
  }
}
