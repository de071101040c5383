import type { Paper, Tone } from '../lib/ui/paper.ts'

/** What can be shown on a stream. */
export interface Terminal {
  /** Characters a line; asked for anew each time, as windows are resized. */
  columns(): number
  /** Signs beyond ASCII. */
  readonly unicode: boolean
  /** What was shown can be shown again otherwise: not so in a dumb terminal or in a file. */
  readonly movable: boolean
}

/** Nothing is shown narrower than this. */
const NARROWEST = 40

export function terminalOf(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv = process.env): Terminal {
  const { LC_ALL, LC_CTYPE, LANG, TERM, CI } = environment
  return {
    columns: () => (stream.columns > 0 ? Math.max(NARROWEST, stream.columns) : 80),
    unicode: /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || 'UTF-8'),
    // A terminal that says it has no columns would get a letter a line.
    movable: stream.isTTY === true && stream.columns > 0 && TERM !== 'dumb' && !CI,
  }
}

/** As wide as the stream is, in colour where it has some. */
export async function paperOf(stream: NodeJS.WriteStream): Promise<Paper> {
  const { Chalk, supportsColor } = await import('chalk')
  const chalk = new Chalk({ level: process.env.NO_COLOR || !stream.isTTY || !supportsColor ? 0 : supportsColor.level })
  const paints: Record<Tone, (text: string) => string> = {
    good: chalk.green,
    bad: chalk.red,
    doubtful: chalk.yellow,
    quiet: chalk.dim,
    strong: chalk.bold,
  }
  const { columns, unicode } = terminalOf(stream)
  return { columns: columns(), unicode, paint: (text, tone) => paints[tone](text) }
}
