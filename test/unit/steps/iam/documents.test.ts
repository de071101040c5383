import { expect } from 'chai'
import { sameDocument, taskPolicy, trustPolicy, trustsEcsTasks } from '../../../../src/lib/steps/iam/documents.ts'

const statement = (more: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole', ...more },
    ],
  })

describe('IAM documents', () => {
  it('trust ECS tasks of this account alone', () => {
    expect(JSON.parse(trustPolicy('111122223333'))).to.deep.equal({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'ecs-tasks.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
        },
      ],
    })
  })

  it('allow ECS Exec and logs, in the partition of the caller', () => {
    const { Statement } = JSON.parse(taskPolicy('aws-cn'))
    expect(Statement.flatMap(({ Action }: { Action: string[] }) => Action)).to.have.members([
      'ssmmessages:CreateControlChannel',
      'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
      'logs:CreateLogGroup',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ])
    expect(Statement.map(({ Resource }: { Resource: string }) => Resource)).to.deep.equal([
      '*',
      'arn:aws-cn:logs:*:*:log-group:/ecs/*',
    ])
  })

  const same: readonly (readonly [string, object, object])[] = [
    ['the order of a list', { Action: ['a', 'b'] }, { Action: ['b', 'a'] }],
    ['the order of members', { Action: 'a', Resource: 'r' }, { Resource: 'r', Action: 'a' }],
    ['a lone value for a list of one', { Action: 'a' }, { Action: ['a'] }],
    [
      'the order of statements',
      { Statement: [{ Sid: '1' }, { Sid: '2' }] },
      { Statement: [{ Sid: '2' }, { Sid: '1' }] },
    ],
  ]
  for (const [what, a, b] of same) {
    it(`do not differ by ${what}`, () => {
      expect(sameDocument(JSON.stringify(a), JSON.stringify(b))).to.equal(true)
    })
  }

  const different: readonly (readonly [string, object, object])[] = [
    ['another value', { Action: 'a' }, { Action: 'b' }],
    ['one value more', { Action: ['a'] }, { Action: ['a', 'b'] }],
    ['a missing member', { Action: 'a', Condition: {} }, { Action: 'a' }],
    ['a value under another name', { Action: 'a' }, { NotAction: 'a' }],
    ['lists that are grouped otherwise', { Statement: [{ a: ['1', '2'] }] }, { Statement: [{ a: '1' }, { a: '2' }] }],
  ]
  for (const [what, a, b] of different) {
    it(`differ by ${what}`, () => {
      expect(sameDocument(JSON.stringify(a), JSON.stringify(b))).to.equal(false)
    })
  }

  it('that are no JSON equal nothing', () => {
    expect(sameDocument('', '')).to.equal(false)
  })

  it('of others serve if they trust ECS tasks, whatever else they say', () => {
    expect(trustsEcsTasks(trustPolicy('1'))).to.equal(true)
    expect(
      trustsEcsTasks(statement({ Principal: { Service: ['ec2.amazonaws.com', 'ecs-tasks.amazonaws.com'] } })),
    ).to.equal(true)
    expect(trustsEcsTasks(statement({ Principal: { Service: 'ec2.amazonaws.com' } }))).to.equal(false)
    expect(trustsEcsTasks(statement({ Principal: '*' }))).to.equal(false)
    expect(trustsEcsTasks(statement({ Effect: 'Deny' }))).to.equal(false)
    expect(trustsEcsTasks(statement({ Action: 'sts:TagSession' }))).to.equal(false)
    expect(trustsEcsTasks('no JSON')).to.equal(false)
  })
})
