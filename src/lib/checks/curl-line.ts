import { quote, split } from 'shlex'
import { Exit, Failure } from '../engine/failure.ts'

export interface CurlLine {
  /** From 1. */
  readonly line: number
  readonly args: readonly string[]
}

/**
 * The arguments of one curl on each line, as in the guide's lists. Blank lines, lines that begin with `#` and carriage
 * returns are skipped. Quotes are honoured; nothing else is: `;`, `$(…)` and `*` are text for curl.
 *
 * @throws Failure `CURL_LINE_INVALID` (exit 2) for a quote that is not closed
 */
export function curlLines(text: string, file: string): readonly CurlLine[] {
  return text.split(/\r\n|\n|\r/).flatMap((raw, index) => {
    const content = raw.trim()
    if (content === '' || content.startsWith('#')) return []
    return [{ line: index + 1, args: curlArguments(content, file, index + 1) }]
  })
}

function curlArguments(content: string, file: string, line: number): readonly string[] {
  try {
    return split(content)
  } catch (cause) {
    throw new Failure({
      code: 'CURL_LINE_INVALID',
      exit: Exit.usage,
      message: `${file}, line ${line}: the quotes of this curl line don't match.`,
      why: [content, ...(cause instanceof Error ? [cause.message] : [])],
      suggestions: ['Close the quote, or write a single quote inside double ones: "it\'s".'],
      cause,
    })
  }
}

/** One line that a shell would split into these arguments again. */
export const curlCommand = (args: readonly string[]): string => ['curl', ...args.map(quoted)].join(' ')

const quoted = (arg: string): string => (/^[\w@%+=:,./{}[\]-]+$/.test(arg) ? arg : quote(arg))
