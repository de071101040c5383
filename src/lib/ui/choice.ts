/** One of several answers to a question. */
export interface Choice<T> {
  readonly value: T
  readonly name: string
  /** Other words that mean it. */
  readonly also?: readonly string[]
}

export type Understood<T> = { readonly choice: Choice<T> } | { readonly problem: string }

/**
 * Which choice somebody means: by the whole of a name, by its number, from 1, or by the first letters of a name or, where
 * no name begins so, of a word in one. Pure.
 */
export function understood<T>(text: string, choices: readonly Choice<T>[]): Understood<T> {
  const said = text.trim().toLowerCase()
  const exact = choices.find(choice => wholes(choice).includes(said))
  const choice = exact ?? (/^\d+$/.test(said) ? choices[Number(said) - 1] : undefined)
  if (choice) return { choice }
  const begun = said === '' ? [] : beginning(said, choices)
  const [first, ...others] = begun
  if (first && others.length === 0) return { choice: first }
  return { problem: `${first ? ambiguous(text, begun) : `"${text.trim()}" is none of them`}: ${howToSay(choices)}` }
}

/** What can be said to choose. */
const howToSay = (choices: readonly Choice<unknown>[]): string =>
  `a number from 1 to ${choices.length}, or the first letters of one`

const wholes = ({ value, name, also = [] }: Choice<unknown>): readonly string[] =>
  [name, ...also, ...(typeof value === 'string' ? [value] : [])].map(word => word.toLowerCase())

function beginning<T>(said: string, choices: readonly Choice<T>[]): readonly Choice<T>[] {
  const byName = choices.filter(choice => wholes(choice).some(name => name.startsWith(said)))
  if (byName.length > 0) return byName
  return choices.filter(({ name }) => wordsOf(name).some(word => word.startsWith(said)))
}

const wordsOf = (name: string): readonly string[] => name.toLowerCase().split(/[^\p{L}\p{N}.-]+/u)

const ambiguous = (text: string, choices: readonly Choice<unknown>[]): string =>
  `"${text.trim()}" may be ${choices.map(({ name }) => `"${name}"`).join(' or ')}`
