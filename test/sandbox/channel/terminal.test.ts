import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { splitCommand } from '../../../src/sandbox/channel/split.ts'
import { incompleteTail, Terminal } from '../../../src/sandbox/channel/terminal.ts'

describe("the agent's side of a command", () => {
  const lines: Readonly<Record<string, readonly string[]>> = {
    'sh -c "a b"': ['sh', '-c', 'a b'],
    'a \'b  c\'"d" e\\ f': ['a', 'b  cd', 'e f'],
    'echo "a \\"b\\" \\\\ c"': ['echo', 'a "b" \\ c'],
    'a # b c': ['a'],
    'a#b "#c" \'#d\'': ['a#b', '#c', '#d'],
    'a # comment\nb': ['a', 'b'],
    "x '' y": ['x', '', 'y'],
    '   ': [],
  }
  for (const [line, words] of Object.entries(lines)) {
    it(`splits ${JSON.stringify(line)}`, () => {
      expect(splitCommand(line)).to.deep.equal(words)
    })
  }

  it('refuses a quote that is not closed', () => {
    expect(() => splitCommand("sh -c 'x")).to.throw('EOF found')
  })

  it('knows where a character is cut', () => {
    const flag = Buffer.from('⛵')
    const tails = [flag, flag.subarray(0, 2), flag.subarray(0, 1), Buffer.from('a'), Buffer.alloc(0)].map(
      incompleteTail,
    )
    expect(tails).to.deep.equal([0, 2, 1, 0, 0])
  })

  it('shows both streams on one screen, with the line ends of a terminal, and echoes', async () => {
    const terminal = new Terminal()
    terminal.stdout.write('out\n')
    terminal.stderr.write('err\n')
    terminal.type(Buffer.from('typed\r'))
    terminal.screen.end()
    terminal.stdin.end()
    expect(await text(terminal.screen)).to.equal('out\r\nerr\r\ntyped\r\n')
    expect(await text(terminal.stdin)).to.equal('typed\n')
  })
})
