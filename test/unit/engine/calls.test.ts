import { expect } from 'chai'
import { callClock, callingFor, makeCall } from '../../../src/lib/engine/calls.ts'
import { systemClock } from '../../../src/lib/engine/clock.ts'
import type { Failure } from '../../../src/lib/engine/failure.ts'
import { converge, plan } from '../../../src/lib/engine/run.ts'
import type { Step } from '../../../src/lib/engine/step.ts'
import { JumpingClock } from '../../support/clock.ts'
import { RecordingHost } from '../../support/host.ts'

/** A call that is refused so many times. */
const refused = (times: number, reason: string | undefined = 'busy') => {
  let attempts = 0
  const attempt = async () => {
    attempts += 1
    if (attempts <= times) throw new Error('no')
    return 'answer'
  }
  return { attempts: () => attempts, call: { what: 'the answer', limit: 10_000, attempt, transient: () => reason } }
}

const setUp = () => {
  const told: string[] = []
  const stop = new AbortController()
  const clock = new JumpingClock()
  const host = {
    clock,
    signal: stop.signal,
    waiting: (what: string, _ms: number, _usual: unknown, last?: string) => told.push(`${what}: ${last}`),
    waited: (what: string) => told.push(`${what}!`),
  }
  return { told, stop, clock, host }
}

const errorOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => Promise.reject(new Error('no error')),
    error => error,
  )

describe('makeCall', () => {
  it('says nothing of a call that is answered', async () => {
    const { host, told } = setUp()
    expect(await callingFor(host, () => makeCall(refused(0).call))).to.equal('answer')
    expect(told).to.deep.equal([])
  })

  it('says of each attempt in vain why, and that it is over', async () => {
    const { host, told, clock } = setUp()
    const { call, attempts } = refused(2)
    const pause = (past: number) => past * 7
    expect(await callingFor(host, () => makeCall({ ...call, pause }))).to.equal('answer')
    expect(attempts()).to.equal(3)
    expect(told).to.deep.equal(['the answer: busy', 'the answer: busy', 'the answer!'])
    expect(clock.slept).to.deep.equal([7, 14])
  })

  it('makes no second attempt after an error that is final', async () => {
    const { host, told } = setUp()
    const { call, attempts } = refused(1)
    const error = await errorOf(callingFor(host, () => makeCall({ ...call, transient: () => undefined })))
    expect(error.message).to.equal('no')
    expect(attempts()).to.equal(1)
    expect(told).to.deep.equal([])
  })

  it('makes a call after Ctrl-C, but not again', async () => {
    const { host, stop } = setUp()
    stop.abort()
    expect(await callingFor(host, () => makeCall(refused(0).call))).to.equal('answer')
    const { call, attempts } = refused(1)
    expect(await errorOf(callingFor(host, () => makeCall(call)))).to.include({ code: 'INTERRUPTED', exit: 130 })
    expect(attempts()).to.equal(1)
    const final = await errorOf(callingFor(host, () => makeCall({ ...call, attempt: refused(1).call.attempt })))
    expect(final.code).to.equal('INTERRUPTED')
  })

  it('ends its pause on Ctrl-C', async () => {
    const { host, stop } = setUp()
    const { call, attempts } = refused(1)
    const slow = { ...host, clock: systemClock, waiting: () => stop.abort() }
    expect((await errorOf(callingFor(slow, () => makeCall({ ...call, pause: () => 1e9 })))).code).to.equal(
      'INTERRUPTED',
    )
    expect(attempts()).to.equal(1)
  })

  it('goes on where there is nobody to tell', async () => {
    expect(callClock()).to.equal(systemClock)
    expect(await makeCall({ ...refused(1).call, pause: () => 1 })).to.equal('answer')
  })
})

describe('the calls of steps', () => {
  /** A client as all steps share it. */
  const client = { ask: (what: string) => makeCall({ ...refused(1).call, what }) }
  type Toy = Step<object, typeof client, typeof client, void>
  const toy = (id: string): Toy => ({
    id,
    title: id,
    dependsOn: [],
    precheck: async ({ clients }) => void (await clients.ask(`${id} precheck`)),
    observe: async ({ clients }) => void (await clients.ask(`${id} observe`)),
    decide: () => ({ changes: [{ action: 'create', kind: 'thing', name: id, reason: 'does not exist' }], present: [] }),
    decideRemoval: () => ({ changes: [], present: [] }),
    apply: async (_, { clients }) => clients.ask(`${id} apply`),
    verify: async ({ clients }) => ({ answer: await clients.ask(`${id} verify`) }),
  })
  const setUpRun = () => {
    const host = new RecordingHost()
    const waits = () => host.events.flatMap(event => (event.code === 'waiting' ? [`${event.step}: ${event.what}`] : []))
    const { signal } = new AbortController()
    return { waits, run: { steps: [toy('a'), toy('b')], desired: {}, host, clock: new JumpingClock(), signal } }
  }

  it('are told of in the step that makes them, of two that run side by side', async () => {
    const { run, waits } = setUpRun()
    await converge(run, client)
    const expected = ['a', 'b'].flatMap(id =>
      ['precheck', 'observe', 'apply', 'verify'].map(part => `${id}: ${id} ${part}`),
    )
    expect(waits().toSorted()).to.deep.equal(expected.toSorted())
  })

  it('are told of in a plan too', async () => {
    const { run, waits } = setUpRun()
    await plan(run, client)
    expect(waits().toSorted()).to.deep.equal(['a: a observe', 'b: b observe'])
  })
})
