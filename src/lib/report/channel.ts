import type { Box, Label, Line, LineKind, Point } from './drawing.ts'
import { GRID, PORT } from './grid.ts'
import { widthOf } from './text.ts'

/** What is to be drawn between two boxes. */
export interface End {
  /** Ids of what is meant, which may share a box with others. */
  readonly from: string
  readonly to: string
  readonly kind: LineKind
  readonly label: string
  /** It is not what was expected. */
  readonly wrong: boolean
  readonly count: number
  readonly about: string
}

/** The space between the two sides of the picture, in which all arrows run. */
export interface Channel {
  readonly width: number
  draw(boxes: readonly Box[]): { readonly lines: readonly Line[]; readonly labels: readonly Label[] }
}

const TRACK = 16
const LABEL = { size: 11, height: 18, sign: 16, padding: 8, gap: 10 } as const
/** Beside a side that no arrow leads to. */
const EMPTY = 20

/** Pure: by box; those that come to the same are one, with their number. */
export function joinedBy(ends: readonly End[], shown: ReadonlyMap<string, string>): readonly End[] {
  const visible = ends.flatMap(end => {
    const [from, to] = [shown.get(end.from), shown.get(end.to)]
    return from === undefined || to === undefined ? [] : [{ ...end, from, to }]
  })
  const groups = Map.groupBy(visible, ({ from, to, kind, label }) => JSON.stringify([from, to, kind, label]))
  return [...groups.values()].flatMap(group => {
    const [first] = group
    if (first === undefined) return []
    if (group.length === 1) return [first]
    const count = group.reduce((sum, { count }) => sum + count, 0)
    return [{ ...first, count, label: `${first.label} ×${count}`, about: `${first.label}, ${count} checks` }]
  })
}

/** How much of the channel the labels and the lines take. */
export interface Room {
  /** Beside the boxes to the left, and to the right. */
  readonly left: number
  readonly right: number
  readonly tracks: number
}

/** Enough for each of several lists of arrows. */
export function roomFor(lists: readonly (readonly End[])[], onLeft: ReadonlySet<string>): Room {
  const zone = (into: readonly End[]) =>
    into.length === 0 ? EMPTY : Math.max(...into.map(({ label }) => widthOfLabel(label))) + 2 * LABEL.gap
  const all = lists.flat()
  return {
    left: zone(all.filter(({ to }) => onLeft.has(to))),
    right: zone(all.filter(({ to }) => !onLeft.has(to))),
    tracks: Math.max(...lists.map(({ length }) => length)) * TRACK,
  }
}

/** `onLeft`: ids of the boxes to its left; all others are to its right. `edge`: where it begins. */
export function route(arrows: readonly End[], onLeft: ReadonlySet<string>, edge: number, room: Room): Channel {
  const width = room.left + room.tracks + room.right
  const first = edge + room.left + (room.tracks - arrows.length * TRACK) / 2 + TRACK / 2
  return {
    width,
    draw: boxes => {
      const ports = portsOf(arrows, new Map(boxes.map(box => [box.id, box])), onLeft)
      const edges = { left: edge + LABEL.gap, right: edge + width - LABEL.gap }
      const drawn = inTracks(arrows, ports, onLeft).map((arrow, index) =>
        drawArrow(arrow, { x: first + index * TRACK, ports, edges, toLeft: onLeft.has(arrow.to) }),
      )
      return { lines: drawn.map(({ line }) => line), labels: drawn.map(({ label }) => label) }
    },
  }
}

export const widthOfLabel = (label: string): number =>
  Math.ceil(LABEL.sign + widthOf(label, LABEL.size, true) + 2 * LABEL.padding - 4)

export const LABEL_HEIGHT = LABEL.height

type Ports = ReadonlyMap<End, { readonly from: Point; readonly to: Point }>

/** Where each arrow begins and ends: at the edge of its box that faces the channel, ordered so that few arrows cross. */
function portsOf(arrows: readonly End[], boxes: ReadonlyMap<string, Box>, onLeft: ReadonlySet<string>): Ports {
  const ends = arrows.flatMap((arrow, index) => [
    { arrow, index, role: 'from' as const, at: arrow.from, other: arrow.to },
    { arrow, index, role: 'to' as const, at: arrow.to, other: arrow.from },
  ])
  const points = new Map<End, { from: Point; to: Point }>(
    arrows.map(arrow => [arrow, { from: { x: 0, y: 0 }, to: { x: 0, y: 0 } }]),
  )
  const yOf = (id: string) => boxes.get(id)?.y ?? 0
  for (const [id, all] of Map.groupBy(ends, ({ at }) => at)) {
    const box = boxes.get(id)
    if (!box) continue
    const isLeft = onLeft.has(id)
    const rank = (other: string) => {
      if (onLeft.has(other) !== isLeft) return { group: 1, order: yOf(other) }
      return { group: yOf(other) < box.y ? 0 : 2, order: -yOf(other) }
    }
    const sorted = all.toSorted((a, b) => {
      const [first, second] = [rank(a.other), rank(b.other)]
      const tie = first.group === 0 ? b.index - a.index : a.index - b.index
      return first.group - second.group || first.order - second.order || tie
    })
    const slack = isFrame(box) ? GRID : Math.floor((box.height - sorted.length * PORT) / 2 / GRID) * GRID
    for (const [index, { arrow, role }] of sorted.entries()) {
      const y = box.y + Math.max(0, slack) + index * PORT + (isLeft ? GRID * 1.5 : GRID)
      const point = { x: isLeft ? box.x + box.width : box.x, y }
      const both = points.get(arrow)
      if (both) points.set(arrow, { ...both, [role]: point })
    }
  }
  return points
}

const isFrame = ({ kind }: Box): boolean => kind === 'ecs' || kind === 'eks' || kind === 'outside'

/** From left to right, in the order in which the fewest arrows cross. */
function inTracks(arrows: readonly End[], ports: Ports, onLeft: ReadonlySet<string>): readonly End[] {
  const within = arrows.filter(({ from, to }) => onLeft.has(from) && onLeft.has(to))
  const across = arrows.filter(({ from, to }) => onLeft.has(from) !== onLeft.has(to))
  const beyond = arrows.filter(({ from, to }) => !onLeft.has(from) && !onLeft.has(to))
  const ends = (arrow: End) => {
    const { from, to } = ports.get(arrow) ?? { from: { y: 0 }, to: { y: 0 } }
    return onLeft.has(arrow.from) ? { left: from.y, right: to.y } : { left: to.y, right: from.y }
  }
  const span = (arrow: End) => Math.abs(ends(arrow).left - ends(arrow).right)
  const falls = across.filter(arrow => ends(arrow).right > ends(arrow).left)
  const climbs = across.filter(arrow => ends(arrow).right <= ends(arrow).left)
  return [
    ...within.toSorted((a, b) => span(a) - span(b)),
    ...falls.toSorted((a, b) => ends(b).left - ends(a).left),
    ...climbs.toSorted((a, b) => ends(a).left - ends(b).left),
    ...beyond.toSorted((a, b) => span(b) - span(a)),
  ]
}

interface Place {
  readonly x: number
  readonly ports: Ports
  readonly edges: { readonly left: number; readonly right: number }
  readonly toLeft: boolean
}

function drawArrow(arrow: End, { x, ports, edges, toLeft }: Place): { readonly line: Line; readonly label: Label } {
  const { kind, wrong, about, label: text } = arrow
  const { from, to } = ports.get(arrow) ?? { from: { x, y: 0 }, to: { x, y: 0 } }
  const width = widthOfLabel(text)
  const label = {
    x: toLeft ? edges.left : edges.right - width,
    y: to.y - LABEL.height / 2,
    width,
    height: LABEL.height,
    kind,
    text,
    wrong,
  }
  const arrives = kind === 'allowed' || kind === 'control'
  // What is refused ends before it gets there.
  const end = arrives ? to : { x: toLeft ? label.x + width : label.x, y: to.y }
  return { line: { kind, from, x, to: end, arrives, about }, label }
}
