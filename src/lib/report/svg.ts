import { attributes, escaped } from '../ui/markup.ts'
import type { Box, Drawing, Label, Line, LineKind, Rectangle, Text } from './drawing.ts'
import { pictureStyle } from './style.ts'
import { widthOf } from './text.ts'

export interface Picture {
  readonly drawing: Drawing
  readonly title: string
  readonly subtitle: string
  /** The same in words, for those who do not see it. */
  readonly description: string
}

const HEADING = { size: 16, small: 12, height: 44 } as const

/** One SVG file of its own: the pictures below one another, each under its title. */
export function svgFile(pictures: readonly Picture[], title: string): string {
  const width = Math.max(
    ...pictures.flatMap(({ drawing, title, subtitle }) => [
      drawing.width,
      48 + widthOf(title, HEADING.size, true),
      48 + widthOf(subtitle, HEADING.small),
    ]),
  )
  let y = 0
  const panels = pictures.map(({ drawing, title, subtitle }) => {
    const heading = [
      `<text class="heading"${attributes({ x: 24, y: y + 30, 'font-size': HEADING.size, 'font-weight': 600 })}>${escaped(title)}</text>`,
      `<text class="quiet"${attributes({ x: 24, y: y + 48, 'font-size': HEADING.small })}>${escaped(subtitle)}</text>`,
    ]
    const panel = [...heading, `<g transform="translate(0 ${y + HEADING.height - 4})">${contents(drawing)}</g>`]
    y += HEADING.height - 4 + drawing.height
    return panel
  })
  const description = pictures.map(({ title, description }) => `${title}\n${description}`).join('\n\n')
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="img"${attributes({
      width,
      height: y,
      viewBox: `0 0 ${width} ${y}`,
      'aria-labelledby': 'title description',
    })}>`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description)}</desc>`,
    `<style>${pictureStyle('.picture')}</style>`,
    `<rect class="ground" width="100%" height="100%"/>`,
    ...panels.flat(),
    '</svg>',
    '',
  ].join('\n')
}

/** An SVG within a page that has the style. `id`: unique in the page. */
export function svgElement({ drawing, title, description }: Picture, id: string): string {
  const { width, height } = drawing
  return [
    `<svg class="picture" role="img"${attributes({
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      'aria-labelledby': `${id}-title ${id}-description`,
    })}>`,
    `<title id="${id}-title">${escaped(title)}</title>`,
    `<desc id="${id}-description">${escaped(description)}</desc>`,
    contents(drawing),
    '</svg>',
  ].join('\n')
}

function contents({ boxes, texts, lines, labels }: Drawing): string {
  const kinds = new Map(boxes.map(({ id, kind }) => [id, kind]))
  return [
    ...boxes.map(boxElement),
    ...lines.map(lineElement),
    ...texts.map(text => textElement(text, kinds.get(text.box ?? ''))),
    ...labels.map(labelElement),
  ].join('\n')
}

const RADIUS: Readonly<Record<Box['kind'], number>> = {
  eks: 14,
  ecs: 14,
  outside: 14,
  section: 10,
  card: 8,
  ghost: 8,
  'chip-in': 9,
  'chip-out': 9,
  chip: 9,
}

function boxElement(box: Box): string {
  const { id, kind, about } = box
  const rect = `<rect class="${kind}"${attributes({ ...rectangle(box), rx: RADIUS[kind], 'data-box': id, 'data-in': box.parent })}`
  return about === undefined ? `${rect}/>` : `${rect}><title>${escaped(about)}</title></rect>`
}

const rectangle = ({ x, y, width, height }: Rectangle) => ({ x, y, width: rounded(width), height: rounded(height) })
const rounded = (value: number): number => Math.round(value * 10) / 10

function textElement({ x, y, size, bold, centred, tone, text, box }: Text, kind: Box['kind'] | undefined): string {
  const place = {
    x: rounded(x),
    y: rounded(y),
    'font-size': size,
    'font-weight': bold ? 600 : undefined,
    'text-anchor': centred ? 'middle' : undefined,
  }
  return `<text class="${textClass(tone, kind)}"${attributes({ ...place, 'data-in': box })}>${escaped(text)}</text>`
}

function textClass(tone: Text['tone'], kind: Box['kind'] | undefined): string {
  if (tone === 'on-chip') return kind === 'chip-in' || kind === 'chip-out' ? `on-${kind}` : tone
  return tone === 'heading' && (kind === 'eks' || kind === 'ecs') ? `on-${kind}` : tone
}

function lineElement({ kind, from, x, to, arrives, about }: Line): string {
  const way = `<path class="line k-${kind}" d="${wayOf({ from, x, to })}"/>`
  const start = `<circle class="tip"${attributes({ cx: from.x, cy: from.y, r: 3 })}/>`
  const tip = arrives ? `<path class="tip" d="${tipOf(to, Math.sign(to.x - x) || 1)}"/>` : ''
  return `<g class="k-${kind}"><title>${escaped(about)}</title>${way}${start}${tip}</g>`
}

const CORNER = 8

function wayOf({ from, x, to }: Pick<Line, 'from' | 'x' | 'to'>): string {
  const down = to.y - from.y
  if (down === 0) return `M${from.x} ${from.y}H${to.x}`
  const r = Math.min(CORNER, Math.abs(down) / 2)
  const [into, along, out] = [Math.sign(x - from.x) || 1, Math.sign(down), Math.sign(to.x - x) || 1]
  return [
    `M${from.x} ${from.y}H${x - into * r}`,
    `Q${x} ${from.y} ${x} ${from.y + along * r}`,
    `V${to.y - along * r}`,
    `Q${x} ${to.y} ${x + out * r} ${to.y}`,
    `H${to.x}`,
  ].join('')
}

const tipOf = ({ x, y }: { readonly x: number; readonly y: number }, out: number): string =>
  `M${x} ${y}l${-9 * out} -5v10z`

function labelElement({ kind, text, wrong, ...place }: Label): string {
  const { x, y, width, height } = place
  const rect = `<rect${attributes({ ...rectangle(place), rx: height / 2 })}/>`
  const sign = `<g class="sign" transform="translate(${x + 7} ${y + 4})">${SIGNS[kind]}</g>`
  const words = `<text${attributes({ x: x + SIGN + (width - SIGN) / 2 - 3, y: y + 13, 'font-size': 11, 'text-anchor': 'middle' })}>${escaped(text)}</text>`
  return `<g class="label k-${kind}${wrong ? ' wrong' : ''}" data-label="${escaped(text)}">${rect}${sign}${words}</g>`
}

/** Width of the sign with the space about it. */
const SIGN = 20

/** The sign of a verdict, within a text. */
export const signElement = (kind: LineKind): string =>
  `<svg class="sign" width="12" height="12" viewBox="-1 -1 12 12" aria-hidden="true">${SIGNS[kind]}</svg>`

/** Ten by ten. No font is needed for them. */
const SIGNS: Readonly<Record<LineKind, string>> = {
  allowed: '<path d="M1 5.5l3 3l5-7"/>',
  'denied-l4': '<path d="M1.5 1.5l7 7m0-7l-7 7"/>',
  'denied-l7': '<circle cx="5" cy="5" r="4.2"/><path d="M2.2 2.2l5.6 5.6"/>',
  unreachable: '<path d="M2.5 3a2.5 2.5 0 1 1 3.5 2.3q-1 .5-1 1.5M5 9.2v.1"/>',
  broken: '<path d="M5 1v5M5 9v.1"/>',
  control: '<circle cx="5" cy="5" r="2.2"/>',
}
