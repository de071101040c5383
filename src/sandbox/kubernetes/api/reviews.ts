import { type Fields, fieldsOf, isFields, valueAt } from '../objects.ts'
import { badRequest } from '../status-error.ts'
import type { ObjectStore } from '../store/store.ts'
import type { Authenticator } from './authentication.ts'
import { type Attempt, isAllowed } from './authorization.ts'
import { reviews } from './discovery.ts'
import { type ApiRequest, created, type Reply, type User } from './request.ts'

const answers: Readonly<
  Record<string, (spec: Fields, user: User, store: ObjectStore, authenticator: Authenticator) => Fields>
> = {
  TokenReview: (spec, _user, _store, authenticator) => {
    const user = authenticator.userOfToken(String(spec.token))
    return user === undefined
      ? { authenticated: false, error: 'invalid bearer token' }
      : { authenticated: true, user: userInfo(user) }
  },
  SelfSubjectReview: (_spec, user) => ({ userInfo: userInfo(user) }),
  SelfSubjectAccessReview: (spec, user, store) => ({ allowed: isAllowed(user, attemptOf(spec), store) }),
  SubjectAccessReview: (spec, _user, store) => {
    const groups = Array.isArray(spec.groups) ? spec.groups.map(String) : []
    const subject = { username: String(spec.user ?? ''), groups: [...groups, 'system:authenticated'] }
    return { allowed: isAllowed(subject, attemptOf(spec), store) }
  },
}

const userInfo = ({ username, groups, uid }: User): Fields => ({ username, ...(uid ? { uid } : {}), groups })

function attemptOf(spec: Fields): Attempt {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  if (isFields(spec.nonResourceAttributes))
    return { verb: String(spec.nonResourceAttributes.verb), path: String(spec.nonResourceAttributes.path) }
  const { verb, group, resource, subresource, namespace, name } = fieldsOf(spec.resourceAttributes)
  return {
    verb: String(verb ?? ''),
    group: text(group) ?? '',
    resource: text(resource) ?? '',
    subresource: text(subresource),
    namespace: text(namespace),
    name: text(name),
  }
}

/** Answers a review: a question in the form of an object that is created and never kept. */
export function answerReview(request: ApiRequest, store: ObjectStore, authenticator: Authenticator): Reply | undefined {
  const [, group, version, plural, ...rest] = request.path.split('/').filter(Boolean)
  const review = reviews.find(one => one.group === group && one.plural === plural)
  if (review === undefined || version !== 'v1' || rest.length > 0 || request.method !== 'POST') return undefined
  if (!isFields(request.body) || valueAt(request.body, 'kind') !== review.kind)
    throw badRequest(`the body of the request is no ${review.kind}`)
  const status = answers[review.kind]?.(fieldsOf(request.body.spec), request.user, store, authenticator)
  return created({ ...request.body, metadata: { creationTimestamp: null }, status })
}
