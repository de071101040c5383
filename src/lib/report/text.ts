/**
 * How wide a text gets, without a font at hand: the widths of a wide face (DejaVu Sans), so that whatever face a viewer
 * has, the text stays within its box.
 */

/** By character class, in parts of the font size. */
const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/[ijlI.,:;'|! ·]/, 0.34],
  [/[ftr()[\]/\\"-]/, 0.44],
  [/[mwMW%@]/, 1],
  [/[A-Z&+<>=~]/, 0.82],
  [/[a-z0-9_$?*#]/, 0.65],
]
/** Of whatever else there is: signs, and the letters of East Asia. */
const WIDEST = 1.05
const BOLD = 1.12

const widthOfCharacter = (character: string): number =>
  WIDTHS.find(([characters]) => characters.test(character))?.[1] ?? WIDEST

/** An upper bound, in the unit of `size`. */
export function widthOf(text: string, size: number, bold = false): number {
  let width = 0
  for (const character of text) width += widthOfCharacter(character)
  return width * size * (bold ? BOLD : 1)
}

/** Lines that are at most `width` wide: broken at spaces, and after `-`, `/` and `.` or anywhere where a word is too long. */
export function linesOf(text: string, width: number, size: number, bold = false): readonly string[] {
  const lines: string[] = []
  for (const piece of piecesOf(text, width, size, bold)) {
    const line = `${lines.at(-1) ?? ''}${piece}`
    if (lines.length > 0 && widthOf(line.trimEnd(), size, bold) <= width) lines[lines.length - 1] = line
    else lines.push(piece.trimStart())
  }
  return lines.map(line => line.trimEnd()).filter(line => line !== '')
}

/** The parts at whose ends a line may break, none of them too long for a line. */
function piecesOf(text: string, width: number, size: number, bold: boolean): readonly string[] {
  const words = text.match(/\S+\s*/g) ?? []
  return words.flatMap(word => {
    if (widthOf(word.trimEnd(), size, bold) <= width) return [word]
    const parts = word.match(/[^-/.]*[-/.]+|[^-/.]+\s*$/g) ?? [word]
    return parts.flatMap(part => (widthOf(part.trimEnd(), size, bold) <= width ? [part] : cut(part, width, size, bold)))
  })
}

function cut(text: string, width: number, size: number, bold: boolean): readonly string[] {
  const parts: string[] = ['']
  for (const character of text) {
    const part = `${parts.at(-1)}${character}`
    if (widthOf(part, size, bold) <= width) parts[parts.length - 1] = part
    else parts.push(character)
  }
  return parts
}
