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

/** Faults that pass by themselves, by what happens: each call gets one of them once. */
export const PASSING: Readonly<Record<string, (call: Call) => Fault>> = {
  throttling: throttled,
  'server error': serverError('before'),
  'server error after taking effect': serverError('after'),
  'service unavailable': unavailable,
  'connection reset': () => ({ kind: 'reset', when: 'before' }),
  'connection lost after taking effect': () => ({ kind: 'reset', when: 'after' }),
}

/** What each service says to somebody who may not do it. */
export function denied({ plane, service, operation, subject }: Call): Fault {
  if (plane === 'kubernetes') return error('before', 'Forbidden', 403, `User "tester" cannot ${operation} ${subject}`)
  if (plane === 'tool') return error('before', 'Failed', 1, `${operation} is not possible at the moment`)
  const text = `User: arn:aws:iam::111122223333:user/tester is not authorized to perform: ${service}:${operation}`
  if (service === 'ec2') return error('before', 'UnauthorizedOperation', 403, text)
  return error('before', service === 'iam' || service === 'sts' ? 'AccessDenied' : 'AccessDeniedException', 403, text)
}
