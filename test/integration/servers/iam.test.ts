import { expect } from 'chai'
import { Account, isWrite } from '../support/account.ts'
import { parts } from '../support/parts.ts'

const TASK_ROLE = 'eks-ecs-task-role'
const EXECUTION_ROLE = 'ecs-task-execution-role'
const POLICY_ARN = 'arn:aws:iam::123456789012:policy/ecs/ambient/eks-ecs-task-policy'
const TRUST = (service: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  })

describe('the step iam on moto', () => {
  let account: Account

  before(async function () {
    account = await Account.start(await parts.moto.need(this))
  })

  after(() => account?.stop())

  const ensure = () => account.program.changes(['iam', 'ensure'])

  it('plans without writing', async () => {
    const calls = await account.callsOf(async () => {
      expect(await account.program.changes(['iam', 'ensure', '--dry-run'])).to.include.members([
        `create iam-role ${TASK_ROLE}`,
        `create iam-role ${EXECUTION_ROLE}`,
        'create iam-policy eks-ecs-task-policy',
      ])
    })
    expect(calls.filter(isWrite)).to.deep.equal([])
  })

  it('creates the roles, the policy and what ties them together', async () => {
    await ensure()
    const { Role } = await account.iam.getRole({ RoleName: TASK_ROLE })
    expect(Role?.Arn).to.equal(`arn:aws:iam::123456789012:role/ecs/ambient/${TASK_ROLE}`)
    const trust = JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))
    expect(trust.Statement[0].Condition).to.deep.equal({ StringEquals: { 'aws:SourceAccount': '123456789012' } })
    const attachedTo = async (RoleName: string) =>
      (await account.iam.listAttachedRolePolicies({ RoleName })).AttachedPolicies?.map(policy => policy.PolicyName)
    expect(await attachedTo(TASK_ROLE)).to.deep.equal(['eks-ecs-task-policy'])
    expect(await attachedTo(EXECUTION_ROLE)).to.deep.equal(['AmazonECSTaskExecutionRolePolicy'])
  })

  it('does nothing when there is nothing to do', async () => {
    const calls = await account.callsOf(async () => expect(await ensure()).to.deep.equal([]))
    expect(calls.filter(isWrite)).to.deep.equal([])
  })

  it('is ready, and drifted after each change by hand, and mends just that', async () => {
    const state = async () => (await account.program.states()).iam
    expect(await state()).to.equal('ready')
    const mark = 'ecs-ambient/user:us-east-1.ambient-ecs'
    const drifts: readonly (readonly [change: () => Promise<unknown>, state: string, repair: string])[] = [
      [
        () => account.iam.detachRolePolicy({ RoleName: TASK_ROLE, PolicyArn: POLICY_ARN }),
        'partial',
        `create iam-attachment ${TASK_ROLE}/eks-ecs-task-policy`,
      ],
      [
        () => {
          const PolicyDocument = TRUST('ec2.amazonaws.com')
          return account.iam.updateAssumeRolePolicy({ RoleName: EXECUTION_ROLE, PolicyDocument })
        },
        'drifted',
        `update iam-role ${EXECUTION_ROLE}`,
      ],
      [() => otherVersion(), 'drifted', 'update iam-policy eks-ecs-task-policy'],
      [
        () => account.iam.untagRole({ RoleName: TASK_ROLE, TagKeys: [mark] }),
        'drifted',
        `update iam-role ${TASK_ROLE}`,
      ],
    ]
    for (const [change, seen, repair] of drifts) {
      await change()
      expect(await state(), repair).to.equal(seen)
      expect(await ensure()).to.deep.equal([repair])
      expect(await state(), repair).to.equal('ready')
    }
  })

  it('keeps to five versions of a policy that drifts again and again', async () => {
    for (let round = 0; round < 5; round++) {
      await otherVersion()
      await ensure()
    }
    const { Versions } = await account.iam.listPolicyVersions({ PolicyArn: POLICY_ARN })
    expect(Versions?.length).to.be.at.most(5)
    expect(await ensure()).to.deep.equal([])
  })

  it('leaves what another cluster still uses', async () => {
    const other = ['--cluster-name', 'other']
    await account.program.run(['iam', 'ensure', ...other])
    await account.program.run(['iam', 'delete', '--yes'])
    expect((await account.iam.getRole({ RoleName: TASK_ROLE })).Role?.Tags?.map(({ Key }) => Key)).to.have.members([
      'ecs-ambient/managed',
      'ecs-ambient/user:us-east-1.other',
    ])
    await account.program.run(['iam', 'delete', '--yes', ...other])
    const { Roles } = await account.iam.listRoles({ PathPrefix: '/ecs/ambient/' })
    expect(Roles).to.deep.equal([])
    expect((await account.iam.listPolicies({ Scope: 'Local' })).Policies).to.deep.equal([])
  })

  it("uses somebody else's role with a warning, and never changes or deletes it", async () => {
    const role = {
      RoleName: EXECUTION_ROLE,
      Path: '/ecs/ambient/',
      AssumeRolePolicyDocument: TRUST('ecs-tasks.amazonaws.com'),
    }
    await account.iam.createRole(role)
    const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy'
    await account.iam.attachRolePolicy({ RoleName: EXECUTION_ROLE, PolicyArn })
    const before = await account.iam.getRole({ RoleName: EXECUTION_ROLE })
    const { warnings } = await account.program.run(['iam', 'ensure'])
    expect(JSON.stringify(warnings)).to.contain(EXECUTION_ROLE)
    await account.program.run(['iam', 'delete', '--yes'])
    const after = await account.iam.getRole({ RoleName: EXECUTION_ROLE })
    expect(after.Role).to.deep.equal(before.Role)
  })

  /** Somebody edits the policy, and makes room for the edit where five versions exist. */
  async function otherVersion(): Promise<void> {
    const { Versions = [] } = await account.iam.listPolicyVersions({ PolicyArn: POLICY_ARN })
    const oldest = Versions.filter(version => !version.IsDefaultVersion).at(-1)
    if (Versions.length >= 5)
      await account.iam.deletePolicyVersion({ PolicyArn: POLICY_ARN, VersionId: oldest?.VersionId })
    const Statement = [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
    await account.iam.createPolicyVersion({ PolicyArn: POLICY_ARN, PolicyDocument, SetAsDefault: true })
  }
})
