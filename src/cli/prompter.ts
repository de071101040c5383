import { interrupted } from '../lib/engine/failure.ts'
import { type Choice, understood } from '../lib/ui/choice.ts'
import type { Expecting } from '../lib/ui/key-filter.ts'
import { Keyboard } from './keyboard.ts'
import type { Terminal } from './terminal.ts'

export interface TextQuestion {
  readonly message: string
  readonly initial?: string
  /** It is not shown while it is typed. */
  readonly secret?: boolean
  /** What is wrong with an answer, or undefined. */
  problem?(text: string): string | undefined
}

/**
 * Asks a person at the terminal.
 *
 * @throws Failure `INTERRUPTED` (exit 130) after Ctrl-C, and where the terminal goes away in the middle of a question
 */
export interface Prompter {
  choose<T>(message: string, choices: readonly Choice<T>[], initial?: T): Promise<T>
  text(question: TextQuestion): Promise<string>
}

export const prompterFor = (terminal: Terminal, signal: AbortSignal): Prompter =>
  terminal.movable ? new KeyPrompter(terminal, signal) : new LinePrompter(signal)

/** Yes or no; Enter alone is no. */
export const agree = (prompter: Prompter, message: string): Promise<boolean> =>
  prompter.choose(message, [
    { value: false, name: 'no' },
    { value: true, name: 'yes' },
  ])

/** Index of the choice that Enter alone takes. */
const offeredOf = <T>(choices: readonly Choice<T>[], initial: T | undefined): number =>
  Math.max(
    0,
    choices.findIndex(({ value }) => value === initial),
  )

/** In a terminal that can redraw what it shows: lists to move in, lines to type. */
class KeyPrompter implements Prompter {
  readonly #signal: AbortSignal
  readonly #unicode: boolean

  constructor({ unicode }: Terminal, signal: AbortSignal) {
    this.#signal = signal
    this.#unicode = unicode
  }

  choose<T>(message: string, choices: readonly Choice<T>[], initial?: T): Promise<T> {
    return this.#ask('keys', async context => {
      const { listPrompt } = await import('./list-prompt.ts')
      const first = offeredOf(choices, initial)
      const index = await listPrompt({ message, choices, first, unicode: this.#unicode }, context)
      return (choices[index] as Choice<T>).value
    })
  }

  text({ message, initial, secret, problem }: TextQuestion): Promise<string> {
    return this.#ask('text', async context => {
      const { input, password } = await import('@inquirer/prompts')
      const validate = (text: string) => problem?.(text) ?? true
      const theme = this.#unicode ? {} : { prefix: { idle: '?', done: '*' } }
      if (secret) return password({ message, mask: '*', validate, theme }, context)
      return input({ message, validate, theme, ...(initial === undefined ? {} : { default: initial }) }, context)
    })
  }

  async #ask<T>(
    expecting: Expecting,
    prompt: (context: { input: NodeJS.ReadableStream; signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const keyboard = new Keyboard(expecting)
    try {
      await keyboard.open()
      return await prompt({ input: keyboard, signal: AbortSignal.any([this.#signal, keyboard.gone.signal]) })
    } catch (error) {
      throw isClosed(error) ? interrupted() : error
    } finally {
      keyboard.shut()
    }
  }
}

/** A closed prompt is Ctrl-C or a terminal that went away. */
const isClosed = (error: unknown): boolean =>
  error instanceof Error && ['ExitPromptError', 'AbortPromptError', 'CancelPromptError'].includes(error.name)

/** Milliseconds within which the other lines of a paste arrive. */
const PASTED = 50

/** In a terminal that shows lines and nothing else: choices have numbers, and can be named. */
class LinePrompter implements Prompter {
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  async choose<T>(message: string, choices: readonly Choice<T>[], initial?: T): Promise<T> {
    const list = choices.map(({ name }, index) => `  ${index + 1}) ${name}\n`).join('')
    const answer = await this.text({
      message: `${message}\n${list}Which`,
      initial: String(offeredOf(choices, initial) + 1),
      problem: text => {
        const meant = understood(text, choices)
        return 'problem' in meant ? meant.problem : undefined
      },
    })
    const meant = understood(answer, choices)
    if ('problem' in meant) throw new Error(meant.problem)
    return meant.choice.value
  }

  async text({ message, initial, problem }: TextQuestion): Promise<string> {
    for (let said = message; ; ) {
      process.stdout.write(`${said}${initial === undefined ? '' : ` [${initial}]`}: `)
      const lines = await this.#lines()
      const text = lines[0]?.trim() || (initial ?? '')
      const wrong = lines.length > 1 ? 'one line, please' : problem?.(text)
      if (wrong === undefined) return text
      said = `${wrong}. ${message.split('\n').at(-1)}`
    }
  }

  /** One line; more than one where something was pasted. */
  #lines(): Promise<readonly string[]> {
    const { stdin } = process
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
    let text = ''
    let timer: NodeJS.Timeout | undefined
    const read = (bytes: Buffer) => {
      text = `${text}${bytes}`.slice(0, 10_000)
      if (!text.includes('\n')) return
      clearTimeout(timer)
      timer = setTimeout(() => resolve(text.replace(/\r?\n$/, '').split('\n')), PASTED)
    }
    const leave = () => reject(interrupted())
    const events = ['end', 'close', 'error'] as const
    stdin.on('data', read)
    stdin.resume()
    for (const event of events) stdin.on(event, leave)
    this.#signal.addEventListener('abort', leave)
    if (this.#signal.aborted) leave()
    return promise.finally(() => {
      clearTimeout(timer)
      stdin.off('data', read)
      stdin.pause()
      for (const event of events) stdin.off(event, leave)
      this.#signal.removeEventListener('abort', leave)
    })
  }
}
