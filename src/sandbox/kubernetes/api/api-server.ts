import type { ContainerLogs } from '../container-logs.ts'
import type { Fields } from '../objects.ts'
import { StatusError, unauthorized } from '../status-error.ts'
import type { ObjectStore } from '../store/store.ts'
import type { Authenticator } from './authentication.ts'
import { type Attempt, isAllowed, refusal } from './authorization.ts'
import { Discovery } from './discovery.ts'
import { OpenApi } from './open-api.ts'
import { podLog } from './pod-log.ts'
import { type ApiRequest, ok, plain, type Reply, type ResourceRequest, type User } from './request.ts'
import { handleResource, verbOf } from './resources.ts'
import { answerReview } from './reviews.ts'
import { resourceTarget } from './route.ts'
import { handleSubresource } from './subresources.ts'

export interface ApiServerParts {
  readonly store: ObjectStore
  readonly logs: ContainerLogs
  readonly authenticator: Authenticator
  /** The Kubernetes version, such as `1.33.5-eks-a1b2c3d`. */
  readonly version: string
}

/** What paths are answered with that belong to no group. */
const notFoundPage: Reply = {
  status: 404,
  body: '404 page not found\n',
  headers: { 'content-type': 'text/plain; charset=utf-8' },
}

/** The API without its transport: a request in, an answer out. */
export class ApiServer {
  readonly #parts: ApiServerParts
  readonly #discovery: Discovery
  readonly #openApi: OpenApi

  constructor(parts: ApiServerParts) {
    this.#parts = parts
    this.#discovery = new Discovery(parts.store.kinds)
    this.#openApi = new OpenApi(parts.store.kinds)
  }

  /** @throws StatusError 401 */
  authenticate(authorization: string | undefined): User {
    const user = this.#parts.authenticator.user(authorization)
    if (user === undefined) throw unauthorized()
    return user
  }

  /** @throws StatusError */
  answer(request: ApiRequest): Reply {
    const { store, authenticator } = this.#parts
    if (!/^\/apis?(\/|$)/.test(request.path)) {
      this.#authorize(request.user, { verb: request.method.toLowerCase(), path: request.path })
      return this.#service(request)
    }
    if (!this.#discovery.serves(request.path)) return notFoundPage
    const discovered = request.method === 'GET' ? this.#discovery.answer(request) : undefined
    if (discovered !== undefined) {
      this.#authorize(request.user, { verb: 'get', path: request.path })
      return discovered
    }
    const review = answerReview(request, store, authenticator)
    if (review !== undefined) return review
    return this.#resource(this.resourceRequest(request))
  }

  /**
   * A request about objects, once it is known to be allowed.
   *
   * @throws StatusError 403, 404
   */
  resourceRequest(request: ApiRequest): ResourceRequest {
    const target = { ...request, ...resourceTarget(request.path, this.#parts.store.kinds) }
    this.#authorize(request.user, {
      verb: verbOf(target),
      group: target.kind.group,
      resource: target.kind.plural,
      subresource: target.subresource,
      namespace: target.namespace,
      name: target.name,
    })
    return target
  }

  #resource(request: ResourceRequest): Reply {
    const { store, logs, authenticator } = this.#parts
    if (request.subresource === 'log') return podLog(request, store, logs)
    if (request.subresource === 'exec') throw new StatusError(400, 'BadRequest', 'Upgrade request required')
    return handleSubresource(request, store, authenticator) ?? handleResource(request, store)
  }

  #service(request: ApiRequest): Reply {
    const { path } = request
    if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return plain('ok')
    if (path === '/version') return ok(this.#versionInfo())
    if (path === '/')
      return ok({ paths: ['/api', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'] })
    const document = this.#openApi.answer(request)
    return document ?? notFoundPage
  }

  #versionInfo(): Fields {
    const { version } = this.#parts
    const [major, minor] = version.split('.')
    return {
      major,
      minor: `${minor}+`,
      gitVersion: `v${version}`,
      gitCommit: '',
      gitTreeState: 'clean',
      buildDate: '2026-01-01T00:00:00Z',
      goVersion: 'go1.24.0',
      compiler: 'gc',
      platform: 'linux/amd64',
    }
  }

  #authorize(user: User, attempt: Attempt): void {
    if (!isAllowed(user, attempt, this.#parts.store)) throw refusal(user, attempt)
  }
}
