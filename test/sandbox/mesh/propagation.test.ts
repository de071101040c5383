import { expect } from 'chai'
import { Propagation } from '../../../src/sandbox/mesh/propagation.ts'

describe('propagation of configuration', () => {
  it('takes each proxy a moment, always the same one, and no longer than the slowest', () => {
    const propagation = new Propagation('old', 1000)
    propagation.set('new', 5000)
    const proxies = ['eks-echo', 'echo-service', 'shell-task', 'waypoint']
    const heard = proxies.map(proxy => {
      const times = Array.from({ length: 101 }, (_, tenth) => 5000 + tenth * 10)
      expect(propagation.at(proxy, 5199)).to.equal('old')
      expect(propagation.at(proxy, 6000)).to.equal('new')
      return times.find(time => propagation.at(proxy, time) === 'new')
    })
    expect(new Set(heard).size).to.be.greaterThan(1)
  })

  it('goes through versions in their order', () => {
    const propagation = new Propagation(0, 1000)
    for (let version = 1; version <= 50; version++) propagation.set(version, version * 100)
    const seen = Array.from({ length: 80 }, (_, step) => propagation.at('proxy', 4100 + step * 25))
    expect(seen).to.deep.equal(seen.toSorted((a, b) => a - b))
    expect(seen.at(-1)).to.equal(50)
  })
})
