import { expect } from 'chai'
import { isFailure } from '../../../src/lib/engine/failure.ts'
import { iamStep } from '../../../src/lib/steps/iam/index.ts'
import { type AwsWorld, changesOf, startAws, well, writes } from './world.ts'

const TASK = 'eks-ecs-task-role'
const EXECUTION = 'ecs-task-execution-role'
const POLICY_ARN = 'arn:aws:iam::111122223333:policy/ecs/ambient/eks-ecs-task-policy'
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

describe('the step iam on the sandbox', () => {
  let aws: AwsWorld
  beforeEach(async () => {
    aws = await startAws()
  })
  afterEach(() => aws.close())

  const census = async () => {
    const { Roles = [] } = await aws.cloud.call('iam', 'ListRoles', { PathPrefix: '/ecs/' })
    const { Policies = [] } = await aws.cloud.call('iam', 'ListPolicies', { Scope: 'Local' })
    return [...Roles.map(({ RoleName }) => RoleName), ...Policies.map(({ PolicyName }) => PolicyName)]
  }
  const attached = async (RoleName: string) =>
    (await aws.cloud.call('iam', 'ListAttachedRolePolicies', { RoleName })).AttachedPolicies?.map(p => p.PolicyName)

  it('makes everything once, and has nothing to do the second time', async () => {
    const first = well(await aws.up(iamStep))
    expect(writes(first)).to.have.members([
      'CreateRole',
      'CreateRole',
      'CreatePolicy',
      'AttachRolePolicy',
      'AttachRolePolicy',
    ])
    expect(await attached(TASK)).to.deep.equal(['eks-ecs-task-policy'])
    expect(await attached(EXECUTION)).to.deep.equal(['AmazonECSTaskExecutionRolePolicy'])
    expect(first.result.facts).to.include({ taskPolicyArn: POLICY_ARN })
    const second = well(await aws.up(iamStep))
    expect(second.result.status).to.equal('unchanged')
    expect(writes(second)).to.deep.equal([])
  })

  it('leaves nothing behind when its last user goes', async () => {
    well(await aws.up(iamStep))
    well(await aws.down(iamStep))
    expect(await census()).to.deep.equal([])
    expect(writes(well(await aws.down(iamStep)))).to.deep.equal([])
  })

  it('is shared by clusters, also of another region: the last one out deletes', async () => {
    const other = { clusterName: 'other', region: 'eu-west-1' }
    well(await aws.up(iamStep))
    expect(writes(well(await aws.up(iamStep, other)))).to.have.members(['TagRole', 'TagRole', 'TagPolicy'])
    well(await aws.down(iamStep))
    expect(await census()).to.have.length(3)
    expect(writes(well(await aws.up(iamStep, other)))).to.deep.equal([])
    well(await aws.down(iamStep, other))
    expect(await census()).to.deep.equal([])
  })

  it('leaves nothing behind when two clusters go at the same time', async () => {
    const other = { clusterName: 'other' }
    well(await aws.up(iamStep))
    well(await aws.up(iamStep, other))
    for (const ran of await Promise.all([aws.down(iamStep), aws.down(iamStep, other)])) well(ran)
    expect(await census()).to.deep.equal([])
  })

  it('ends well when two runs make it at the same time', async () => {
    for (const ran of await Promise.all([aws.up(iamStep), aws.up(iamStep, { clusterName: 'other' })])) well(ran)
    expect(await census()).to.have.length(3)
    expect(writes(well(await aws.up(iamStep)))).to.deep.equal([])
    expect(writes(well(await aws.up(iamStep, { clusterName: 'other' })))).to.deep.equal([])
  })

  it('mends what a crash between making and attaching left', async () => {
    well(await aws.up(iamStep))
    await aws.cloud.call('iam', 'DetachRolePolicy', { RoleName: TASK, PolicyArn: POLICY_ARN })
    expect(writes(well(await aws.up(iamStep)))).to.deep.equal(['AttachRolePolicy'])
  })

  it('repairs its documents, and keeps to five versions of the policy', async () => {
    well(await aws.up(iamStep))
    const foreign = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
    })
    for (let drift = 0; drift < 4; drift += 1) {
      await aws.cloud.call('iam', 'CreatePolicyVersion', {
        PolicyArn: POLICY_ARN,
        PolicyDocument: foreign,
        SetAsDefault: true,
      })
    }
    await aws.cloud.call('iam', 'UpdateAssumeRolePolicy', { RoleName: EXECUTION, PolicyDocument: TRUST })
    const repair = well(await aws.up(iamStep))
    expect(writes(repair)).to.have.members(['DeletePolicyVersion', 'CreatePolicyVersion', 'UpdateAssumeRolePolicy'])
    expect(writes(well(await aws.up(iamStep)))).to.deep.equal([])
    well(await aws.down(iamStep))
    expect(await census()).to.deep.equal([])
  })

  for (const when of ['before', 'after'] as const) {
    it(`makes one version of the policy where IAM did not say, reset ${when} it was made`, async () => {
      well(await aws.up(iamStep))
      const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }
      const PolicyDocument = JSON.stringify(document)
      await aws.cloud.call('iam', 'CreatePolicyVersion', { PolicyArn: POLICY_ARN, PolicyDocument, SetAsDefault: true })
      const lost = new Set(['CreatePolicyVersion'])
      aws.calls.fault = ({ operation }) => (lost.delete(operation) ? { kind: 'reset', when } : undefined)
      const repair = well(await aws.up(iamStep))
      aws.calls.fault = () => undefined
      expect(lost.size).to.equal(0)
      expect(repair.host.of('waiting')).not.to.deep.equal([])
      const { Versions } = (await aws.cloud.call('iam', 'ListPolicyVersions', { PolicyArn: POLICY_ARN })) as {
        Versions: readonly unknown[]
      }
      expect(Versions).to.have.length(3)
      expect(writes(well(await aws.up(iamStep)))).to.deep.equal([])
    })
  }

  it('tries again while IAM does not know everywhere what was just made', async () => {
    let refusals = 3
    aws.calls.fault = ({ operation }) =>
      operation === 'AttachRolePolicy' && refusals-- > 0
        ? { kind: 'error', when: 'before', code: 'NoSuchEntity', status: 404, message: 'The role cannot be found.' }
        : undefined
    const ran = well(await aws.up(iamStep))
    expect(ran.host.of('waiting')).not.to.deep.equal([])
    expect(await attached(TASK)).to.deep.equal(['eks-ecs-task-policy'])
  })

  it('takes what it made without hearing of it for its own', async () => {
    aws.calls.fault = ({ operation, number }) =>
      operation === 'CreateRole' && number < 10 ? { kind: 'reset', when: 'after' } : undefined
    well(await aws.up(iamStep))
    expect(await census()).to.have.length(3)
    expect(writes(well(await aws.up(iamStep)))).to.deep.equal([])
  })

  describe("with the guide's own leavings", () => {
    beforeEach(async () => {
      for (const RoleName of [TASK, EXECUTION]) {
        await aws.cloud.call('iam', 'CreateRole', { RoleName, Path: '/ecs/ambient/', AssumeRolePolicyDocument: TRUST })
      }
      // Until IAM shows them.
      await aws.cloud.clock.sleep(5_000)
    })
    const attach = (RoleName: string, PolicyArn: string) =>
      aws.cloud.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn })
    const roles = async () =>
      Promise.all(
        [TASK, EXECUTION].map(async name => (await aws.cloud.call('iam', 'GetRole', { RoleName: name })).Role),
      )

    it('refuses a role that lacks its policy, and names it', async () => {
      const { result, calls } = await aws.up(iamStep)
      if (!isFailure(result.error)) throw new Error('no failure')
      expect([result.error.code, result.error.exit]).to.deep.equal(['NOT_OURS', 2])
      expect(result.error.message).to.contain(TASK)
      expect(calls.filter(call => call.writes)).to.deep.equal([])
    })

    it('uses roles that serve, with a warning, and never changes them', async () => {
      const policy = await aws.cloud.call('iam', 'CreatePolicy', {
        PolicyName: 'eks-ecs-task-policy',
        Path: '/ecs/ambient/',
        PolicyDocument: TRUST.replace('"Principal":{"Service":"ecs-tasks.amazonaws.com"},', '"Resource":"*",'),
      })
      await aws.cloud.clock.sleep(5_000)
      await attach(TASK, policy.Policy?.Arn ?? '')
      await attach(EXECUTION, 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy')
      const before = await roles()
      const ran = well(await aws.up(iamStep))
      expect(ran.host.of('warning')).to.have.length(4)
      well(await aws.down(iamStep))
      expect(await roles()).to.deep.equal(before)
      expect(await census()).to.have.length(3)
    })

    it('takes them over with --adopt, and then treats them as its own', async () => {
      const ran = well(await aws.up(iamStep, { adopt: true }))
      expect(changesOf(ran)).to.include(`adopt iam-role ${TASK}`)
      expect(writes(well(await aws.up(iamStep)))).to.deep.equal([])
      well(await aws.down(iamStep))
      expect(await census()).to.deep.equal([])
    })
  })

  it('asks for a log-in where the credentials have expired', async () => {
    aws.cloud.credentialFault = () => 'expired'
    const { error } = (await aws.up(iamStep)).result
    if (!isFailure(error)) throw new Error('no failure')
    expect([error.code, error.exit]).to.deep.equal(['CREDENTIALS_EXPIRED', 3])
    expect(error.suggestions).to.include('aws sso login')
    expect(error.requestId).to.match(/./)
  })

  it('says which action is not allowed', async () => {
    aws.calls.fault = ({ operation }) =>
      operation === 'CreatePolicy'
        ? { kind: 'error', when: 'before', code: 'AccessDenied', status: 403, message: 'no identity-based policy' }
        : undefined
    const { error } = (await aws.up(iamStep)).result
    if (!isFailure(error)) throw new Error('no failure')
    expect([error.code, error.exit]).to.deep.equal(['ACCESS_DENIED', 1])
    expect(error.message).to.contain('iam:CreatePolicy')
    aws.calls.fault = () => undefined
    well(await aws.up(iamStep))
    expect(await census()).to.have.length(3)
  })
})
