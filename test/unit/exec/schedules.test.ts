import { randomInt, randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { decodeFrame, encodeFrame, type Frame, MessageType, PayloadType } from '../../../src/lib/exec/frame.ts'
import { acknowledgedSequence, acknowledgement } from '../../../src/lib/exec/messages.ts'
import { ClientProtocol } from '../../../src/lib/exec/protocol.ts'
import { Incoming, Outgoing } from '../../../src/lib/exec/sequencer.ts'
import { seeded } from '../../../src/sandbox/channel/behaviour.ts'

/** Set TEST_SEED to the number that a failure printed, to see the same schedule again. */
const BASE = Number(process.env.TEST_SEED ?? randomInt(1_000_000))
const SCHEDULES = 1000
const TICK = 100
const LIMIT = 20 * 60_000

/** Time that passes only by what is to happen next. */
class Agenda {
  #events: { at: number; act: () => void }[] = []
  now = 0

  after(ms: number, act: () => void): void {
    this.#events.push({ at: this.now + ms, act })
  }

  /** The next thing happens. */
  step(): void {
    const next = this.#events.reduce((first, event) => (event.at < first.at ? event : first))
    this.#events.splice(this.#events.indexOf(next), 1)
    this.now = next.at
    next.act()
  }
}

/** The agent's end, in virtual time: no terminal before `ready`, as the real one. */
class Peer {
  readonly outgoing = new Outgoing<Buffer>(10_000)
  readonly #incoming = new Incoming<Frame>({ messages: 10_000, bytes: 1 << 24, sizeOf: frame => frame.payload.length })
  readonly received: string[] = []
  readonly #agenda: Agenda
  readonly #send: (frame: Buffer) => void
  ready = false

  constructor(agenda: Agenda, send: (frame: Buffer) => void) {
    this.#agenda = agenda
    this.#send = send
  }

  print(text: string): void {
    this.outgoing.add(sequence =>
      encodeFrame({
        type: MessageType.output,
        created: this.#agenda.now,
        sequence,
        flags: sequence === 0 ? 1 : 0,
        id: randomUUID(),
        payloadType: PayloadType.output,
        payload: Buffer.from(text),
      }),
    )
    this.flush()
  }

  flush(): void {
    for (const frame of this.outgoing.takeUnsent(this.#agenda.now)) this.#send(frame)
  }

  tick(): void {
    const overdue = this.outgoing.takeOverdue(this.#agenda.now)
    if (overdue) this.#send(overdue)
  }

  receive(bytes: Buffer): void {
    const frame = decodeFrame(bytes)
    if (frame.type === MessageType.acknowledge) {
      return this.outgoing.acknowledge(acknowledgedSequence(frame), this.#agenda.now)
    }
    if (!this.ready) return
    const { ready, acknowledge } = this.#incoming.accept(frame.sequence, frame)
    if (acknowledge) this.#send(encodeFrame(acknowledgement(frame, this.#agenda.now)))
    for (const { payloadType, payload } of ready) {
      if (payloadType === PayloadType.output) this.received.push(payload.toString())
    }
  }
}

interface Result {
  readonly printed: readonly string[]
  readonly shown: string
  readonly typed: readonly string[]
  readonly received: readonly string[]
  readonly failures: readonly unknown[]
}

/** One session in which both sides talk, over a network as bad as the seed has it. */
function converse(seed: number): Result {
  const random = seeded(seed)
  const upTo = (most: number) => Math.floor(random() * most)
  const bad = { lose: random() * 0.4, duplicate: random() * 0.4, delay: upTo(600), drops: upTo(4), pauses: upTo(3) }
  const agenda = new Agenda()
  const shown: Buffer[] = []
  const failures: unknown[] = []
  let connection = 1
  let up = true

  const carry = (frame: Buffer, deliver: (frame: Buffer) => void) => {
    const during = connection
    for (let copies = random() < bad.duplicate ? 2 : 1; copies > 0; copies--) {
      if (!up || random() < bad.lose) continue
      agenda.after(random() * bad.delay, () => {
        if (up && connection === during) deliver(frame)
      })
    }
  }
  const peer: Peer = new Peer(agenda, frame => carry(frame, bytes => client.receive(bytes)))
  const client = new ClientProtocol(
    { sessionId: 'ecs-execute-command-1', targetId: 'ecs:c_t_r' },
    () => Promise.reject(new Error('no KMS here')),
    {
      send: frame => carry(frame, bytes => peer.receive(bytes)),
      output: data => void shown.push(data),
      drained: () => undefined,
      closed: () => failures.push('closed'),
      failed: error => failures.push(error),
    },
    () => agenda.now,
  )

  const notice = (type: string) =>
    client.receive(
      encodeFrame({
        type,
        created: 0,
        sequence: 0,
        flags: 0,
        id: randomUUID(),
        payloadType: 0,
        payload: Buffer.alloc(0),
      }),
    )
  const printed = Array.from({ length: upTo(40) }, (_, i) => `out ${i};`)
  const typed = Array.from({ length: upTo(40) }, (_, i) => `in ${i};`)
  let pending = printed.length + typed.length
  const print = ([text, ...rest]: readonly string[]) => {
    if (text === undefined) return
    peer.print(text)
    pending -= 1
    agenda.after(upTo(80), () => print(rest))
  }
  const type = ([line, ...rest]: readonly string[]) => {
    if (line === undefined) return
    if (!client.writable) return agenda.after(50, () => type([line, ...rest]))
    client.type(Buffer.from(line))
    pending -= 1
    agenda.after(upTo(60), () => type(rest))
  }

  client.resize({ cols: 80, rows: 24 })
  client.connected()
  type(typed)
  agenda.after(1000, () => {
    peer.ready = true
    print(printed)
  })
  for (let i = 0; i < bad.drops; i++) {
    agenda.after(upTo(6000), () => {
      up = false
      agenda.after(upTo(2000), () => {
        up = true
        connection += 1
        peer.outgoing.sendAgain()
        peer.flush()
        client.connected()
      })
    })
  }
  for (let i = 0; i < bad.pauses; i++) {
    agenda.after(upTo(6000), () => {
      notice(MessageType.pause)
      agenda.after(upTo(2000), () => notice(MessageType.start))
    })
  }
  const tick = () => {
    client.tick()
    peer.tick()
    agenda.after(TICK, tick)
  }
  tick()
  const complete = () => pending === 0 && peer.outgoing.empty && peer.received.length === typed.length
  while (!complete() && agenda.now < LIMIT && failures.length === 0) agenda.step()
  return { printed, shown: Buffer.concat(shown).toString(), typed, received: peer.received, failures }
}

describe('a session over a bad network, in virtual time', () => {
  it(`delivers everything once and in order, both ways, in ${SCHEDULES} random schedules (TEST_SEED=${BASE})`, () => {
    for (let i = 0; i < SCHEDULES; i++) {
      const seed = BASE + i
      const result = converse(seed)
      expect(result.failures, `TEST_SEED=${seed}`).to.deep.equal([])
      expect(result.shown, `TEST_SEED=${seed}`).to.equal(result.printed.join(''))
      expect(result.received, `TEST_SEED=${seed}`).to.deep.equal(result.typed)
    }
  }).timeout(60_000)
})
