import type { Call, Fault } from '../../../src/sandbox/calls.ts'

const error = (when: Fault['when'], code: string, status: number, message: string): Fault => ({
  kind: 'error',
  when,
  code,
  status,
  message,
})

/** What each service calls it when it is asked too often. */
const throttled = ({ plane, service }: Call): Fault => {
  if (plane === 'kubernetes')
    return error('before', 'TooManyRequests', 429, 'too many requests, please try again later')
  if (service === 'ec2') return error('before', 'RequestLimitExceeded', 503, 'Request limit exceeded.')
  return error('before', service === 'iam' ? 'Throttling' : 'ThrottlingException', 400, 'Rate exceeded')
}

const serverError =
  (when: Fault['when']) =>
  ({ plane }: Call): Fault =>
    plane === 'kubernetes'
      ? error(when, 'InternalError', 500, 'Internal error occurred: etcdserver: request timed out')
      : error(when, 'InternalFailure', 500, 'The request processing has failed because of an unknown error')

const unavailable = ({ plane }: Call): Fault =>
  plane === 'kubernetes'
    ? error('before', 'ServiceUnavailable', 503, 'apiserver is shutting down')
    : error('before', 'ServiceUnavailable', 503, 'Service is unable to handle request.')

/** Somebody else's write came in between; reads never meet that, nor does AWS call it so. */
const outrun = ({ plane, writes, subject }: Call): Fault | undefined =>
  plane === 'kubernetes' && writes
    ? error(
        'before',
        'Conflict',
        409,
        `Operation cannot be fulfilled on ${subject}: the object has been modified; please apply your changes to the latest version and try again`,
      )
    : undefined

/** A fault that passes by itself. */
export interface PassingKind {
  /** What happens to a call, or undefined where this never happens to one. */
  fault(call: Call): Fault | undefined
  /** In how many runs the calls meet it: some of them each time, so that faults meet calls without any. */
  readonly parts: number
  /** Milliseconds that an answer is waited for, where none comes. */
  readonly answerLimit?: number
}

const PARTS = 3
const passing = (fault: PassingKind['fault']): PassingKind => ({ fault, parts: PARTS })

/** Faults that pass by themselves, by what happens: each call gets one of them once. */
export const PASSING: Readonly<Record<string, PassingKind>> = {
  throttling: passing(throttled),
  'server error': passing(serverError('before')),
  'server error after taking effect': passing(serverError('after')),
  'service unavailable': passing(unavailable),
  'connection reset': passing(() => ({ kind: 'reset', when: 'before' })),
  'connection lost after taking effect': passing(() => ({ kind: 'reset', when: 'after' })),
  'no answer after taking effect': {
    fault: () => ({ kind: 'hold', when: 'after', until: new Promise(() => undefined) }),
    parts: PARTS,
    answerLimit: 250,
  },
  conflict: { fault: outrun, parts: 1 },
}

/** Whether what somebody is told are the words of a fault. */
export function tells(told: string, fault: Fault): boolean {
  if (fault.kind === 'error') return told.includes(fault.message)
  return fault.kind === 'reset' ? /hang up|ECONNRESET|EPIPE|SOCKET|aborted/i.test(told) : /time/i.test(told)
}

/** What each service says to somebody who may not do it. */
export function denied({ plane, service, operation, subject }: Call): Fault {
  if (plane === 'kubernetes') return error('before', 'Forbidden', 403, `User "tester" cannot ${operation} ${subject}`)
  if (plane === 'tool') return error('before', 'Failed', 1, `${operation} is not possible at the moment`)
  const text = `User: arn:aws:iam::111122223333:user/tester is not authorized to perform: ${service}:${operation}`
  if (service === 'ec2') return error('before', 'UnauthorizedOperation', 403, text)
  return error('before', service === 'iam' || service === 'sts' ? 'AccessDenied' : 'AccessDeniedException', 403, text)
}

/** What each service says when there are too many of something already. */
export function overQuota({ plane, service, subject }: Call): Fault {
  if (plane === 'kubernetes') {
    const text = `"${subject}" is forbidden: exceeded quota: most, requested: count=1, used: count=9, limited: count=9`
    return error('before', 'Forbidden', 403, text)
  }
  const text = 'Cannot exceed the quota of the account: at most 9.'
  if (service === 'ec2') return error('before', 'SecurityGroupLimitExceeded', 400, text)
  return service === 'iam'
    ? error('before', 'LimitExceeded', 409, text)
    : error('before', 'LimitExceededException', 400, text)
}

/** Faults that no waiting helps against, and the calls that meet them. */
export const FINAL: Readonly<Record<string, { fault(call: Call): Fault; meets(name: string): boolean }>> = {
  'not allowed': { fault: denied, meets: () => true },
  quota: {
    fault: overQuota,
    meets: name => /^(iam|ec2|ecs|logs) (Create|Register|Authorize|Attach)| PATCH /.test(name),
  },
}
