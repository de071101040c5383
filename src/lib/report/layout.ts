import type { Scene } from './arrows.ts'
import { type Block, blocksOf, type Chip, ecsBlockId, type Sides } from './blocks.ts'
import { type End, joinedBy, type Room, roomFor, route } from './channel.ts'
import type { Box, Drawing, Rectangle, Text, Tone } from './drawing.ts'
import { GRID, onGrid, PORT } from './grid.ts'
import { legendOf } from './legend.ts'
import { linesOf, widthOf } from './text.ts'
import { type Topology, workloadsOf } from './topology.ts'

const MARGIN = 24
const GAP = GRID
const PADDING = GRID
const NARROWEST = 264
const WIDEST = 372

const SIZES = { frame: 15, section: 12.5, card: 13, line: 11, chip: 10.5 } as const
const LINE = 16
const CHIP = { height: 18, padding: 7, gap: 6 } as const

/** Pure: a picture for each scene, or one without arrows. What stands has the same place in all of them, so that they can be compared. */
export function layOut(topology: Topology, scenes: readonly Scene[]): readonly Drawing[] {
  const ends = scenes.length > 0 ? scenes.map(scene => endsOf(topology, scene)) : [endsOf(topology, undefined)]
  const touched = new Set(ends.flat().flatMap(({ from, to }) => [from, to]))
  const outsiders = new Map(scenes.flatMap(({ outsiders }) => outsiders).map(outsider => [outsider.id, outsider]))
  const sides = blocksOf(topology, touched, [...outsiders.values()])
  const shown = shownBy([...sides.left, ...sides.right])
  const arrows = ends.map(these => joinedBy(these, shown))
  const onLeft = new Set(idsOf(sides.left))
  const room = roomFor(arrows, onLeft)
  return arrows.map(these => draw(these, sides, onLeft, room))
}

function draw(arrows: readonly End[], sides: Sides, onLeft: ReadonlySet<string>, room: Room): Drawing {
  const ports = Map.groupBy(
    arrows.flatMap(arrow => [arrow.from, arrow.to]),
    id => id,
  )
  const left = new Column(MARGIN, sides.left, ports)
  const channel = route(arrows, onLeft, MARGIN + left.width, room)
  const right = new Column(MARGIN + left.width + channel.width, sides.right, ports)
  const { lines, labels } = channel.draw([...left.boxes, ...right.boxes])
  const width = Math.ceil(MARGIN * 2 + left.width + channel.width + right.width)
  const legend = legendOf(new Set(lines.map(({ kind }) => kind)), {
    x: MARGIN,
    y: Math.max(left.bottom, right.bottom) + GAP,
    width: width - 2 * MARGIN,
  })
  return {
    width,
    height: legend.bottom + GAP,
    boxes: [...left.boxes, ...right.boxes],
    texts: [...left.texts, ...right.texts, ...legend.texts],
    lines: [...lines, ...legend.lines],
    labels,
  }
}

/** The scene's arrows, and those of the control plane. */
function endsOf(topology: Topology, scene: Scene | undefined): readonly End[] {
  const gateway = topology.eks.namespaces
    .flatMap(({ gateways }) => gateways)
    .find(({ role, presence }) => role === 'east-west' && presence === 'present')
  const enrolled = topology.ecs.filter(({ services }) => services.some(({ ztunnel }) => ztunnel))
  const names = new Map(workloadsOf(topology).map(({ id, name }) => [id, name]))
  const nameOf = (id: string) => names.get(id) ?? id.replace(/^outside /, '')
  return [
    ...(gateway
      ? enrolled.map(({ name }) => ({
          from: ecsBlockId(name),
          to: gateway.id,
          kind: 'control' as const,
          label: 'control plane',
          wrong: false,
          count: 1,
          about: `The ztunnels of ECS cluster ${name} get certificates and configuration from istiod through the east-west gateway.`,
        }))
      : []),
    ...(scene?.arrows ?? []).map(({ from, to, verdict, complaint, methods, checks }) => ({
      from,
      to,
      kind: verdict,
      label: [[...methods, verdict].join(' '), complaint].filter(Boolean).join(', '),
      wrong: complaint !== undefined,
      count: checks.length,
      about: [
        `${nameOf(from)} to ${nameOf(to)}: ${[verdict, complaint].filter(Boolean).join(', ')}`,
        ...checks.map(({ request, evidence }) => `${request}: ${evidence.why}`),
      ].join('\n'),
    })),
  ]
}

/** By id of whatever can be an end, the id of the box that shows it. */
function shownBy(blocks: readonly Block[]): ReadonlyMap<string, string> {
  return new Map(
    flat(blocks).flatMap(
      ({ id, stands = [] }) => [[id, id], ...stands.map(hidden => [hidden, id])] as [string, string][],
    ),
  )
}

const flat = (blocks: readonly Block[]): readonly Block[] => blocks.flatMap(block => [block, ...flat(block.children)])

const idsOf = (blocks: readonly Block[]): readonly string[] => flat(blocks).map(({ id }) => id)

type Ports = ReadonlyMap<string, readonly string[]>

/** Frames one below the other, with all that is in them. */
class Column {
  readonly boxes: Box[] = []
  readonly texts: Text[] = []
  readonly width: number
  readonly bottom: number
  readonly #ports: Ports

  constructor(x: number, blocks: readonly Block[], ports: Ports) {
    this.#ports = ports
    this.width = onGrid(Math.min(WIDEST, Math.max(NARROWEST, ...blocks.map(block => neededWidth(block)))))
    let y = MARGIN
    for (const block of blocks) y += this.#place(block, { x, y, width: this.width }) + GAP
    this.bottom = y
  }

  /** Answers the height. */
  #place(block: Block, { x, y, width }: Omit<Rectangle, 'height'>, parent?: string): number {
    const { id, kind, title, lines, chip, chips, children } = block
    const inner = { x: x + PADDING, width: width - 2 * PADDING }
    const index = this.boxes.push({ id, kind, x, y, width, height: 0, ...(parent ? { parent } : {}) }) - 1
    const size = titleSize(block)
    let at = y + PADDING - 2
    const chipWidth = chip ? widthOfChip(chip) : 0
    const room = inner.width - (chip ? chipWidth + CHIP.gap : 0)
    // Beside a chip that leaves too little room the title has to itself what is left below.
    const beside = chip !== undefined && room >= Math.min(96, inner.width / 2)
    if (chip) this.#chip(chip, { x: inner.x + inner.width - chipWidth, y: at }, id)
    if (chip && !beside) at += CHIP.height + 4
    at = this.#write(
      linesOf(title, beside ? room : inner.width, size, true),
      { x: inner.x, y: at, size, bold: true },
      id,
    )
    for (const line of lines) {
      at = this.#write(linesOf(line, inner.width, SIZES.line), { x: inner.x, y: at, size: SIZES.line, bold: false }, id)
    }
    if (chips.length > 0) at = this.#chips(chips, { ...inner, y: at + 6 }, id)
    at = y + onGrid(at - y + PADDING / 2)
    for (const child of children) at += this.#place(child, { ...inner, y: at }, id) + GAP
    const ports = this.#ports.get(id)?.length ?? 0
    const height = onGrid(Math.max(at - y, children.length > 0 ? 0 : ports * PORT + GRID))
    const box = this.boxes[index]
    if (box) this.boxes[index] = { ...box, height, about: [title, chip?.text, ...lines].filter(Boolean).join('\n') }
    return height
  }

  /** Answers where the next line may begin. */
  #write(
    lines: readonly string[],
    { x, y, size, bold }: { x: number; y: number; size: number; bold: boolean },
    box: string,
  ): number {
    const tone: Tone = bold ? 'heading' : 'quiet'
    const step = Math.max(LINE, size + 4)
    for (const [index, text] of lines.entries()) {
      this.texts.push({ x, y: y + index * step + size + 1, size, bold, tone, text, box })
    }
    return y + lines.length * step
  }

  /** Answers where they end. */
  #chips(chips: readonly Chip[], { x, y, width }: Omit<Rectangle, 'height'>, parent: string): number {
    let at = { x, y }
    let bottom = y
    for (const chip of chips) {
      if (at.x > x && at.x + widthOfChip(chip) > x + width) at = { x, y: bottom + 4 }
      const drawn = this.#chip(chip, at, parent, width)
      at = { ...at, x: at.x + drawn.width + CHIP.gap }
      bottom = Math.max(bottom, at.y + drawn.height)
    }
    return bottom
  }

  #chip(
    { text, kind }: Chip,
    { x, y }: { x: number; y: number },
    parent: string,
    most = Number.POSITIVE_INFINITY,
  ): Pick<Rectangle, 'width' | 'height'> {
    const id = `${parent} chip ${x},${y}`
    const lines = linesOf(text, most - 2 * CHIP.padding, SIZES.chip, true)
    const width = Math.max(...lines.map(line => widthOf(line, SIZES.chip, true))) + 2 * CHIP.padding
    const height = CHIP.height + (lines.length - 1) * LINE
    this.boxes.push({ id, kind, x, y, width, height, parent })
    for (const [index, line] of lines.entries()) {
      const baseline = y + 13 + index * LINE
      this.texts.push({
        x: x + width / 2,
        centred: true,
        y: baseline,
        size: SIZES.chip,
        bold: true,
        tone: 'on-chip',
        text: line,
        box: id,
      })
    }
    return { width, height }
  }
}

const titleSize = ({ kind }: Block): number =>
  kind === 'section' ? SIZES.section : kind === 'card' || kind === 'ghost' ? SIZES.card : SIZES.frame

const widthOfChip = ({ text }: Chip): number => widthOf(text, SIZES.chip, true) + 2 * CHIP.padding

/** In which no line of it would have to be broken. */
function neededWidth(block: Block): number {
  const { title, chip, lines, chips, children } = block
  const own = [
    widthOf(title, titleSize(block), true) + (chip ? widthOfChip(chip) + CHIP.gap : 0),
    ...lines.map(line => widthOf(line, SIZES.line)),
    ...chips.map(widthOfChip),
    ...children.map(neededWidth),
  ]
  return Math.max(...own) + 2 * PADDING
}
