import { expect } from 'chai'
import { LiveLines } from '../../../src/lib/ui/live-lines.ts'
import { Waits } from '../../../src/lib/ui/waits.ts'

describe('LiveLines', () => {
  const on = (screen: { columns: number }) => {
    const written: string[] = []
    const live = new LiveLines({ write: text => written.push(text), columns: () => screen.columns })
    return { live, written }
  }

  it('replaces what it showed, cut to the width of the window', () => {
    const { live, written } = on({ columns: 10 })
    live.show(['a very long line', 'b'])
    live.show(['c'])
    live.clear()
    expect(written).to.deep.equal(['a very lo\nb\n', '\r\u001b[2A\u001b[Jc\n', '\r\u001b[1A\u001b[J'])
  })

  it('writes what stays above what changes', () => {
    const { live, written } = on({ columns: 80 })
    live.show(['waiting'])
    live.write('done')
    expect(written.at(-1)).to.equal('\r\u001b[1A\u001b[Jdone\nwaiting\n')
  })

  it('erases the rows that a narrower window has made of its lines', () => {
    const screen = { columns: 40 }
    const { live, written } = on(screen)
    live.show(['x'.repeat(39)])
    screen.columns = 20
    live.clear()
    expect(written.at(-1)).to.equal('\r\u001b[2A\u001b[J')
  })
})

describe('Waits', () => {
  it('tells of each wait since when, how long, how long usually, and the last thing heard', () => {
    let now = Date.parse('2026-01-01T12:00:00')
    const waits = new Waits(() => now)
    waits.add({ what: 'service echo to be steady', ms: 0, usual: 90_000 })
    now += 65_000
    waits.add({ what: 'service echo to be steady', ms: 65_000, usual: 90_000, last: '0 of 1 tasks running' })
    now += 1000
    expect(waits.lines()).to.deep.equal([
      '  waiting for service echo to be steady',
      '    since 12:00:00, 1 min 6 s, usually 1 min 30 s',
      '    0 of 1 tasks running',
    ])
    waits.end('service echo to be steady')
    expect(waits.lines()).to.deep.equal([])
  })

  it('shows no more than a few at a time', () => {
    const waits = new Waits(() => 0)
    for (const name of 'abcdef') waits.add({ what: name, ms: 0 })
    expect(waits.lines()).to.have.length(6)
  })
})
