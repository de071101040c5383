import { type ChannelBehaviour, seeded } from './behaviour.ts'

/** One direction of a connection that may lose, repeat, delay and reorder what it carries. */
export class Wire<M> {
  readonly #behaviour: ChannelBehaviour
  readonly #random: () => number
  readonly #deliver: (message: M) => void
  #held: M | undefined

  constructor(behaviour: ChannelBehaviour, direction: number, deliver: (message: M) => void) {
    this.#behaviour = behaviour
    this.#random = seeded((behaviour.seed ?? 1) * 2 + direction)
    this.#deliver = deliver
  }

  carry(message: M): void {
    const { lose = 0, duplicate = 0, reorder = 0 } = this.#behaviour
    if (this.#random() < lose) return
    if (this.#held === undefined && this.#random() < reorder) {
      this.#held = message
      return
    }
    this.#arrive(message)
    if (this.#random() < duplicate) this.#arrive(message)
    if (this.#held !== undefined) {
      this.#arrive(this.#held)
      this.#held = undefined
    }
  }

  #arrive(message: M): void {
    const { delay = 0 } = this.#behaviour
    if (delay === 0) this.#deliver(message)
    else setTimeout(() => this.#deliver(message), this.#random() * delay).unref()
  }
}
