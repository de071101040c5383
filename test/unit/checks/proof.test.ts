import { expect } from 'chai'
import { proofOf, type Sandwich } from '../../../src/lib/checks/proof.ts'

const allowed = { allowed: true, why: 'HTTP 200', at: 0 }
const refused = { allowed: false, why: 'curl 56', at: 0 }
const whole: Sandwich = {
  before: allowed,
  after: { ...allowed, at: 60_000 },
  targetBefore: 'pod-1',
  targetAfter: 'pod-1',
}

describe('the proof of a layer 4 denial', () => {
  it('is the same call, allowed before and after by the same target', () => {
    expect(proofOf(whole)).to.deep.equal({
      kind: 'before-and-after',
      before: '1970-01-01T00:00:00.000Z',
      after: '1970-01-01T00:01:00.000Z',
      target: 'pod-1',
    })
  })

  const holes: readonly (readonly [string, Partial<Sandwich>, string])[] = [
    ['not tried before', { before: undefined }, 'not tried without'],
    ['not allowed before', { before: refused }, 'before the policy either: curl 56'],
    ['not tried after', { after: undefined }, 'not tried again'],
    ['not allowed after', { after: refused }, 'again after the policy: curl 56'],
    ['an unknown target before', { targetBefore: undefined }, 'could not be identified'],
    ['an unknown target after', { targetAfter: undefined }, 'could not be identified'],
    ['another target', { targetAfter: 'pod-2' }, 'replaced meanwhile: pod-1, then pod-2'],
  ]
  for (const [what, hole, why] of holes) {
    it(`has a hole: ${what}`, () => {
      const proof = proofOf({ ...whole, ...hole })
      expect('missing' in proof && proof.missing).to.contain(why)
    })
  }
})
