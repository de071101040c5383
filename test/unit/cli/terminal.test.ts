import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { paperOf } from '../../../src/cli/terminal.ts'

const SOURCES = fileURLToPath(new URL('../../../src', import.meta.url))

describe('what is shown on a stream', () => {
  const stream = (more: object) => more as NodeJS.WriteStream

  it('has no colour and 80 columns where it is no terminal', async () => {
    const { columns, paint } = await paperOf(stream({ isTTY: false }))
    expect([columns, paint('x', 'bad'), paint('x', 'doubtful')]).to.deep.equal([80, 'x', 'x'])
  })

  it('is as wide as the terminal, but not narrower than can be read', async () => {
    const widths = [120, 7].map(async columns => (await paperOf(stream({ isTTY: true, columns }))).columns)
    expect(await Promise.all(widths)).to.deep.equal([120, 40])
  })

  it('gets its colours in one place', () => {
    const files = globSync('**/*.ts', { cwd: SOURCES }).filter(file =>
      /'chalk'/.test(readFileSync(join(SOURCES, file), 'utf8')),
    )
    expect(files).to.deep.equal(['cli/terminal.ts'])
  })
})
