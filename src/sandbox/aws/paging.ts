export interface Page<T> {
  readonly items: T[]
  /** The token of the next page; undefined on the last. */
  readonly next: string | undefined
}

export interface PageRequest<T> {
  /**
   * What tells the items apart and orders them; a token holds the key of the last item that was given. Without it the
   * list keeps its own order, and a token holds a position.
   */
  key?(item: T): string
  readonly token: string | undefined
  readonly size: number
  /** The service's own error for a token that it never gave. */
  invalidToken(): Error
}

/** One page of a list. By key, items that come and go meanwhile move no other item. */
export function page<T>(all: Iterable<T>, { key, token, size, invalidToken }: PageRequest<T>): Page<T> {
  const after = token === undefined ? undefined : decode(token, invalidToken)
  const keyed = [...all].map((item, index) => ({ key: key?.(item) ?? positionKey(index), item }))
  const sorted = keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
  const rest = after === undefined ? sorted : sorted.filter(entry => entry.key > after)
  const items = rest.slice(0, size)
  const last = rest.length > size ? items.at(-1) : undefined
  return {
    items: items.map(entry => entry.item),
    next: last && Buffer.from(PREFIX + last.key).toString('base64'),
  }
}

const positionKey = (index: number): string => String(index).padStart(9, '0')

const PREFIX = 'after:'

function decode(token: string, invalidToken: () => Error): string {
  const text = Buffer.from(token, 'base64').toString('utf8')
  if (!text.startsWith(PREFIX)) throw invalidToken()
  return text.slice(PREFIX.length)
}
