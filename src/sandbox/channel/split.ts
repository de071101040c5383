/** Splits a command line into words as the agent does (google/shlex): quotes and backslashes, and `#` begins a comment. */
export function splitCommand(line: string): readonly string[] {
  const words: string[] = []
  let word: string | undefined
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i)
    if (char === "'") {
      const end = closing(line, i, "'")
      word = (word ?? '') + line.slice(i + 1, end)
      i = end
    } else if (char === '"') {
      const end = closing(line, i, '"')
      word = (word ?? '') + line.slice(i + 1, end).replace(/\\(.)/gs, '$1')
      i = end
    } else if (char === '\\') {
      i += 1
      word = (word ?? '') + line.charAt(i)
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (char === '#' && word === undefined) {
      const end = line.indexOf('\n', i)
      i = end < 0 ? line.length : end
    } else {
      word = (word ?? '') + char
    }
  }
  return word === undefined ? words : [...words, word]
}

function closing(line: string, open: number, quote: string): number {
  for (let i = open + 1; i < line.length; i++) {
    if (line[i] === '\\' && quote === '"') i += 1
    else if (line[i] === quote) return i
  }
  throw new Error('EOF found when expecting closing quote')
}
