import { LABEL_HEIGHT } from './channel.ts'
import type { Line, LineKind, Text } from './drawing.ts'
import { widthOf } from './text.ts'

const MEANINGS: readonly (readonly [LineKind, string])[] = [
  ['allowed', 'allowed: an answer came'],
  ['denied-l4', 'denied by a policy on identities (layer 4)'],
  ['denied-l7', 'denied by a policy on requests (layer 7)'],
  ['unreachable', 'unreachable: not a policy, the network'],
  ['broken', 'broken: the check could not run'],
  ['control', "the mesh's control plane"],
]

const SIZE = 11
const SAMPLE = 44
const GAP = 20
const ROW = 24

interface Legend {
  readonly texts: readonly Text[]
  readonly lines: readonly Line[]
  readonly bottom: number
}

/** What the lines that are in the picture mean, in rows of at most `width`. */
export function legendOf(
  kinds: ReadonlySet<LineKind>,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): Legend {
  const texts: Text[] = []
  const lines: Line[] = []
  let at = { x, y }
  for (const [kind, text] of MEANINGS.filter(([kind]) => kinds.has(kind))) {
    const needed = SAMPLE + 8 + widthOf(text, SIZE)
    if (at.x > x && at.x + needed > x + width) at = { x, y: at.y + ROW }
    const middle = at.y + LABEL_HEIGHT / 2
    const arrives = kind === 'allowed' || kind === 'control'
    const to = { x: at.x + SAMPLE, y: middle }
    lines.push({ kind, from: { x: at.x, y: middle }, x: at.x + SAMPLE / 2, to, arrives, about: text })
    texts.push({ x: at.x + SAMPLE + 8, y: middle + 4, size: SIZE, bold: false, tone: 'quiet', text })
    at = { ...at, x: at.x + needed + GAP }
  }
  return { texts, lines, bottom: lines.length === 0 ? y : at.y + ROW }
}
