import { expect } from 'chai'
import { Failure } from '../../../src/lib/engine/failure.ts'
import { type Look, retry, waitFor } from '../../../src/lib/engine/wait.ts'
import { JumpingClock } from '../../support/clock.ts'

const failureOf = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => {
      throw new Error('no failure')
    },
    error => error,
  )

describe('waitFor', () => {
  const setUp = (looks: Look<string>[]) => {
    const clock = new JumpingClock()
    const told: string[] = []
    const signal = new AbortController()
    const host = {
      clock,
      signal: signal.signal,
      random: () => 0.5,
      waiting: (what: string, ms: number, _usual: unknown, last?: string) => told.push(`${what} ${ms} ${last ?? '-'}`),
      waited: (what: string, ms: number) => told.push(`${what} done ${ms}`),
    }
    let next = 0
    const look = async () => looks[Math.min(next++, looks.length - 1)] as Look<string>
    return { clock, told, host, look, signal, looked: () => next }
  }

  it('asks no second time when it is done', async () => {
    const { host, look, told, clock } = setUp([{ done: 'yes' }])
    expect(await waitFor({ what: 'it', limit: 1000, look }, host)).to.equal('yes')
    expect(clock.slept).to.deep.equal([])
    expect(told).to.deep.equal([])
  })

  it('waits longer each time, and tells what it waits for and what was last heard', async () => {
    const { host, look, told, clock } = setUp([{}, { last: 'starting' }, {}, { done: 'yes' }])
    await waitFor({ what: 'it', limit: 10_000, first: 100, look }, host)
    expect(clock.slept).to.deep.equal([100, 150, 225])
    expect(told).to.deep.equal(['it 0 -', 'it 100 starting', 'it 250 starting', 'it done 475'])
  })

  it('spreads its looks by a quarter each way', async () => {
    for (const [random, ms] of [
      [0, 75],
      [0.999, 124.95],
    ] as const) {
      const { host, look, clock } = setUp([{}, { done: 'yes' }])
      await waitFor({ what: 'it', limit: 10_000, first: 100, look }, { ...host, random: () => random })
      expect(clock.slept[0]).to.be.closeTo(ms, 0.1)
    }
  })

  it('never waits longer between two looks than the slowest, nor past the limit', async () => {
    const { host, look, clock } = setUp([{}])
    const error = await failureOf(waitFor({ what: 'it', limit: 1000, first: 300, slowest: 400, look }, host))
    expect(clock.slept).to.deep.equal([300, 400, 300])
    expect(error).to.include({ code: 'TIMED_OUT', exit: 1 })
  })

  it('says in the time-out what was last heard', async () => {
    const { host, look } = setUp([{ last: 'image not found' }, {}])
    const error = await failureOf(waitFor({ what: 'it', limit: 300, look }, host))
    expect(error.why).to.deep.equal(['image not found'])
    expect(error.message).to.include('it')
  })

  it('ends at once when it has failed for good', async () => {
    const failed = new Failure({ code: 'X', message: 'no' })
    const { host, look, clock } = setUp([{}, { failed }])
    expect(await failureOf(waitFor({ what: 'it', limit: 9e9, look }, host))).to.equal(failed)
    expect(clock.slept).to.have.length(1)
  })

  it('ends when the user interrupts, in the middle of a pause too', async () => {
    const { host, look, signal, looked } = setUp([{}])
    const clock = { now: () => 0, sleep: async () => signal.abort() }
    const error = await failureOf(waitFor({ what: 'it', limit: 9e9, look }, { ...host, clock }))
    expect(error).to.include({ code: 'INTERRUPTED', exit: 130 })
    expect(looked()).to.equal(1)
  })
})

describe('retry', () => {
  const host = () => ({ clock: new JumpingClock(), signal: new AbortController().signal })
  const passing = new Error('not yet')
  const transient = (error: unknown) => (error === passing ? 'not yet' : undefined)

  it('tries again while the error passes by itself', async () => {
    let tries = 0
    const attempt = async () => {
      if (++tries < 3) throw passing
      return tries
    }
    expect(await retry({ what: 'it', attempt, transient, limit: 10_000 }, host())).to.equal(3)
  })

  it('does not try again what is final', async () => {
    const final = new Error('no')
    let tries = 0
    const attempt = async () => {
      tries++
      throw final
    }
    expect(await failureOf(retry({ what: 'it', attempt, transient, limit: 10_000 }, host()))).to.equal(final)
    expect(tries).to.equal(1)
  })

  it('gives up with what kept failing as the cause', async () => {
    const attempt = async () => {
      throw passing
    }
    const error = await failureOf(retry({ what: 'it', attempt, transient, limit: 1000 }, host()))
    expect(error).to.include({ code: 'TIMED_OUT', cause: passing })
    expect(error.why).to.deep.equal(['not yet'])
  })
})
