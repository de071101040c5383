/** Where lines are shown that change. */
export interface Screen {
  write(text: string): void
  /** Characters a line, now. */
  columns(): number
}

/** A few lines at the bottom that are replaced as long as something lasts; what is written goes above them. */
export class LiveLines {
  readonly #screen: Screen
  #shown: readonly string[] = []

  constructor(screen: Screen) {
    this.#screen = screen
  }

  show(lines: readonly string[]): void {
    const width = this.#screen.columns() - 1
    const cut = lines.map(line => (line.length > width ? line.slice(0, width) : line))
    this.#screen.write(`${this.#erasure()}${cut.map(line => `${line}\n`).join('')}`)
    this.#shown = cut
  }

  write(text: string): void {
    const lines = this.#shown
    this.#screen.write(`${this.#erasure()}${text}\n${lines.map(line => `${line}\n`).join('')}`)
  }

  clear(): void {
    this.#screen.write(this.#erasure())
    this.#shown = []
  }

  /** A window that has become narrower has broken the lines that were shown. */
  #erasure(): string {
    const columns = this.#screen.columns()
    const rows = this.#shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0)
    // From the line's begin: the terminal may have echoed a key, such as ^C.
    return rows === 0 ? '' : `\r\u001b[${rows}A\u001b[J`
  }
}
