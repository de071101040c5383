import { isNode, LineCounter, parseDocument } from 'yaml'

type Path = readonly PropertyKey[]

/** A YAML text that knows on which line each of its values stands. */
export interface YamlSource {
  readonly value: unknown
  /** Why the text is not YAML, with its line. */
  readonly problem?: string
  /** What was written there. */
  at(path: Path): unknown
  /** `line 7: checks.2.expect: message`; the nearest line above where the path leads nowhere. */
  locate(path: Path, message: string): string
}

export function yamlSource(text: string): YamlSource {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true })
  const [error] = document.errors
  const lineOf = (path: Path): number | undefined => {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return counter.linePos(node.range[0]).line
    }
    return undefined
  }
  return {
    value: error ? undefined : document.toJS(),
    ...(error ? { problem: `line ${counter.linePos(error.pos[0]).line}: ${error.message.split('\n')[0]}` } : {}),
    at: path => document.getIn([...path]),
    locate: (path, message) => {
      const line = lineOf(path)
      const key = path.map(String).join('.')
      return [...(line === undefined ? [] : [`line ${line}`]), ...(key === '' ? [] : [key]), message].join(': ')
    },
  }
}
