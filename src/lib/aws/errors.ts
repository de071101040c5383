import { Exit, type ExitCode, Failure, isFailure } from '../engine/failure.ts'
import { profileNames } from './profiles.ts'

/**
 * No answer, or none that says whether the call took effect. The SDK must not repeat what would then be done twice, so
 * this is none of the errors that it repeats; whoever made the call looks whether it took effect.
 */
export class OutcomeUnknown extends Error {
  constructor(original: Error) {
    super(original.message)
    this.name = 'OutcomeUnknown'
  }
}

/** Whether a call that ended with this error may have taken effect all the same. */
export function isOutcomeUnknown(error: unknown): error is Error {
  if (!isSdkError(error)) return false
  return UNANSWERED.includes(error.code ?? error.name) || (error.$metadata?.httpStatusCode ?? 0) >= 500
}

const UNANSWERED = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'TimeoutError']

/** What was being done when an error came up. */
export interface Doing {
  /** The IAM name of the call: `ecs:CreateService`. */
  readonly action: string
  readonly region: string
  readonly profile?: string | undefined
}

/** An error as the SDK throws it, whichever of its kinds. */
interface SdkError {
  readonly name?: string
  readonly message?: string
  /** Query protocols: the service's code, where `name` is the SDK's class. */
  readonly Code?: string
  /** Node's code of a network error. */
  readonly code?: string
  readonly $metadata?: { readonly requestId?: string | undefined; readonly httpStatusCode?: number | undefined }
}

interface Known {
  readonly code: string
  readonly exit: ExitCode
  readonly when: (error: SdkError, code: string, doing: Doing) => boolean
  readonly message: (doing: Doing) => string
  readonly suggestions: (doing: Doing) => readonly string[]
}

const oneOf =
  (...codes: readonly string[]): Known['when'] =>
  (_error, code) =>
    codes.includes(code)

const says =
  (pattern: RegExp, when: Known['when']): Known['when'] =>
  (error, code, doing) =>
    pattern.test(error.message ?? '') && when(error, code, doing)

const withProfile = ({ profile }: Doing): string => (profile === undefined ? '' : ` --profile ${profile}`)
const login = (doing: Doing): string => `aws sso login${withProfile(doing)}`
const whoAmI = (doing: Doing): string => `aws sts get-caller-identity${withProfile(doing)}`

/** Whether a code says that there are too many things already; the one of too many requests looks alike. */
const isQuota = (code: string): boolean =>
  /(LimitExceeded|QuotaExceeded)(Exception|Fault)?$/.test(code) && code !== 'RequestLimitExceeded'

export const isQuotaExceeded = (error: unknown): boolean => isQuota(awsCode(error) ?? '')

const notFoundLocally = oneOf('CredentialsProviderError', 'TokenProviderError', 'ProviderError')

const UNKNOWN_PROFILE = /profile.*(not (be )?found|could not)|could not.*profile/i

/** The one that was asked for, or undefined where any will do. */
const namedProfile = ({ profile }: Doing): string | undefined => profile ?? (process.env.AWS_PROFILE || undefined)

const isProfile = (name: string | undefined): boolean => name === undefined || profileNames().includes(name)

/** Those that this machine has, for whoever mistyped one. */
function profilesThereAre(): string {
  const names = profileNames()
  return names.length > 0 ? `Profiles that there are: ${names.join(', ')}` : 'There are no profiles yet.'
}

/** The one table from AWS errors to ours; the first row that fits is taken. */
const KNOWN: readonly Known[] = [
  {
    code: 'SSO_EXPIRED',
    exit: Exit.missing,
    when: says(/sso|token is expired|refresh failed/i, notFoundLocally),
    message: () => 'The AWS SSO session has expired or was never begun.',
    suggestions: doing => [login(doing)],
  },
  {
    code: 'PROFILE_UNKNOWN',
    exit: Exit.missing,
    // The SDK goes on from an unknown profile to other sources, and complains of having found nothing in any of them.
    when: (error, code, doing) =>
      notFoundLocally(error, code, doing) &&
      (UNKNOWN_PROFILE.test(error.message ?? '') || !isProfile(namedProfile(doing))),
    message: doing => `There is no usable AWS profile "${namedProfile(doing) ?? 'default'}".`,
    suggestions: doing => [profilesThereAre(), `aws configure${withProfile(doing)}`],
  },
  {
    code: 'CREDENTIALS_MISSING',
    exit: Exit.missing,
    when: notFoundLocally,
    message: ({ profile }) =>
      profile === undefined
        ? 'No AWS credentials were found.'
        : `No AWS credentials were found for profile "${profile}".`,
    suggestions: doing => [
      login(doing),
      `aws configure${withProfile(doing)}`,
      'Or set AWS_PROFILE to one that has them.',
    ],
  },
  {
    code: 'CREDENTIALS_EXPIRED',
    exit: Exit.missing,
    when: oneOf('ExpiredToken', 'ExpiredTokenException', 'RequestExpired'),
    message: () => 'The AWS credentials have expired.',
    suggestions: doing => [login(doing), whoAmI(doing)],
  },
  {
    code: 'CREDENTIALS_INVALID',
    exit: Exit.missing,
    when: oneOf(
      'InvalidClientTokenId',
      'UnrecognizedClientException',
      'AuthFailure',
      'SignatureDoesNotMatch',
      'InvalidSignatureException',
      'IncompleteSignature',
      'MissingAuthenticationToken',
      'MissingAuthenticationTokenException',
      'NotAuthorized',
    ),
    message: ({ region }) => `AWS does not accept these credentials in ${region}.`,
    suggestions: doing => [
      whoAmI(doing),
      login(doing),
      `aws account get-region-opt-status --region-name ${doing.region}${withProfile(doing)}`,
    ],
  },
  {
    code: 'ACCESS_DENIED',
    exit: Exit.failed,
    when: oneOf('AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'Client.UnauthorizedOperation'),
    message: ({ action }) => `These AWS credentials are not allowed to do ${action}.`,
    suggestions: doing => [`Have ${doing.action} allowed for the identity of \`${whoAmI(doing)}\`.`],
  },
  {
    code: 'QUOTA_EXCEEDED',
    exit: Exit.failed,
    when: (_error, code) => isQuota(code),
    message: ({ action }) => `A quota of the account does not allow ${action}.`,
    suggestions: ({ region }) => [
      'Delete what is not needed any more, or have the quota raised:',
      `https://console.aws.amazon.com/servicequotas/home?region=${region}`,
    ],
  },
  {
    code: 'THROTTLED',
    exit: Exit.failed,
    when: oneOf(
      'Throttling',
      'ThrottlingException',
      'ThrottledException',
      'RequestLimitExceeded',
      'RequestThrottled',
      'RequestThrottledException',
      'TooManyRequestsException',
      'EC2ThrottledException',
      'SlowDown',
    ),
    message: ({ action }) => `AWS went on refusing ${action}: too many requests in this account at the moment.`,
    suggestions: () => ['Run the same command again in a minute: it goes on from what exists.'],
  },
  {
    code: 'REGION_UNKNOWN',
    exit: Exit.usage,
    when: error => /^Region not accepted|^Invalid Configuration|not a valid host label/i.test(error.message ?? ''),
    message: ({ region }) => `"${region}" is not the name of an AWS region.`,
    suggestions: () => ['aws account list-regions', 'Set AWS_REGION or --region, for example us-east-1.'],
  },
  {
    code: 'ENDPOINT_NOT_FOUND',
    exit: Exit.failed,
    when: error => ['ENOTFOUND', 'EAI_AGAIN'].includes(error.code ?? ''),
    message: ({ action, region }) => `The host name for ${action} in region ${region} can't be resolved.`,
    suggestions: ({ region }) => [`Is "${region}" the name of a region?`, 'Are the network and its DNS up?'],
  },
  {
    code: 'OUTCOME_UNKNOWN',
    exit: Exit.failed,
    when: oneOf('OutcomeUnknown'),
    message: ({ action }) => `AWS did not say whether ${action} was done.`,
    suggestions: () => ['Run the same command again: it looks, and goes on from what exists.'],
  },
  {
    code: 'SERVICE_UNREACHABLE',
    exit: Exit.failed,
    when: (error, code) => [...UNANSWERED, 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'].includes(error.code ?? code),
    message: ({ action }) => `AWS can't be reached for ${action}.`,
    suggestions: () => ['Check the network, and the proxy and AWS_ENDPOINT_URL where they are set; then run it again.'],
  },
]

/** What AWS itself says, whatever else: the last row. */
const refused: Omit<Known, 'when'> = {
  code: 'AWS_ERROR',
  exit: Exit.failed,
  message: ({ action }) => `${action} failed.`,
  suggestions: () => [],
}

/** The failure that an error of an AWS call means to the user; its `cause` is the error itself. */
export function awsFailure(error: unknown, doing: Doing): unknown {
  if (isFailure(error) || !isSdkError(error)) return error
  const code = codeOf(error) ?? 'Error'
  const known = KNOWN.find(row => row.when(error, code, doing)) ?? refused
  const requestId = error.$metadata?.requestId
  return new Failure({
    code: known.code,
    exit: known.exit,
    message: known.message(doing),
    why: [awsWords(error)],
    suggestions: known.suggestions(doing),
    ...(requestId === undefined ? {} : { requestId }),
    cause: error,
  })
}

/** The service's own code of an error, as its documentation spells it: `NoSuchEntity`, `ClusterNotFoundException`. */
export function awsCode(error: unknown): string | undefined {
  const original = originalOf(error)
  return isSdkError(original) ? codeOf(original) : undefined
}

/** The service's own code and words: `ThrottlingException: Rate exceeded`. */
export const awsWords = (error: unknown): string =>
  [awsCode(error) ?? 'Error', awsMessage(error)].filter(Boolean).join(': ')

/** The service's own words. */
export function awsMessage(error: unknown): string {
  const original = originalOf(error)
  return original instanceof Error ? original.message : String(original)
}

const originalOf = (error: unknown): unknown => (isFailure(error) ? error.cause : error)

const codeOf = ({ Code, name, code }: SdkError): string | undefined =>
  Code ?? (name === 'Error' || name === undefined ? code : name)

/** Errors of the SDK, of the services and of the network. A TypeError is a bug of ours and goes through as it is. */
function isSdkError(error: unknown): error is SdkError & Error {
  if (!(error instanceof Error)) return false
  return !(error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError)
}
