import { expect } from 'chai'
import { Incoming, Outgoing, RoundTrip } from '../../../src/lib/exec/sequencer.ts'
import { seeded } from '../../../src/sandbox/channel/behaviour.ts'

const window = { messages: 10, bytes: 100, sizeOf: (message: string) => message.length }

describe('the round-trip estimator', () => {
  it('starts at 200 ms', () => {
    expect(new RoundTrip().timeout).to.equal(200)
  })

  it('comes close to a steady round trip, but never within 10 ms of it', () => {
    const trip = new RoundTrip()
    for (let i = 0; i < 200; i++) trip.measured(40)
    expect(trip.timeout).to.be.within(50, 51)
  })

  it('allows for a round trip that varies', () => {
    const trip = new RoundTrip()
    for (let i = 0; i < 200; i++) trip.measured(i % 2 ? 20 : 220)
    expect(trip.timeout).to.be.above(400)
  })

  it('never waits more than a second', () => {
    const trip = new RoundTrip()
    for (let i = 0; i < 50; i++) trip.measured(5000)
    expect(trip.timeout).to.equal(1000)
  })
})

describe('outgoing messages', () => {
  const filled = (count: number, capacity = 100) => {
    const outgoing = new Outgoing<string>(capacity)
    for (let i = 0; i < count; i++) outgoing.add(sequence => `m${sequence}`)
    return outgoing
  }

  it('are numbered from 0 and go out once', () => {
    const outgoing = filled(3)
    expect(outgoing.takeUnsent(0)).to.deep.equal(['m0', 'm1', 'm2'])
    expect(outgoing.takeUnsent(1)).to.deep.equal([])
  })

  it('have a count of their own in each session', () => {
    expect(filled(2).takeUnsent(0)).to.deep.equal(filled(2).takeUnsent(0))
  })

  it('go out again when overdue, the oldest alone', () => {
    const outgoing = filled(2)
    outgoing.takeUnsent(0)
    expect(outgoing.takeOverdue(200)).to.equal(undefined)
    expect(outgoing.takeOverdue(201)).to.equal('m0')
    expect(outgoing.takeOverdue(400), 'sent again just now').to.equal(undefined)
    outgoing.acknowledge(0, 410)
    expect(outgoing.takeOverdue(450)).to.equal('m1')
  })

  it('are forgotten when acknowledged, in any order, and twice does no harm', () => {
    const outgoing = filled(3)
    outgoing.takeUnsent(0)
    for (const sequence of [2, 0, 0, 1, 7]) outgoing.acknowledge(sequence, 10)
    expect(outgoing.empty).to.equal(true)
    expect(outgoing.takeOverdue(9999)).to.equal(undefined)
  })

  it('that were sent twice do not count for the round trip', () => {
    const outgoing = filled(2)
    outgoing.takeUnsent(0)
    outgoing.takeOverdue(10_000)
    outgoing.acknowledge(0, 10_001)
    expect(outgoing.takeOverdue(10_002)).to.equal('m1')
    outgoing.acknowledge(1, 60_000)
    outgoing.add(() => 'm2')
    outgoing.takeUnsent(60_000)
    expect(outgoing.takeOverdue(60_201), 'still 200 ms').to.equal('m2')
  })

  it('are never dropped: a full buffer says so', () => {
    const outgoing = filled(5, 5)
    expect(outgoing.full).to.equal(true)
    outgoing.takeUnsent(0)
    outgoing.acknowledge(3, 1)
    expect(outgoing.full).to.equal(false)
  })

  it('all go out once more on a new connection', () => {
    const outgoing = filled(3)
    outgoing.takeUnsent(0)
    outgoing.acknowledge(1, 5)
    outgoing.sendAgain()
    expect(outgoing.takeUnsent(10)).to.deep.equal(['m0', 'm2'])
  })

  it('say for how long the oldest has waited', () => {
    const outgoing = filled(1)
    expect(outgoing.waited(50)).to.equal(0)
    outgoing.takeUnsent(100)
    outgoing.takeOverdue(1000)
    expect(outgoing.waited(1500)).to.equal(1400)
  })
})

describe('incoming messages', () => {
  it('are processed in order, each once, and all acknowledged', () => {
    const incoming = new Incoming(window)
    const seen: string[] = []
    for (const sequence of [2, 0, 0, 1, 2, 4, 3, 1]) {
      const { ready, acknowledge } = incoming.accept(sequence, `m${sequence}`)
      expect(acknowledge, `acknowledgement of ${sequence}`).to.equal(true)
      seen.push(...ready)
    }
    expect(seen).to.deep.equal(['m0', 'm1', 'm2', 'm3', 'm4'])
  })

  it('that are too early are not kept, so not acknowledged', () => {
    const incoming = new Incoming(window)
    expect(incoming.accept(11, 'x')).to.deep.equal({ ready: [], acknowledge: false })
    expect(incoming.accept(10, 'x')).to.deep.equal({ ready: [], acknowledge: true })
  })

  it('that are early and large are not kept beyond the limit', () => {
    const incoming = new Incoming(window)
    expect(incoming.accept(1, 'x'.repeat(60)).acknowledge).to.equal(true)
    expect(incoming.accept(2, 'x'.repeat(60)).acknowledge).to.equal(false)
    expect(incoming.accept(0, 'x').ready).to.have.length(2)
    expect(incoming.accept(3, 'x'.repeat(60)).acknowledge, 'there is room again').to.equal(true)
  })

  it('in any order at all come out in order, within the limits', () => {
    const random = seeded(8)
    for (let round = 0; round < 50; round++) {
      const incoming = new Incoming({ messages: 20, bytes: 60, sizeOf: (message: number) => message % 7 })
      const seen: number[] = []
      let kept = 0
      for (let i = 0; i < 400; i++) {
        const sequence = Math.floor(random() * (i / 8 + 5))
        const { ready, acknowledge } = incoming.accept(sequence, sequence)
        seen.push(...ready)
        if (acknowledge) kept = Math.max(kept, sequence)
        expect(kept - seen.length).to.be.at.most(20)
      }
      expect(seen).to.deep.equal(seen.map((_, i) => i))
    }
  })
})
