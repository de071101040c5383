import { fieldsOf, type KubeObject, listOf, valueAt } from '../objects.ts'
import { StatusError } from '../status-error.ts'
import { qualified } from '../store/kinds.ts'
import type { ObjectStore } from '../store/store.ts'
import type { User } from './request.ts'

/** What someone wants to do: to a resource, or with a path that belongs to none. */
export interface Attempt {
  readonly verb: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string | undefined
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly path?: string
}

/** Paths that everyone may read. */
const publicPaths = /^\/(healthz|livez|readyz|version)(\/|$)/

/** Role-based access control, by the bindings that stand at the moment. */
export function isAllowed(user: User, attempt: Attempt, store: ObjectStore): boolean {
  if (user.groups.includes('system:masters')) return true
  if (attempt.path !== undefined)
    return publicPaths.test(attempt.path) || (user.groups.includes('system:authenticated') && attempt.verb === 'get')
  if (attempt.resource?.startsWith('selfsubject')) return user.groups.includes('system:authenticated')
  const bindings = [
    ...store.list('ClusterRoleBinding'),
    ...(attempt.namespace === undefined ? [] : store.list('RoleBinding', { namespace: attempt.namespace })),
  ]
  return bindings
    .filter(binding => listOf(binding.subjects).some(subject => isMeant(fieldsOf(subject), user, binding)))
    .flatMap(binding => rulesOf(binding, store))
    .some(rule => permits(fieldsOf(rule), attempt))
}

function isMeant(subject: Record<string, unknown>, user: User, binding: KubeObject): boolean {
  if (subject.kind === 'Group') return user.groups.includes(String(subject.name))
  if (subject.kind === 'User') return subject.name === user.username
  const namespace = subject.namespace ?? binding.metadata.namespace
  return user.username === `system:serviceaccount:${namespace}:${subject.name}`
}

function rulesOf(binding: KubeObject, store: ObjectStore): unknown[] {
  const kind = valueAt(binding.roleRef, 'kind')
  const name = String(valueAt(binding.roleRef, 'name'))
  const role = kind === 'Role' ? store.get('Role', name, binding.metadata.namespace) : store.get('ClusterRole', name)
  return listOf(role?.rules)
}

function permits(rule: Record<string, unknown>, attempt: Attempt): boolean {
  const covers = (list: unknown, ...values: string[]) => ['*', ...values].some(value => listOf(list).includes(value))
  const resource = attempt.subresource === undefined ? attempt.resource : `${attempt.resource}/${attempt.subresource}`
  const names = listOf(rule.resourceNames)
  return (
    covers(rule.verbs, attempt.verb) &&
    covers(rule.apiGroups, attempt.group ?? '') &&
    covers(rule.resources, resource ?? '') &&
    (names.length === 0 || names.includes(attempt.name))
  )
}

export function refusal(user: User, attempt: Attempt): StatusError {
  const { verb, group = '', resource, subresource, namespace, name = '', path } = attempt
  if (path !== undefined || resource === undefined)
    return new StatusError(403, 'Forbidden', `forbidden: User "${user.username}" cannot ${verb} path "${path}"`)
  const what = subresource === undefined ? resource : `${resource}/${subresource}`
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const subject =
    name === '' ? qualified({ group, plural: resource }) : `${qualified({ group, plural: resource })} "${name}"`
  return new StatusError(
    403,
    'Forbidden',
    `${subject} is forbidden: User "${user.username}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`,
    { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource },
  )
}
