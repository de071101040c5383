/** Text in Markdown: nothing of it is taken for markup, and it stays on its line. */
export const inline = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|]/g, '\\$&')

/** Code in Markdown. A pipe would end a cell of a table even within code. */
export const code = (text: string): string =>
  `\`${text.replace(/\s+/g, ' ').replaceAll('`', "'").replaceAll('|', '\\|')}\``

export const tableRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
