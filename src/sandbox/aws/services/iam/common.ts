import type { Context } from '../../context.ts'
import { page } from '../../paging.ts'
import { addTags, MAX_TAGS, type Tags, tagFault } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Policy, Role } from './state.ts'

export const noSuch = (message: string): AwsError => new AwsError('NoSuchEntity', message)
export const conflict = (message: string): AwsError => new AwsError('DeleteConflict', message)
export const invalid = (message: string): AwsError => new AwsError('ValidationError', message)

export const now = ({ region }: Context): number => region.clock.now()

/** What the reads see of a role or policy: a moment after its making, nothing yet. */
export const isVisible = (entity: { visibleFrom: number }, context: Context): boolean =>
  now(context) >= entity.visibleFrom

/** @throws AwsError `NoSuchEntity` */
export function roleNamed(name: string | undefined, { region }: Context): Role {
  const role = region.iam.roles.get(name ?? '')
  if (role === undefined) throw noSuch(`The role with name ${name} cannot be found.`)
  return role
}

/** @throws AwsError `NoSuchEntity`, also when it is too new to be seen */
export function visibleRole(name: string | undefined, context: Context): Role {
  const role = roleNamed(name, context)
  if (!isVisible(role, context)) throw noSuch(`The role with name ${name} cannot be found.`)
  return role
}

/** @throws AwsError `NoSuchEntity` */
export function policyOf(arn: string | undefined, { region }: Context): Policy {
  const policy = region.iam.policies.get(arn ?? '')
  if (policy === undefined) throw noSuch(`Policy ${arn} was not found.`)
  return policy
}

/** @throws AwsError `NoSuchEntity`, also when it is too new to be seen */
export function visiblePolicy(arn: string | undefined, context: Context): Policy {
  const policy = policyOf(arn, context)
  if (!isVisible(policy, context)) throw noSuch(`Policy ${arn} was not found.`)
  return policy
}

interface Marker {
  Marker?: string | undefined
  MaxItems?: number | undefined
}

/** One page in IAM's form: 100 items unless told. */
export function iamPage<T>(all: Iterable<T>, key: ((item: T) => string) | undefined, { Marker, MaxItems }: Marker) {
  const { items, next } = page(all, {
    ...(key ? { key } : {}),
    token: Marker,
    size: MaxItems ?? 100,
    invalidToken: () => invalid('Invalid Marker.'),
  })
  return { items, rest: { IsTruncated: next !== undefined, ...(next === undefined ? {} : { Marker: next }) } }
}

/** @throws AwsError `InvalidInput`, `LimitExceeded` */
export function setTags(tags: Tags, more: Tags): void {
  const fault = tagFault(more)
  if (fault !== undefined) throw new AwsError('InvalidInput', fault)
  const keys = new Set([...tags.keys(), ...more.keys()])
  const lowered = new Set([...keys].map(key => key.toLowerCase()))
  if (lowered.size < keys.size)
    throw new AwsError('InvalidInput', 'Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  if (keys.size > MAX_TAGS) throw new AwsError('LimitExceeded', `The number of tags has reached the maximum limit.`)
  addTags(tags, more)
}

const PATH = /^(\/|\/[\x21-\x7e]+\/)$/
const NAME = /^[\w+=,.@-]+$/

/** @throws AwsError `ValidationError` */
export function checkName(member: string, name: string, longest: number): void {
  if (name.length > longest) throw violation(name, member, `Member must have length less than or equal to ${longest}`)
  if (!NAME.test(name))
    throw invalid(
      `The specified value for ${member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
    )
}

const DESCRIPTION = /^[\t\n\r\x20-\x7e\xa1-\xff]{0,1000}$/

/** Latin-1 only. @throws AwsError `ValidationError` */
export function checkDescription(text = ''): void {
  if (!DESCRIPTION.test(text))
    throw violation(
      text,
      'description',
      'Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*',
    )
}

/** @throws AwsError `ValidationError` */
export function checkPath(path: string): void {
  if (!PATH.test(path))
    throw invalid(
      'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    )
}

const violation = (value: string, member: string, constraint: string): AwsError =>
  invalid(`1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`)
