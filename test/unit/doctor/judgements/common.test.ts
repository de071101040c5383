import { expect } from 'chai'
import { judgeAll, ok } from '../../../../src/lib/doctor/check.ts'
import { judgeRoom } from '../../../../src/lib/doctor/checks/quotas.ts'

describe('doctor: quotas', () => {
  it('asks for the quota that is needed', () => {
    const about = { what: 'VPCs', service: 'vpc', code: 'L-1' }
    expect(judgeRoom({ used: 5, limit: 5, more: 1 }, about).fix).to.match(/--quota-code L-1 --desired-value 6$/)
    expect(judgeRoom({ used: 0.5, limit: 1.1, more: 0.75 }, about).fix).to.match(/--desired-value 2$/)
    expect(judgeRoom({ used: 4, limit: 5, more: 1 }, about).state).to.equal('ok')
    expect(judgeRoom({ used: 9, limit: undefined, more: 1 }, about).state).to.equal('warning')
    expect(judgeRoom({ used: 9, limit: 5, more: 0 }, about).state).to.equal('not-applicable')
  })
})

describe('one judgement of many', () => {
  it('says the worst, and how many more there are', () => {
    const ills = Array.from({ length: 7 }, (_, index) => ({ state: 'failed' as const, why: `t${index}`, fix: 'f' }))
    const judged = judgeAll([ok('fine'), { state: 'warning', why: 'w' }, ...ills], 'all fine')
    expect(judged).to.deep.equal({ state: 'failed', why: 't0, t1, t2, t3, t4 and 2 more', fix: 'f' })
  })
})
