import { expect } from 'chai'
import { awsCode, awsFailure, awsMessage, isOutcomeUnknown, OutcomeUnknown } from '../../../src/lib/aws/errors.ts'
import { type Failure, isFailure } from '../../../src/lib/engine/failure.ts'

const doing = { action: 'ecs:CreateService', region: 'us-east-1' }

/** An error as the SDK throws it. */
const sdkError = (more: Record<string, unknown>): Error => Object.assign(new Error(String(more.message ?? 'no')), more)

const failureOf = (error: Error, more: { profile?: string } = {}): Failure => {
  const failure = awsFailure(error, { ...doing, ...more })
  if (!isFailure(failure)) throw new Error('not a failure')
  return failure
}

describe('AWS errors', () => {
  const table: readonly (readonly [string, Record<string, unknown>, string, number])[] = [
    [
      'no credentials',
      { name: 'CredentialsProviderError', message: 'Could not load credentials from any providers' },
      'CREDENTIALS_MISSING',
      3,
    ],
    [
      'an SSO session that ended',
      { name: 'CredentialsProviderError', message: 'The SSO session associated with this profile has expired.' },
      'SSO_EXPIRED',
      3,
    ],
    ['a quota of IAM', { name: 'LimitExceededException', Code: 'LimitExceeded' }, 'QUOTA_EXCEEDED', 1],
    ['a quota of EC2', { name: 'SecurityGroupLimitExceeded' }, 'QUOTA_EXCEEDED', 1],
    ['a quota of EKS', { name: 'ResourceLimitExceededException' }, 'QUOTA_EXCEEDED', 1],
    ['a quota of CloudFormation', { name: 'ServiceQuotaExceededException' }, 'QUOTA_EXCEEDED', 1],
    ['too many requests, which is no quota', { name: 'RequestLimitExceeded' }, 'THROTTLED', 1],
    ['an SSO token that ended', { name: 'TokenProviderError', message: 'Token is expired.' }, 'SSO_EXPIRED', 3],
    [
      'an unknown profile',
      {
        name: 'CredentialsProviderError',
        message: 'Could not resolve credentials using profile: [x] in configuration/credentials file(s).',
      },
      'PROFILE_UNKNOWN',
      3,
    ],
    [
      'expired credentials, query protocol',
      { name: 'ExpiredTokenException', Code: 'ExpiredToken' },
      'CREDENTIALS_EXPIRED',
      3,
    ],
    ['expired credentials, JSON protocol', { name: 'ExpiredTokenException' }, 'CREDENTIALS_EXPIRED', 3],
    ['expired credentials, EC2', { name: 'RequestExpired', Code: 'RequestExpired' }, 'CREDENTIALS_EXPIRED', 3],
    ['an invalid key', { name: 'InvalidClientTokenId', Code: 'InvalidClientTokenId' }, 'CREDENTIALS_INVALID', 3],
    ['an invalid key, JSON protocol', { name: 'UnrecognizedClientException' }, 'CREDENTIALS_INVALID', 3],
    ['an invalid key, EC2', { name: 'AuthFailure', Code: 'AuthFailure' }, 'CREDENTIALS_INVALID', 3],
    ['denied access', { name: 'AccessDeniedException' }, 'ACCESS_DENIED', 1],
    ['denied access, EC2', { name: 'UnauthorizedOperation', Code: 'UnauthorizedOperation' }, 'ACCESS_DENIED', 1],
    ['throttling', { name: 'ThrottlingException' }, 'THROTTLED', 1],
    ['throttling, EC2', { name: 'RequestLimitExceeded', Code: 'RequestLimitExceeded' }, 'THROTTLED', 1],
    [
      'a region that is no name',
      { message: 'Region not accepted: region="us east!" is not a valid hostname component.' },
      'REGION_UNKNOWN',
      2,
    ],
    ['a host without address', { code: 'ENOTFOUND' }, 'ENDPOINT_NOT_FOUND', 1],
    ['a refused connection', { code: 'ECONNREFUSED' }, 'SERVICE_UNREACHABLE', 1],
    ['no answer in time', { name: 'TimeoutError' }, 'SERVICE_UNREACHABLE', 1],
    ['whatever else AWS says', { name: 'ClusterNotFoundException' }, 'AWS_ERROR', 1],
  ]
  for (const [what, error, code, exit] of table) {
    it(`take ${what} for ${code}`, () => {
      const failure = failureOf(sdkError(error))
      expect([failure.code, failure.exit]).to.deep.equal([code, exit])
    })
  }

  it('keep the words and the request id of the service', () => {
    const failure = failureOf(
      sdkError({
        name: 'NoSuchEntityException',
        Code: 'NoSuchEntity',
        message: 'no role',
        $metadata: { requestId: 'r-1' },
      }),
    )
    expect(failure.why).to.deep.equal(['NoSuchEntity: no role'])
    expect(failure.requestId).to.equal('r-1')
  })

  it('name the action that is denied', () => {
    expect(failureOf(sdkError({ name: 'AccessDenied' })).message).to.contain('ecs:CreateService')
  })

  it('say how to log in, with the profile that is used', () => {
    const failure = failureOf(sdkError({ name: 'ExpiredToken' }), { profile: 'demo' })
    expect(failure.suggestions).to.include('aws sso login --profile demo')
  })

  it('leave failures and bugs as they are', () => {
    const failure = failureOf(sdkError({ name: 'AccessDenied' }))
    expect(awsFailure(failure, doing)).to.equal(failure)
    const bug = new TypeError('x is not a function')
    expect(awsFailure(bug, doing)).to.equal(bug)
  })

  it('give the service own code and words, before and after', () => {
    const error = sdkError({ name: 'NoSuchEntityException', Code: 'NoSuchEntity', message: 'no role' })
    for (const either of [error, failureOf(error)]) {
      expect([awsCode(either), awsMessage(either)]).to.deep.equal(['NoSuchEntity', 'no role'])
    }
  })

  it('leave it open whether a call took effect where no clear answer came', () => {
    const open = [{ code: 'ECONNRESET' }, { name: 'TimeoutError' }, { name: 'X', $metadata: { httpStatusCode: 500 } }]
    const clear = [
      { code: 'ECONNREFUSED' },
      { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } },
      { name: 'CredentialsProviderError' },
    ]
    expect(open.map(error => isOutcomeUnknown(sdkError(error)))).to.deep.equal([true, true, true])
    expect(clear.map(error => isOutcomeUnknown(sdkError(error)))).to.deep.equal([false, false, false])
    const failure = failureOf(new OutcomeUnknown(sdkError({ code: 'ECONNRESET', message: 'socket hang up' })))
    expect([failure.code, failure.exit]).to.deep.equal(['OUTCOME_UNKNOWN', 1])
    expect([awsCode(failure), awsMessage(failure)]).to.deep.equal(['OutcomeUnknown', 'socket hang up'])
  })

  it('have no code for what is no error of AWS', () => {
    expect(awsCode(new TypeError('x'))).to.equal(undefined)
    expect(awsCode('x')).to.equal(undefined)
  })
})
