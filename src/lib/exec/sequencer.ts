/**
 * The two halves of ordered delivery over a channel that may lose, repeat, delay and reorder. Pure: time is a
 * parameter, in milliseconds. Values are those of session-manager-plugin, src/config and src/datachannel.
 */

/** Estimates how long an acknowledgement takes, and so when a message counts as lost. */
export class RoundTrip {
  static readonly #gain = 1 / 8
  static readonly #variationGain = 1 / 4
  static readonly #granularity = 10
  static readonly #longest = 1000

  #trip = 100
  #variation = 0
  /** Milliseconds after which a message is sent again. */
  timeout = 200

  measured(trip: number): void {
    this.#variation += RoundTrip.#variationGain * (Math.abs(this.#trip - trip) - this.#variation)
    this.#trip += RoundTrip.#gain * (trip - this.#trip)
    const margin = Math.max(RoundTrip.#granularity, 4 * this.#variation)
    this.timeout = Math.min(this.#trip + margin, RoundTrip.#longest)
  }
}

interface Pending<M> {
  readonly sequence: number
  readonly message: M
  firstSent: number | undefined
  lastSent: number
  sent: number
}

/** Numbers what goes out and keeps it until it is acknowledged. One for each session: it outlives a connection. */
export class Outgoing<M> {
  readonly #trip = new RoundTrip()
  readonly #capacity: number
  /** In order of sequence numbers, so its first is the oldest. */
  readonly #pending = new Map<number, Pending<M>>()
  #unsent: Pending<M>[] = []
  #next = 0

  /** `capacity`: how many messages may wait for their acknowledgement. */
  constructor(capacity = 1000) {
    this.#capacity = capacity
  }

  /** Whoever has more to send must wait: nothing is ever dropped. */
  get full(): boolean {
    return this.#pending.size >= this.#capacity
  }

  get empty(): boolean {
    return this.#pending.size === 0
  }

  add(make: (sequence: number) => M): void {
    const sequence = this.#next++
    const pending = { sequence, message: make(sequence), firstSent: undefined, lastSent: 0, sent: 0 }
    this.#pending.set(sequence, pending)
    this.#unsent.push(pending)
  }

  /** What was added and has not gone out yet, oldest first; it counts as sent from now on. */
  takeUnsent(now: number): readonly M[] {
    const unsent = this.#unsent.filter(({ sequence }) => this.#pending.has(sequence))
    this.#unsent = []
    return unsent.map(pending => send(pending, now))
  }

  /** The oldest message, when its acknowledgement is overdue; it counts as sent again from now on. */
  takeOverdue(now: number): M | undefined {
    const head = this.#head
    if (!head || head.sent === 0 || now - head.lastSent <= this.#trip.timeout) return undefined
    return send(head, now)
  }

  /** Milliseconds for which the oldest message has waited for its acknowledgement. */
  waited(now: number): number {
    const since = this.#head?.firstSent
    return since === undefined ? 0 : now - since
  }

  acknowledge(sequence: number, now: number): void {
    const pending = this.#pending.get(sequence)
    if (!pending) return
    // Of a message that went out twice nobody can say which of the two was acknowledged.
    if (pending.sent === 1) this.#trip.measured(now - pending.lastSent)
    this.#pending.delete(sequence)
  }

  /** Everything that is not acknowledged goes out once more: on a new connection it may have been lost on the old one. */
  sendAgain(): void {
    this.#unsent = [...this.#pending.values()]
    for (const pending of this.#unsent) Object.assign(pending, { firstSent: undefined, sent: 0 })
  }

  get #head(): Pending<M> | undefined {
    return this.#pending.values().next().value
  }
}

function send<M>(pending: Pending<M>, now: number): M {
  pending.firstSent ??= now
  pending.lastSent = now
  pending.sent += 1
  return pending.message
}

export interface Arrival<M> {
  /** What can be processed now, in order. */
  readonly ready: readonly M[]
  /** False where it was not kept, so it must come again. */
  readonly acknowledge: boolean
}

/** How much may wait for a message that is missing. */
export interface Window<M> {
  readonly messages: number
  readonly bytes: number
  sizeOf(message: M): number
}

/** Puts what comes in back into order, each message once. */
export class Incoming<M> {
  readonly #window: Window<M>
  readonly #early = new Map<number, M>()
  #earlyBytes = 0
  #expected = 0

  constructor(window: Window<M>) {
    this.#window = window
  }

  accept(sequence: number, message: M): Arrival<M> {
    // Known already: its acknowledgement was lost.
    if (sequence < this.#expected || this.#early.has(sequence)) return { ready: [], acknowledge: true }
    if (sequence > this.#expected) return { ready: [], acknowledge: this.#keep(sequence, message) }
    const ready = [message]
    for (;;) {
      this.#expected += 1
      const next = this.#early.get(this.#expected)
      if (next === undefined) return { ready, acknowledge: true }
      this.#early.delete(this.#expected)
      this.#earlyBytes -= this.#window.sizeOf(next)
      ready.push(next)
    }
  }

  /** False where it doesn't fit: the sender then sends it again, when what is missing has come. */
  #keep(sequence: number, message: M): boolean {
    const { messages, bytes, sizeOf } = this.#window
    const size = sizeOf(message)
    if (sequence > this.#expected + messages || this.#earlyBytes + size > bytes) return false
    this.#early.set(sequence, message)
    this.#earlyBytes += size
    return true
  }
}
