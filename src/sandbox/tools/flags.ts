import { ToolError } from './tool.ts'

/** What a flag is: whether a value follows, and the letter or letters by which it is known too. */
export interface FlagSpec {
  readonly value?: true
  readonly short?: string
}

export interface Parsed {
  readonly words: readonly string[]
  /** By long name; a flag without a value is `true`. */
  readonly flags: ReadonlyMap<string, string>
}

/**
 * Splits arguments as the tools' Go libraries do: `--name value`, `--name=value`, `-n value`, `-n=value`, `--name=false`.
 *
 * @throws ToolError `unknown flag: --name`
 */
export function parseFlags(argv: readonly string[], specs: Readonly<Record<string, FlagSpec>>): Parsed {
  const byShort = new Map(
    Object.entries(specs).flatMap(([name, { short }]) => (short === undefined ? [] : [[short, name] as const])),
  )
  const words: string[] = []
  const flags = new Map<string, string>()
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, dashes, key, given] = /^(--?)([^=]+)(?:=(.*))?$/s.exec(word) ?? []
    if (key === undefined || word === '-') {
      words.push(word)
      continue
    }
    const name = dashes === '--' ? key : byShort.get(key)
    const spec = name === undefined ? undefined : specs[name]
    if (name === undefined || spec === undefined) {
      throw new ToolError(dashes === '--' ? `unknown flag: ${word}` : `unknown shorthand flag: '${key}' in ${word}`)
    }
    const value = given ?? (spec.value ? rest.shift() : 'true')
    if (value === undefined) throw new ToolError(`flag needs an argument: ${word}`)
    flags.set(name, value)
  }
  return { words, flags }
}
