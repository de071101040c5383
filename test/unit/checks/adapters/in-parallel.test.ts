import { expect } from 'chai'
import { inParallel } from '../../../../src/lib/checks/adapters/in-parallel.ts'

describe('working in parallel', () => {
  it('answers in order, and never has more under way than the limit', async () => {
    let underWay = 0
    let most = 0
    const results = await inParallel([5, 1, 4, 2, 3], 2, async item => {
      underWay += 1
      most = Math.max(most, underWay)
      for (let turn = 0; turn < item; turn++) await Promise.resolve()
      underWay -= 1
      return item * 10
    })
    expect(results).to.deep.equal([50, 10, 40, 20, 30])
    expect(most).to.equal(2)
  })

  it('has nothing to do for nothing', async () => {
    expect(await inParallel([], 3, async () => 1)).to.deep.equal([])
  })

  it('fails with the first error', async () => {
    const outcome = await inParallel([1, 2], 2, async item => {
      throw new Error(`no ${item}`)
    }).catch((error: Error) => error.message)
    expect(outcome).to.equal('no 1')
  })
})
