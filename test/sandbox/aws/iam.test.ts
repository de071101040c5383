import { IAM } from '@aws-sdk/client-iam'
import { STS } from '@aws-sdk/client-sts'
import { expect } from 'chai'
import { ACCOUNT, refusal, startAws, type TestAws } from '../../support/aws.ts'

const trust = (principal: object): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
  })
const TRUST = trust({ Service: 'ecs-tasks.amazonaws.com' })
const allow = (action: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] })
const policyArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:policy/${name}`
const AWS_POLICY = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy'

describe('IAM in the sandbox', () => {
  let aws: TestAws
  let iam: IAM

  beforeEach(async () => {
    aws = await startAws()
    iam = new IAM(aws.client)
  })

  afterEach(() => aws.close())

  const role = (RoleName: string) => iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUST })
  const policy = (PolicyName: string) => iam.createPolicy({ PolicyName, PolicyDocument: allow('s3:Get*') })

  describe('roles', () => {
    it('are read only a moment after they were made', async () => {
      await role('new')
      expect(await refusal(iam.getRole({ RoleName: 'new' }))).to.include({ name: 'NoSuchEntityException' })
      expect((await iam.listRoles({})).Roles).to.have.length(0)
      expect(await refusal(role('new'))).to.include({ name: 'EntityAlreadyExistsException' })
      await aws.clock.advance(3000)
      expect((await iam.getRole({ RoleName: 'new' })).Role?.Arn).to.equal(`arn:aws:iam::${ACCOUNT}:role/new`)
    })

    it('carry their path in the ARN and are listed by it', async () => {
      await iam.createRole({ RoleName: 'a', Path: '/ecs/ambient/', AssumeRolePolicyDocument: TRUST })
      await role('b')
      await aws.clock.advance(3000)
      const { Roles } = await iam.listRoles({ PathPrefix: '/ecs/' })
      expect(Roles?.map(({ Arn }) => Arn)).to.deep.equal([`arn:aws:iam::${ACCOUNT}:role/ecs/ambient/a`])
      expect(await refusal(iam.createRole({ RoleName: 'c', Path: 'ecs', AssumeRolePolicyDocument: TRUST }))).to.include(
        { name: 'ValidationError' },
      )
    })

    it('can not go while a policy is attached or in them', async () => {
      await role('busy')
      await iam.attachRolePolicy({ RoleName: 'busy', PolicyArn: AWS_POLICY })
      expect(await refusal(iam.deleteRole({ RoleName: 'busy' }))).to.include({
        name: 'DeleteConflictException',
        message: 'Cannot delete entity, must detach all policies first.',
      })
      await iam.detachRolePolicy({ RoleName: 'busy', PolicyArn: AWS_POLICY })
      await iam.putRolePolicy({ RoleName: 'busy', PolicyName: 'inline', PolicyDocument: allow('s3:*') })
      expect((await refusal(iam.deleteRole({ RoleName: 'busy' }))).message).to.match(/delete policies first/)
      await iam.deleteRolePolicy({ RoleName: 'busy', PolicyName: 'inline' })
      await iam.deleteRole({ RoleName: 'busy' })
      expect(await refusal(iam.deleteRole({ RoleName: 'busy' }))).to.include({ name: 'NoSuchEntityException' })
    })

    it('need a trust document that is one', async () => {
      const create = (document: string) =>
        refusal(iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument: document }))
      expect(await create('{')).to.include({ name: 'MalformedPolicyDocumentException' })
      expect(await create('{}')).to.include({ name: 'MalformedPolicyDocumentException' })
      expect(await create(allow('sts:AssumeRole'))).to.include({ name: 'MalformedPolicyDocumentException' })
    })

    it('need a service principal that is one, and a description in Latin letters', async () => {
      const document = trust({ Service: 'ecs-tasks' })
      expect(await refusal(iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument: document }))).to.include({
        message: 'Invalid principal in policy: "SERVICE":"ecs-tasks"',
      })
      const described = iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument: TRUST, Description: 'a — b' })
      expect(await refusal(described)).to.include({ name: 'ValidationError' })
    })

    it('are no principal of another role before they can be seen', async () => {
      const { Role } = await role('first')
      const document = trust({ AWS: Role?.Arn })
      const second = () => iam.createRole({ RoleName: 'second', AssumeRolePolicyDocument: document })
      expect(await refusal(second())).to.include({
        name: 'MalformedPolicyDocumentException',
        message: `Invalid principal in policy: "AWS":"${Role?.Arn}"`,
      })
      await aws.clock.advance(3000)
      expect((await second()).Role?.RoleName).to.equal('second')
    })

    it('can be assumed by a caller only some seconds after they were made', async () => {
      const { Role } = await role('assumed')
      const assume = () => new STS(aws.client).assumeRole({ RoleArn: Role?.Arn, RoleSessionName: 'me' })
      await aws.clock.advance(3000)
      expect(await refusal(assume())).to.include({ name: 'AccessDenied' })
      await aws.clock.advance(10_000)
      const { Credentials } = await assume()
      const credentials = {
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretAccessKey ?? '',
        sessionToken: Credentials?.SessionToken ?? '',
      }
      expect((await new STS({ ...aws.client, credentials }).getCallerIdentity({})).Arn).to.equal(
        `arn:aws:sts::${ACCOUNT}:assumed-role/assumed/me`,
      )
    })
  })

  describe('tags', () => {
    beforeEach(async () => {
      await role('tagged')
      await aws.clock.advance(3000)
    })

    const tag = (Key: string, Value = '') => iam.tagRole({ RoleName: 'tagged', Tags: [{ Key, Value }] })

    it('are set, changed, listed and taken away', async () => {
      await tag('ecs-ambient/user:us-east-1.a', '1')
      await tag('ecs-ambient/managed', 'true')
      await tag('ecs-ambient/managed', 'yes')
      expect((await iam.listRoleTags({ RoleName: 'tagged' })).Tags).to.have.deep.members([
        { Key: 'ecs-ambient/user:us-east-1.a', Value: '1' },
        { Key: 'ecs-ambient/managed', Value: 'yes' },
      ])
      await iam.untagRole({ RoleName: 'tagged', TagKeys: ['ecs-ambient/managed'] })
      expect((await iam.getRole({ RoleName: 'tagged' })).Role?.Tags).to.deep.equal([
        { Key: 'ecs-ambient/user:us-east-1.a', Value: '1' },
      ])
    })

    it('are refused for their characters, their length and the reserved prefix', async () => {
      for (const key of ['no,comma', 'no*star', 'x'.repeat(129), 'aws:mine'])
        expect(await refusal(tag(key)), key).to.include({ name: 'InvalidInputException' })
      expect(await refusal(tag('long', 'x'.repeat(257)))).to.include({ name: 'InvalidInputException' })
    })

    it('are told apart without regard to case', async () => {
      await tag('Key')
      expect((await refusal(tag('key'))).message).to.match(/case insensitive/)
    })

    it('are at most fifty', async () => {
      const Tags = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' }))
      await iam.tagRole({ RoleName: 'tagged', Tags })
      expect(await refusal(tag('one-more'))).to.include({ name: 'LimitExceededException' })
    })
  })

  describe('policies', () => {
    it('can not go while they are attached or have other versions', async () => {
      await role('r')
      await policy('p')
      await iam.attachRolePolicy({ RoleName: 'r', PolicyArn: policyArn('p') })
      expect(await refusal(iam.deletePolicy({ PolicyArn: policyArn('p') }))).to.include({
        name: 'DeleteConflictException',
        message: 'Cannot delete a policy attached to entities.',
      })
      await iam.detachRolePolicy({ RoleName: 'r', PolicyArn: policyArn('p') })
      await iam.createPolicyVersion({ PolicyArn: policyArn('p'), PolicyDocument: allow('s3:*') })
      expect((await refusal(iam.deletePolicy({ PolicyArn: policyArn('p') }))).message).to.match(/more than one version/)
      await iam.deletePolicyVersion({ PolicyArn: policyArn('p'), VersionId: 'v2' })
      await iam.deletePolicy({ PolicyArn: policyArn('p') })
    })

    it('name actions with their service, and resources by ARN', async () => {
      const create = (statement: object) => {
        const Statement = [{ Effect: 'Allow', Action: 's3:Get*', Resource: '*', ...statement }]
        const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
        return iam.createPolicy({ PolicyName: 'p', PolicyDocument })
      }
      for (const statement of [
        { Action: 'Get' },
        { Action: [] },
        { Resource: 'mine' },
        { Effect: 'Perhaps' },
        { Principal: '*' },
      ])
        expect(await refusal(create(statement)), JSON.stringify(statement)).to.include({
          name: 'MalformedPolicyDocumentException',
        })
      await create({ Resource: 'arn:aws:s3:::bucket' })
    })

    it('have at most five versions, whose numbers never come again', async () => {
      await policy('p')
      await aws.clock.advance(3000)
      const version = (SetAsDefault = false) =>
        iam.createPolicyVersion({ PolicyArn: policyArn('p'), PolicyDocument: allow('ecs:*'), SetAsDefault })
      for (let count = 2; count <= 5; count += 1) await version()
      expect(await refusal(version())).to.include({ name: 'LimitExceededException' })
      expect(await refusal(iam.deletePolicyVersion({ PolicyArn: policyArn('p'), VersionId: 'v1' }))).to.include({
        name: 'DeleteConflictException',
        message: 'Cannot delete the default version of a policy.',
      })
      await iam.deletePolicyVersion({ PolicyArn: policyArn('p'), VersionId: 'v5' })
      expect((await version(true)).PolicyVersion).to.include({ VersionId: 'v6', IsDefaultVersion: true })
      const { Policy } = await iam.getPolicy({ PolicyArn: policyArn('p') })
      const { PolicyVersion } = await iam.getPolicyVersion({
        PolicyArn: policyArn('p'),
        VersionId: Policy?.DefaultVersionId,
      })
      expect(decodeURIComponent(PolicyVersion?.Document ?? '')).to.equal(allow('ecs:*'))
      const { Versions } = await iam.listPolicyVersions({ PolicyArn: policyArn('p') })
      expect(Versions?.map(({ VersionId }) => VersionId)).to.deep.equal(['v6', 'v4', 'v3', 'v2', 'v1'])
    })

    it('of AWS exist, can be attached and not changed', async () => {
      await role('r')
      await aws.clock.advance(3000)
      await iam.attachRolePolicy({ RoleName: 'r', PolicyArn: AWS_POLICY })
      expect((await iam.listAttachedRolePolicies({ RoleName: 'r' })).AttachedPolicies).to.deep.equal([
        { PolicyName: 'AmazonECSTaskExecutionRolePolicy', PolicyArn: AWS_POLICY },
      ])
      expect((await iam.getPolicy({ PolicyArn: AWS_POLICY })).Policy?.AttachmentCount).to.equal(1)
      expect(await refusal(iam.deletePolicy({ PolicyArn: AWS_POLICY }))).to.include({ name: 'AccessDenied' })
      const unknown = 'arn:aws:iam::aws:policy/NoSuchPolicy'
      expect(await refusal(iam.attachRolePolicy({ RoleName: 'r', PolicyArn: unknown }))).to.include({
        name: 'NoSuchEntityException',
      })
    })

    it('are listed by page and by owner', async () => {
      for (const name of ['c', 'a', 'b']) await policy(name)
      await aws.clock.advance(3000)
      const first = await iam.listPolicies({ Scope: 'Local', MaxItems: 2 })
      expect(first.Policies?.map(({ PolicyName }) => PolicyName)).to.deep.equal(['a', 'b'])
      expect(first.IsTruncated).to.equal(true)
      const second = await iam.listPolicies({ Scope: 'Local', MaxItems: 2, Marker: first.Marker })
      expect(second.Policies?.map(({ PolicyName }) => PolicyName)).to.deep.equal(['c'])
      expect(second.IsTruncated).to.equal(false)
      expect(await refusal(iam.listPolicies({ Marker: 'made up' }))).to.include({ name: 'ValidationError' })
      expect((await iam.listPolicies({ OnlyAttached: true })).Policies).to.have.length(0)
    })

    it('know who has them', async () => {
      await role('r')
      await policy('p')
      await iam.attachRolePolicy({ RoleName: 'r', PolicyArn: policyArn('p') })
      await aws.clock.advance(3000)
      const { PolicyRoles } = await iam.listEntitiesForPolicy({ PolicyArn: policyArn('p') })
      expect(PolicyRoles?.map(({ RoleName }) => RoleName)).to.deep.equal(['r'])
    })
  })

  it('makes a service-linked role once', async () => {
    const create = () => iam.createServiceLinkedRole({ AWSServiceName: 'ecs.amazonaws.com' })
    expect((await create()).Role?.Arn).to.equal(
      `arn:aws:iam::${ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
    )
    expect(await refusal(create())).to.include({ name: 'InvalidInputException' })
    expect(await refusal(iam.deleteRole({ RoleName: 'AWSServiceRoleForECS' }))).to.include({
      name: 'UnmodifiableEntityException',
    })
  })

  it('simulates a principal who may do everything but what a test denies', async () => {
    aws.cloud.iam.deniedActions.add('ecs:CreateCluster')
    const { EvaluationResults } = await iam.simulatePrincipalPolicy({
      PolicySourceArn: `arn:aws:iam::${ACCOUNT}:user/sandbox`,
      ActionNames: ['ecs:CreateCluster', 'ecs:ListClusters'],
    })
    expect(EvaluationResults?.map(({ EvalActionName, EvalDecision }) => [EvalActionName, EvalDecision])).to.deep.equal([
      ['ecs:CreateCluster', 'implicitDeny'],
      ['ecs:ListClusters', 'allowed'],
    ])
  })

  it('simulates a role by its policies', async () => {
    const { Role } = await role('r')
    await iam.putRolePolicy({
      RoleName: 'r',
      PolicyName: 'inline',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: ['logs:*', 'ecs:Describe?'], Resource: '*' },
          { Effect: 'Deny', Action: 'logs:Delete*', Resource: '*' },
        ],
      }),
    })
    await iam.attachRolePolicy({ RoleName: 'r', PolicyArn: AWS_POLICY })
    const simulate = async (PolicySourceArn: string | undefined, ...ActionNames: string[]) => {
      const { EvaluationResults } = await iam.simulatePrincipalPolicy({ PolicySourceArn, ActionNames })
      return EvaluationResults?.map(({ EvalDecision }) => EvalDecision)
    }
    expect(
      await simulate(Role?.Arn, 'logs:PutLogEvents', 'logs:DeleteLogGroup', 'ecs:DescribeTasks', 'ecr:BatchGetImage'),
    ).to.deep.equal(['allowed', 'explicitDeny', 'implicitDeny', 'allowed'])
    expect(await refusal(simulate(`${Role?.Arn}-none`, 'logs:PutLogEvents'))).to.include({
      name: 'NoSuchEntityException',
    })
  })
})
