import { expect } from 'chai'
import { sharedTags, userTags } from '../../../../src/lib/aws/ownership.ts'
import type { Settings } from '../../../../src/lib/config/settings.ts'
import { isFailure } from '../../../../src/lib/engine/failure.ts'
import { type Change, type Plan, stateOf } from '../../../../src/lib/engine/plan.ts'
import { decideIam, decideIamRemoval } from '../../../../src/lib/steps/iam/decide.ts'
import type { IamSeen, SeenRole } from '../../../../src/lib/steps/iam/observe.ts'
import { wantedPolicy, wantedRoles } from '../../../../src/lib/steps/iam/wanted.ts'
import { settings } from '../../../support/settings.ts'

const account = { account: '111122223333', partition: 'aws' }
const ours = sharedTags(settings())
const others = sharedTags(settings({ clusterName: 'other' }))
const TASK = 'eks-ecs-task-role'
const EXECUTION = 'ecs-task-execution-role'
const POLICY = 'eks-ecs-task-policy'

const asWanted = (tags = ours): IamSeen => ({
  ...account,
  roles: Object.fromEntries(
    wantedRoles(account).map(({ name, arn, trust, policyArn }) => [name, { arn, trust, tags, attached: [policyArn] }]),
  ),
  policy: { document: wantedPolicy(account).document, tags },
})

const withRole = (name: string, more: Partial<SeenRole>, seen = asWanted()): IamSeen => ({
  ...seen,
  roles: { ...seen.roles, [name]: { ...(seen.roles[name] as SeenRole), ...more } },
})

const brief = ({ action, kind, name }: Change) => `${action} ${kind} ${name}`
const changes = (seen: IamSeen, more: Partial<Settings> = {}) => decideIam(seen, settings(more)).changes.map(brief)
const removal = (seen: IamSeen) => decideIamRemoval(seen, settings()).changes.map(brief)

function failure(decide: () => Plan) {
  try {
    decide()
  } catch (error) {
    if (isFailure(error)) return error
    throw error
  }
  throw new Error('it was decided all the same')
}

describe('the step iam decides', () => {
  it('to make everything where nothing is, attachments last', () => {
    const { changes, ...plan } = decideIam({ ...account, roles: {} }, settings())
    expect(changes.map(change => `${change.stage} ${brief(change)}`)).to.have.members([
      `0 create iam-role ${TASK}`,
      `0 create iam-policy ${POLICY}`,
      `0 create iam-role ${EXECUTION}`,
      `1 create iam-attachment ${TASK}/${POLICY}`,
      `1 create iam-attachment ${EXECUTION}/AmazonECSTaskExecutionRolePolicy`,
    ])
    expect(stateOf({ changes, ...plan })).to.equal('absent')
    expect(plan.facts).to.deep.equal({
      taskRoleArn: 'arn:aws:iam::111122223333:role/ecs/ambient/eks-ecs-task-role',
      taskPolicyArn: 'arn:aws:iam::111122223333:policy/ecs/ambient/eks-ecs-task-policy',
      executionRoleArn: 'arn:aws:iam::111122223333:role/ecs/ambient/ecs-task-execution-role',
    })
  })

  it('nothing where all is as wanted', () => {
    const plan = decideIam(asWanted(), settings())
    expect(plan.changes).to.deep.equal([])
    expect(plan.warnings).to.deep.equal([])
    expect(stateOf(plan)).to.equal('ready')
  })

  it('to mend what a crash between making and attaching left', () => {
    expect(changes(withRole(TASK, { attached: [] }))).to.deep.equal([`create iam-attachment ${TASK}/${POLICY}`])
  })

  it('to repair a trust policy or a document of ours', () => {
    expect(changes(withRole(EXECUTION, { trust: '{}' }))).to.deep.equal([`update iam-role ${EXECUTION}`])
    const plan = decideIam({ ...asWanted(), policy: { document: '{}', tags: ours } }, settings())
    expect(plan.changes.map(brief)).to.deep.equal([`update iam-policy ${POLICY}`])
    expect(plan.changes[0]?.detail).to.deep.equal(['document'])
    expect(stateOf(plan)).to.equal('drifted')
  })

  it('to become one more user of what another cluster made', () => {
    const plan = decideIam(asWanted(others), settings())
    expect(plan.changes.map(change => `${brief(change)} ${change.detail}`)).to.have.members([
      `create iam-mark ${TASK} iam-role`,
      `create iam-mark ${EXECUTION} iam-role`,
      `create iam-mark ${POLICY} iam-policy`,
    ])
    // Nothing of it has drifted: this cluster has only not come to it yet.
    expect(stateOf(plan)).to.equal('partial')
  })

  it('to repair what another cluster made apart from joining it', () => {
    const seen = withRole(TASK, { trust: '{}' }, asWanted(others))
    const plan = decideIam(seen, settings())
    expect(plan.changes.map(brief)).to.include.members([`update iam-role ${TASK}`, `create iam-mark ${TASK}`])
    expect(stateOf(plan)).to.equal('drifted')
  })

  it('to put back our mark where it was taken off one part', () => {
    const joined = asWanted({ ...ours, ...others })
    for (const tags of [others, { 'ecs-ambient/managed': 'true' }]) {
      const plan = decideIam(withRole(TASK, { tags }, joined), settings())
      expect(plan.changes.map(brief)).to.deep.equal([`update iam-role ${TASK}`])
      expect(stateOf(plan)).to.equal('drifted')
    }
  })

  it("to use what serves but isn't ours, with a warning", () => {
    const plan = decideIam({ ...asWanted({}), policy: { document: '{}', tags: {} } }, settings())
    expect(plan.changes).to.deep.equal([])
    expect(plan.warnings).to.have.length(4)
    expect(plan.present.some(resource => resource.ours)).to.equal(false)
  })

  it("to refuse a role that isn't ours and can't serve", () => {
    const untrusting = failure(() => decideIam(withRole(TASK, { tags: {}, trust: '{}' }), settings()))
    expect([untrusting.code, untrusting.exit]).to.deep.equal(['NOT_OURS', 2])
    expect(untrusting.message).to.contain(TASK)
    const unattached = failure(() => decideIam(withRole(EXECUTION, { tags: {}, attached: [] }), settings()))
    expect(unattached.message).to.contain(EXECUTION)
    expect(unattached.suggestions.join()).to.contain('--adopt')
  })

  it('to refuse a role of our name under another path, adopted or not', () => {
    const elsewhere = withRole(TASK, { arn: `arn:aws:iam::111122223333:role/${TASK}`, tags: {} })
    for (const adopt of [false, true]) {
      expect(failure(() => decideIam(elsewhere, settings({ adopt }))).code).to.equal('NOT_OURS')
    }
  })

  it('to take it over when asked to, and repair it', () => {
    const { changes } = decideIam(withRole(TASK, { tags: {}, trust: '{}', attached: [] }), settings({ adopt: true }))
    expect(changes.map(brief)).to.deep.equal([`adopt iam-role ${TASK}`, `create iam-attachment ${TASK}/${POLICY}`])
    expect(changes[0]?.detail).to.deep.equal(['mark', 'trust'])
  })
})

describe('the removal of iam', () => {
  it('takes all away with the last user, the policy after the roles', () => {
    const { changes } = decideIamRemoval(asWanted(), settings())
    expect(changes.map(change => `${change.stage} ${brief(change)}`)).to.deep.equal([
      `0 delete iam-role ${TASK}`,
      `0 delete iam-role ${EXECUTION}`,
      `1 delete iam-policy ${POLICY}`,
    ])
  })

  it('takes only our mark away while others use it', () => {
    const { changes } = decideIamRemoval(asWanted({ ...ours, ...others }), settings())
    expect(changes.map(brief)).to.deep.equal([
      `update iam-role ${TASK}`,
      `update iam-role ${EXECUTION}`,
      `update iam-policy ${POLICY}`,
    ])
    for (const { detail } of changes) expect(detail).to.deep.equal(['release'])
  })

  it('leaves alone what others use and we do not, and says whose it is', () => {
    expect(removal(asWanted(others))).to.deep.equal([])
    const [other] = userTags(others)
    const { warnings = [] } = decideIamRemoval(asWanted(others), settings())
    expect(warnings.join()).to.contain(other?.split(':')[1])
    expect(decideIamRemoval(asWanted(), settings()).warnings).to.deep.equal([])
  })

  it("leaves alone what isn't ours, and has nothing to do where nothing is", () => {
    expect(removal(asWanted({}))).to.deep.equal([])
    expect(removal({ ...account, roles: {} })).to.deep.equal([])
  })

  it('takes away what a crash left without any user', () => {
    expect(removal(asWanted({ 'ecs-ambient/managed': 'true' }))).to.have.length(3)
  })
})
