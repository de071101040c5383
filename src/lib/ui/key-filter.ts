/** keys: a choice, where a key acts at once · text: a line is typed */
export type Expecting = 'keys' | 'text'

const PASTE_BEGINS = '\u001b[200~'
const PASTE_ENDS = '\u001b[201~'
/** Characters: nobody types more between two reads; what is longer was pasted. */
const TYPED = 16
/** A key that is held down. */
const RUBBED_OUT = '\u007f'
/** Milliseconds: what follows a paste so closely is its rest. */
const REST = 100
/** Characters of a pasted line that are taken. */
const LONGEST = 256

/**
 * Lets through what was typed. Of what was pasted a choice takes nothing, as each of its line ends would answer a question;
 * a line takes the paste's first line, without its end: whoever pasted it still has to press Enter.
 */
export class KeyFilter {
  readonly #expecting: Expecting
  readonly #now: () => number
  #pasting = false
  #taken = false
  #pastedAt = Number.NEGATIVE_INFINITY

  constructor(expecting: Expecting, now: () => number) {
    this.#expecting = expecting
    this.#now = now
  }

  /** What of a chunk of input goes on to the prompt. */
  pass(chunk: string): string {
    if (this.#pasting) return this.#inPaste(chunk)
    const begin = chunk.indexOf(PASTE_BEGINS)
    if (begin >= 0) {
      this.#pasting = true
      this.#taken = false
      return this.#typed(chunk.slice(0, begin)) + this.#inPaste(chunk.slice(begin + PASTE_BEGINS.length))
    }
    return this.#typed(chunk)
  }

  #inPaste(chunk: string): string {
    const end = chunk.indexOf(PASTE_ENDS)
    if (end < 0) return this.#pasted(chunk)
    this.#pasting = false
    return this.#pasted(chunk.slice(0, end)) + this.pass(chunk.slice(end + PASTE_ENDS.length))
  }

  #typed(chunk: string): string {
    if (chunk === '') return ''
    const rest = this.#now() - this.#pastedAt < REST
    if (!rest && !isPaste(chunk)) return chunk
    if (!rest) this.#taken = false
    this.#pastedAt = this.#now()
    // Ctrl-C goes through whatever surrounds it.
    return chunk.includes('\u0003') ? '\u0003' : this.#pasted(chunk)
  }

  #pasted(text: string): string {
    if (this.#expecting === 'keys' || this.#taken) return ''
    this.#taken = true
    const [line = ''] = text.trimStart().split(/[\r\n]/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come through
    return line.replaceAll(/[\u0000-\u001f\u007f]/g, '').slice(0, LONGEST)
  }
}

/** More than a hand types at once, or several lines; a key such as an arrow is one escape sequence. */
function isPaste(chunk: string): boolean {
  if (chunk.startsWith('\u001b') && chunk.length <= TYPED) return false
  return chunk.replaceAll(RUBBED_OUT, '').length > TYPED || /[\r\n]./s.test(chunk)
}
