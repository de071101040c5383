import type { Fields } from './objects.ts'
import { type Kind, qualified } from './store/kinds.ts'

export interface Cause {
  readonly reason: string
  readonly message: string
  readonly field?: string
}

/** What a request was refused with: a `Status` object of Kubernetes. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly code: number
  readonly reason: string | undefined
  readonly details: Fields | undefined

  constructor(code: number, reason: string | undefined, message: string, details?: Fields) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
  }

  toStatus(): Fields {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === undefined ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    }
  }
}

type Named = Pick<Kind, 'group' | 'plural'>
const about = (kind: Named, name: string): Fields => ({
  name,
  ...(kind.group === '' ? {} : { group: kind.group }),
  kind: kind.plural,
})

export const notFound = (kind: Named, name: string): StatusError =>
  new StatusError(404, 'NotFound', `${qualified(kind)} "${name}" not found`, about(kind, name))

export const alreadyExists = (kind: Named, name: string): StatusError =>
  new StatusError(409, 'AlreadyExists', `${qualified(kind)} "${name}" already exists`, about(kind, name))

export const conflict = (kind: Named, name: string, why: string): StatusError =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(kind)} "${name}": ${why}`,
    about(kind, name),
  )

export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message)

export const forbidden = (kind: Named, name: string, why: string): StatusError =>
  new StatusError(
    403,
    'Forbidden',
    name === '' ? `${qualified(kind)} is forbidden: ${why}` : `${qualified(kind)} "${name}" is forbidden: ${why}`,
    about(kind, name),
  )

export const unauthorized = (): StatusError => new StatusError(401, 'Unauthorized', 'Unauthorized')

export const unknownPath = (): StatusError =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})

export const notAllowed = (): StatusError =>
  new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})

export const expired = (message: string): StatusError => new StatusError(410, 'Expired', message)

export function invalid(kind: Pick<Kind, 'group' | 'kind'>, name: string, causes: readonly Cause[]): StatusError {
  const what = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  const told = causes.map(cause => (cause.field ? `${cause.field}: ${cause.message}` : cause.message))
  const message = told.length === 1 ? told[0] : `[${told.join(', ')}]`
  return new StatusError(422, 'Invalid', `${what} "${name}" is invalid: ${message}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.kind,
    causes,
  })
}

export const required = (field: string, why = ''): Cause => ({
  reason: 'FieldValueRequired',
  message: why === '' ? 'Required value' : `Required value: ${why}`,
  field,
})

export const invalidValue = (field: string, value: unknown, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${typeof value === 'string' ? JSON.stringify(value) : shown(value)}: ${why}`,
  field,
})

export const forbiddenValue = (field: string, why: string): Cause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field,
})

export const notSupported = (field: string, value: unknown, supported: readonly unknown[]): Cause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map(one => JSON.stringify(one)).join(', ')}`,
  field,
})

function shown(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value)
}
