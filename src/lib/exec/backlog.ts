/** Bytes that wait before whoever brings more has to stop. */
const HIGH_WATER = 1 << 20

export interface Consumer {
  /** What came, in order; while a promise of it is open, it is given nothing more. */
  take(data: Buffer): void | Promise<void>
  /** Everything that waited was taken. */
  relieved(): void
  failed(error: unknown): void
}

/** Output between a connection that brings it and a consumer that may be slow. */
export class Backlog {
  readonly #consumer: Consumer
  #waiting: Buffer[] = []
  #bytes = 0
  #feeding: Promise<void> | undefined
  #closed = false

  constructor(consumer: Consumer) {
    this.#consumer = consumer
  }

  /** No more should be added. */
  get full(): boolean {
    return this.#bytes > HIGH_WATER
  }

  /** Resolves when everything that was added is consumed. */
  get consumed(): Promise<void> {
    return this.#feeding ?? Promise.resolve()
  }

  add(data: Buffer): void {
    if (this.#closed) return
    this.#waiting.push(data)
    this.#bytes += data.length
    this.#feeding ??= this.#feed()
  }

  /** The consumer wants no more. */
  close(): void {
    this.#closed = true
    this.#waiting = []
    this.#bytes = 0
  }

  async #feed(): Promise<void> {
    try {
      while (this.#bytes > 0) {
        const data = Buffer.concat(this.#waiting)
        this.#waiting = []
        this.#bytes = 0
        await this.#consumer.take(data)
        this.#consumer.relieved()
      }
    } catch (error) {
      this.close()
      this.#consumer.failed(error)
    }
    this.#feeding = undefined
  }
}
