import { expect } from 'chai'
import { type Expecting, KeyFilter } from '../../../src/lib/ui/key-filter.ts'

describe('KeyFilter', () => {
  let now = 0
  const through = (expecting: Expecting, chunks: readonly string[], apart = 10) => {
    now = 0
    const filter = new KeyFilter(expecting, () => now)
    return chunks.map(chunk => {
      now += apart
      return filter.pass(chunk)
    })
  }
  const begin = '\u001b[200~'
  const end = '\u001b[201~'

  const table: [name: string, expecting: Expecting, chunks: string[], passed: string[]][] = [
    ['keys go through', 'keys', ['\u001b[B', 'j', '\r'], ['\u001b[B', 'j', '\r']],
    ['typed text goes through', 'text', ['e', 'u-west-1\r'], ['e', 'u-west-1\r']],
    ['a choice takes nothing of a paste', 'keys', [`${begin}yes\r\nyes\r\n${end}`], ['']],
    ['what follows a bracketed paste was typed', 'keys', [`${begin}yes\r\n${end}\r`], ['\r']],
    ['a paste may come in pieces', 'keys', [`${begin}yes\r`, '\ryes\r', `\r${end}`, '\r'], ['', '', '', '\r']],
    ['a line takes the first line of a paste', 'text', [`${begin}first\nsecond\n${end}`], ['first']],
    ['and nothing of its other pieces', 'text', [`${begin}first\n`, `second${end}`], ['first', '']],
    ['control characters of a paste are left out', 'text', [`${begin}a\u001b[31m\u0007b${end}`], ['a[31mb']],
    ['several lines at once were pasted', 'keys', ['y\ry\ry\r'], ['']],
    ['the rest of such a paste too', 'keys', ['yes\r'.repeat(500), '\r'], ['', '']],
    [
      'of such a paste a line takes the first',
      'text',
      ['a-rather-long-name\nand more\n', 'still more\n'],
      ['a-rather-long-name', ''],
    ],
    ['Ctrl-C goes through whatever surrounds it', 'keys', [`${'y\r'.repeat(20)}\u0003`], ['\u0003']],
    ['a key that is held down is no paste', 'text', ['\u007f'.repeat(30)], ['\u007f'.repeat(30)]],
  ]
  for (const [name, expecting, chunks, passed] of table) {
    it(name, () => expect(through(expecting, chunks)).to.deep.equal(passed))
  }

  it('takes no more than a name can have of a huge paste', () => {
    expect(through('text', ['x'.repeat(1_000_000)])[0]?.length).to.equal(256)
  })

  it('lets keys through again a moment after a paste', () => {
    expect(through('keys', ['yes\r'.repeat(500), '\r'], 200)).to.deep.equal(['', '\r'])
  })
})
