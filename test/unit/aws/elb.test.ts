import type { ElasticLoadBalancing } from '@aws-sdk/client-elastic-load-balancing'
import { expect } from 'chai'
import { ElbReader } from '../../../src/lib/aws/elb.ts'

/** ELB as it is while some of the load balancers that were listed have gone. */
const readerOf = (standing: readonly string[]): ElbReader => {
  const describeTags = async ({ LoadBalancerNames = [] }: { LoadBalancerNames?: string[] }) => {
    const gone = LoadBalancerNames.find(name => !standing.includes(name))
    if (gone !== undefined) throw Object.assign(new Error(gone), { name: 'LoadBalancerNotFound' })
    return {
      TagDescriptions: LoadBalancerNames.map(name => ({ LoadBalancerName: name, Tags: [{ Key: 'of', Value: name }] })),
    }
  }
  return new ElbReader(async () => ({ describeTags }) as unknown as ElasticLoadBalancing)
}

describe('the tags of load balancers', () => {
  it('are those of the ones that stand, where one has gone since it was listed', async () => {
    const tags = await readerOf(['a', 'c']).tags(['a', 'b', 'c'])
    expect([...tags]).to.deep.equal([
      ['a', { of: 'a' }],
      ['c', { of: 'c' }],
    ])
  })

  it('are none where all have gone', async () => {
    expect((await readerOf([]).tags(['a'])).size).to.equal(0)
  })
})
