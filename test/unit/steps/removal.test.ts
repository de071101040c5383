import { expect } from 'chai'
import { chosenGroups, removalSteps } from '../../../src/lib/steps/removal.ts'

const MESH = ['policies', 'apps', 'namespace', 'east-west', 'istio', 'gateway-api']

describe('the parts of a cleanup', () => {
  const ids = (chosen: Parameters<typeof removalSteps>[0]) => removalSteps(chosen).map(({ id }) => id)

  it('are the steps of what was named, and no others', () => {
    expect(ids({ ecs: true })).to.have.members(['enroll', 'ecs'])
    expect(ids({ mesh: true })).to.have.members(MESH)
    expect(ids({ iam: true, cluster: true })).to.have.members(['iam', 'cluster'])
    expect(chosenGroups({ ecs: true, iam: false })).to.deep.equal(['ecs'])
  })

  it('are all where none was named', () => {
    expect(ids({})).to.have.members(['enroll', 'ecs', 'iam', 'cluster', ...MESH])
    expect(chosenGroups({})).to.deep.equal([])
  })
})
