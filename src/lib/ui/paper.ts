/** What a text is, for whoever gives it a colour. */
export type Tone = 'good' | 'bad' | 'doubtful' | 'quiet' | 'strong'

/** What a report for a terminal is written on. */
export interface Paper {
  /** Characters a line; 60 are enough. */
  readonly columns: number
  /** Signs beyond ASCII. */
  readonly unicode: boolean
  /** Adds colour, which nothing depends on. */
  paint(text: string, tone: Tone): string
}
