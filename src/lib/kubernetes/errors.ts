import { ApiException } from '@kubernetes/client-node'
import { Exit, type ExitCode, Failure, isFailure } from '../engine/failure.ts'

/** What the API server answers instead of an object. */
export interface Status {
  readonly reason?: string
  readonly message?: string
  readonly code?: number
  readonly details?: { readonly causes?: readonly StatusCause[] }
}
interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

interface Row {
  readonly code: string
  readonly exit?: ExitCode
  readonly suggestions?: readonly string[]
}

/** Table from the API server's HTTP status to our errors. */
const BY_STATUS: Readonly<Record<number, Row>> = {
  401: {
    code: 'KUBERNETES_UNAUTHORIZED',
    exit: Exit.missing,
    suggestions: [
      'Check whose AWS credentials are in use: aws sts get-caller-identity',
      'Whoever did not create the cluster needs an EKS access entry: aws eks create-access-entry',
    ],
  },
  403: { code: 'KUBERNETES_FORBIDDEN', suggestions: ['Ask for an EKS access entry that allows it.'] },
  404: { code: 'KUBERNETES_NOT_FOUND' },
  409: { code: 'KUBERNETES_CONFLICT' },
  422: { code: 'KUBERNETES_INVALID' },
  429: { code: 'KUBERNETES_THROTTLED' },
}

/** A ResourceQuota of the namespace; the API server says so in words only, with the status of a missing right. */
const isQuota = ({ message }: Status): boolean => message?.includes('exceeded quota:') ?? false
const QUOTA: Row = {
  code: 'QUOTA_EXCEEDED',
  suggestions: [
    'Delete what is not needed any more, or have the quota raised: kubectl get resourcequota --all-namespaces',
  ],
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined
}

/** The library leaves the body of an error as text. */
export function statusBody(error: unknown): Status {
  if (!(error instanceof ApiException)) return {}
  const body: unknown = error.body
  if (typeof body !== 'string') return typeof body === 'object' && body !== null ? body : {}
  try {
    const parsed: unknown = JSON.parse(body)
    return typeof parsed === 'object' && parsed !== null ? parsed : {}
  } catch {
    return { message: body.slice(0, 500) }
  }
}

/** Whether a write lost against another one, and nothing else speaks against it. */
export const isOutrun = (error: unknown): boolean =>
  statusOf(error) === 409 && /object has been modified/.test(statusBody(error).message ?? '')

/** Why an error passes by itself, or undefined where it does not. Safe only for calls that may be repeated. */
export function transientReason(error: unknown): string | undefined {
  const status = statusOf(error)
  if (status === undefined) {
    const code = networkCode(error)
    return code !== undefined && TRANSIENT.has(code) ? `the Kubernetes API: ${code}` : undefined
  }
  const body = statusBody(error)
  const { message, details } = body
  if (status === 429) return answered(status, body)
  // Server-side apply answers a field that it does not know with 500, as if trying again could help.
  if (status >= 500) return message?.includes(UNKNOWN_FIELD) ? undefined : answered(status, body)
  const because = (reason: string) => details?.causes?.some(cause => cause.reason === reason) ?? false
  if (status === 409 && !because('FieldManagerConflict')) return message ?? 'somebody else changed it just now'
  return because('NamespaceTerminating') ? 'its namespace is still being deleted' : undefined
}

/** The API server's own words. */
const answered = (status: number, { reason = '', message = 'no message' }: Status): string =>
  `${[status, reason].filter(Boolean).join(' ')}: ${message}`

const UNKNOWN_FIELD = 'field not declared in schema'

const TRANSIENT = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'TimeoutError',
])

/** The code of a request that got no answer: the innermost error knows it. */
function networkCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.name === 'TimeoutError') return error.name
  const own = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return networkCode(error.cause) ?? own
}

/** Any error of a call as ours; `what` says what was tried, as in `apply Namespace ecs`. */
export function kubernetesFailure(error: unknown, what: string): Failure {
  if (isFailure(error)) return error
  const status = statusOf(error)
  if (status === undefined) return unreachable(error, what)
  const body = statusBody(error)
  const conflicts = (body.details?.causes ?? []).filter(cause => cause.reason === 'FieldManagerConflict')
  if (conflicts.length > 0) return fieldConflict(error, what, conflicts)
  const row = (status === 403 && isQuota(body) ? QUOTA : BY_STATUS[status]) ?? { code: 'KUBERNETES_FAILED' }
  const causes = (body.details?.causes ?? []).map(({ field, message }) => [field, message].filter(Boolean).join(': '))
  const requestId = error instanceof ApiException ? error.headers['audit-id'] : undefined
  return new Failure({
    ...row,
    message: `Kubernetes refused to ${what}.`,
    why: [answered(status, body), ...causes],
    ...(requestId === undefined ? {} : { requestId }),
    cause: error,
  })
}

function fieldConflict(cause: unknown, what: string, conflicts: readonly StatusCause[]): Failure {
  const managers = [
    ...new Set(conflicts.map(({ message }) => /conflict with "([^"]*)"/.exec(message ?? '')?.[1] ?? '?')),
  ]
  return new Failure({
    code: 'FIELD_CONFLICT',
    exit: Exit.usage,
    message: `Could not ${what}: ${managers.join(', ')} manages fields of it.`,
    why: conflicts.map(({ field, message }) => `${field}: ${message}`),
    suggestions: ['Take these fields over with --adopt, or remove the object that is in the way.'],
    cause,
  })
}

function unreachable(cause: unknown, what: string): Failure {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : undefined
  return new Failure({
    code: 'KUBERNETES_UNREACHABLE',
    message: `Could not ${what}: the Kubernetes API did not answer.`,
    why: [[reason, inner].filter(Boolean).join(': ')],
    suggestions: ["Check that the cluster's endpoint can be reached from here: it may be private, or behind a VPN."],
    cause,
  })
}
