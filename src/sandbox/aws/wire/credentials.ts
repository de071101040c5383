import { AwsError } from './error.ts'
import type { Protocol } from './service.ts'

/** What may be wrong with the credentials of a request. */
export type CredentialFault = 'unsigned' | 'expired' | 'unknown'

type Refusal = readonly [code: string, status: number, message: string]

const EXPIRED = 'The security token included in the request is expired'
const INVALID = 'The security token included in the request is invalid.'
const MISSING = 'Request is missing Authentication Token'

/** Each protocol's services say it in their own way. */
const REFUSALS: Readonly<Record<Protocol, Readonly<Record<CredentialFault, Refusal>>>> = {
  awsQuery: {
    unsigned: ['MissingAuthenticationToken', 403, MISSING],
    expired: ['ExpiredToken', 403, EXPIRED],
    unknown: ['InvalidClientTokenId', 403, INVALID],
  },
  ec2Query: {
    unsigned: ['MissingParameter', 400, 'The request must contain the parameter AWSAccessKeyId'],
    expired: ['RequestExpired', 400, 'Request has expired.'],
    unknown: ['AuthFailure', 401, 'AWS was not able to validate the provided access credentials'],
  },
  awsJson1_1: {
    unsigned: ['MissingAuthenticationTokenException', 400, MISSING],
    expired: ['ExpiredTokenException', 400, EXPIRED],
    unknown: ['UnrecognizedClientException', 400, INVALID],
  },
  restJson1: {
    unsigned: ['MissingAuthenticationTokenException', 403, 'Missing Authentication Token'],
    expired: ['ExpiredTokenException', 403, EXPIRED],
    unknown: ['UnrecognizedClientException', 403, INVALID],
  },
}

export function credentialError(protocol: Protocol, fault: CredentialFault): AwsError {
  const [code, status, message] = REFUSALS[protocol][fault]
  return new AwsError(code, message, { status })
}
