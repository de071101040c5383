import { PassThrough } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Expecting, KeyFilter } from '../lib/ui/key-filter.ts'

/** Milliseconds in which what was typed ahead comes in. */
const TYPED_AHEAD = 20
const BRACKETED_PASTE = { on: '\u001b[?2004h', off: '\u001b[?2004l' }

/** What a prompt reads from: the keys of the terminal, without what was pasted or typed before the question stood there. */
export class Keyboard extends PassThrough {
  readonly isTTY = true
  /** Aborted when the terminal has gone away. */
  readonly gone = new AbortController()
  readonly #decoder = new StringDecoder('utf8')
  readonly #filter: KeyFilter

  constructor(expecting: Expecting) {
    super()
    this.#filter = new KeyFilter(expecting, () => Date.now())
  }

  /** readline asks for it. */
  setRawMode(on: boolean): this {
    const { stdin } = process
    // A terminal that has gone away takes no mode.
    if (!stdin.destroyed && !this.gone.signal.aborted) stdin.setRawMode(on)
    return this
  }

  async open(): Promise<void> {
    const { stdin, stdout } = process
    for (const event of ['end', 'close', 'error'] as const) stdin.on(event, this.#leave)
    this.setRawMode(true)
    const drop = () => undefined
    stdin.on('data', drop)
    stdin.resume()
    await sleep(TYPED_AHEAD)
    stdin.off('data', drop)
    stdin.on('data', this.#read)
    stdout.write(BRACKETED_PASTE.on)
  }

  shut(): void {
    const { stdin, stdout } = process
    stdin.off('data', this.#read)
    stdin.pause()
    if (!this.gone.signal.aborted) stdout.write(BRACKETED_PASTE.off)
    this.setRawMode(false)
    for (const event of ['end', 'close', 'error'] as const) stdin.off(event, this.#leave)
    this.destroy()
  }

  readonly #leave = () => this.gone.abort()
  readonly #read = (bytes: Buffer) => {
    this.write(this.#filter.pass(this.#decoder.write(bytes)))
  }
}
