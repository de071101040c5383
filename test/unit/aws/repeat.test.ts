import { expect } from 'chai'
import { OutcomeUnknown } from '../../../src/lib/aws/errors.ts'
import { repeated } from '../../../src/lib/aws/repeat.ts'
import { callingFor } from '../../../src/lib/engine/calls.ts'
import { JumpingClock } from '../../support/clock.ts'

const error = (name: string, more: object = {}): Error =>
  Object.assign(new Error('words'), { name, $metadata: {}, ...more })
const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } })

/** Makes a call that always fails so; answers how often it was made, and what was told. */
async function tried(failing: () => Error, action = 'ecs:CreateService') {
  const clock = new JumpingClock()
  const told: string[] = []
  let attempts = 0
  const host = {
    clock,
    signal: new AbortController().signal,
    waiting: (what: string, _ms: number, _usual: unknown, last?: string) => told.push(`${what} (${last})`),
  }
  const call = async () => {
    attempts += 1
    throw failing()
  }
  const ended = await callingFor(host, () => repeated(action, call)).catch(error => error)
  return { attempts, told, ended, slept: clock.slept }
}

describe('a call of AWS', () => {
  const passing: readonly [string, Error][] = [
    ['throttling', error('ThrottlingException')],
    ['throttling of IAM', error('Throttling')],
    ['throttling of EC2', error('RequestLimitExceeded', status(503))],
    ['a server error', error('InternalFailure', status(500))],
    ['a service that is unavailable', error('ServiceUnavailable', status(503))],
    ['a reset connection', error('TimeoutError', { code: 'ECONNRESET' })],
    ['no answer in time', error('TimeoutError')],
    ['no network', error('Error', { code: 'ENOTFOUND' })],
  ]
  for (const [what, failing] of passing) {
    it(`is made eight times, and told of each time but the last: ${what}`, async () => {
      const { attempts, told, ended } = await tried(() => failing)
      expect(attempts).to.equal(8)
      expect(told).to.have.length(7)
      expect(told[0]).to.match(/^AWS to take ecs:CreateService again \(\w+: words\)$/)
      expect(ended).to.equal(failing)
    })
  }

  const final: readonly [string, Error][] = [
    ['a quota of IAM, which the SDK takes for throttling', error('LimitExceededException', { Code: 'LimitExceeded' })],
    ['a quota of the logs', error('LimitExceededException')],
    ['a quota of EKS', error('ResourceLimitExceededException')],
    ['a quota of EC2', error('SecurityGroupLimitExceeded')],
    ['no right', error('AccessDenied', status(403))],
    ['something that is not there', error('NoSuchEntity', status(404))],
    ['a call that may have taken effect', new OutcomeUnknown(error('InternalFailure', status(500)))],
    ['a bug', new TypeError('x is not a function')],
  ]
  for (const [what, failing] of final) {
    it(`is made once: ${what}`, async () => {
      const { attempts, told, ended } = await tried(() => failing)
      expect(attempts).to.equal(1)
      expect(told).to.deep.equal([])
      expect(ended).to.equal(failing)
    })
  }

  it('is made once where the second one would make a second thing, unless it was refused', async () => {
    const lost = error('TimeoutError', { code: 'ECONNRESET' })
    const { attempts, told, ended } = await tried(() => lost, 'ecs:RegisterTaskDefinition')
    expect(attempts).to.equal(1)
    expect(told).to.deep.equal([])
    expect(ended).to.be.instanceOf(OutcomeUnknown)
    expect((await tried(() => error('ThrottlingException'), 'ecs:RegisterTaskDefinition')).attempts).to.equal(8)
  })

  it('waits anything up to a time that doubles, longer where it is throttled', async () => {
    const limits = (first: number) => Array.from({ length: 7 }, (_, n) => Math.min(first * 2 ** n, 20_000))
    for (const [name, first] of [
      ['ThrottlingException', 1000],
      ['TimeoutError', 50],
    ] as const) {
      const longest = Array.from({ length: 7 }, () => 0)
      for (let run = 0; run < 300; run++) {
        const { slept } = await tried(() => error(name))
        expect(slept.length).to.equal(7)
        for (const [n, ms] of slept.entries()) longest[n] = Math.max(longest[n] ?? 0, ms)
      }
      for (const [n, limit] of limits(first).entries()) expect(longest[n]).to.be.within(limit * 0.9, limit)
    }
  })
})
