import { expect } from 'chai'
import {
  clusterTags,
  isManaged,
  isOurs,
  otherUsers,
  ownership,
  sharedTags,
  userTags,
} from '../../../src/lib/aws/ownership.ts'

const owner = { region: 'us-east-1', clusterName: 'one' }

describe('ownership', () => {
  it('is told by the tag and its value', () => {
    expect(ownership(clusterTags(owner), owner)).to.equal('ours')
    expect(ownership({ 'ecs-ambient/cluster': 'two' }, owner)).to.equal('other-cluster')
    expect(ownership({ Name: 'one', 'ecs-ambient/other': 'one' }, owner)).to.equal('foreign')
    expect(isOurs({}, owner)).to.equal(false)
  })

  it('of an account-wide resource is told by the mark, whoever uses it', () => {
    expect(isManaged(sharedTags(owner))).to.equal(true)
    expect(isManaged({ 'ecs-ambient/user:us-east-1.one': 'true' })).to.equal(false)
  })

  it('knows the other users by region and cluster', () => {
    const tags = {
      ...sharedTags(owner),
      ...sharedTags({ region: 'us-east-1', clusterName: 'two' }),
      ...sharedTags({ region: 'eu-west-1', clusterName: 'one' }),
      'ecs-ambient/users': 'no user',
    }
    expect(userTags(tags)).to.have.length(3)
    expect(otherUsers(tags, owner)).to.deep.equal(['us-east-1.two', 'eu-west-1.one'])
    expect(otherUsers(sharedTags(owner), owner)).to.deep.equal([])
  })
})
