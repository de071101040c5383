import { expect } from 'chai'
import { istiodRole } from '../../../src/lib/config/names.ts'

describe('the name of istiod’s role', () => {
  it("is the guide's", () => {
    expect(istiodRole('demo')).to.equal('istiod-eks-ecs-demo')
    expect(istiodRole('demo', 'eu-west-1')).to.equal('istiod-eks-ecs-eu-west-1-demo')
  })

  it('has no more characters than IAM takes, and is no other long name', () => {
    const [one, two] = ['1', '2'].map(end => istiodRole('c'.repeat(99) + end))
    expect(one).to.have.length(64)
    expect(one).to.not.equal(two)
  })
})
