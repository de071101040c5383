import {
  ApiException,
  HttpMethod,
  KubeConfig,
  KubernetesObjectApi,
  type RequestContext,
  type ResponseContext,
  type V1APIResource,
} from '@kubernetes/client-node'
import { statusOf } from './errors.ts'

/** No such kind: its CRD is not installed. */
export class UnknownKind extends Error {
  constructor(apiVersion: string, kind: string) {
    super(`the cluster does not know ${kind} of ${apiVersion}`)
    this.name = 'UnknownKind'
  }
}

/** A configuration whose calls share one pool of connections; the library's own makes a new one for each call. */
export class Connection extends KubeConfig {
  #dispatcher: ReturnType<RequestContext['getDispatcher']>

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context)
    this.#dispatcher ??= context.getDispatcher()
    if (this.#dispatcher) context.setDispatcher(this.#dispatcher)
  }
}

interface Subject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata?: { readonly name?: string; readonly namespace?: string | undefined }
}

export interface Request {
  /** Appended to the object's path, as in `log`. */
  readonly subresource?: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
  readonly contentType?: string
}

const METHODS = {
  read: HttpMethod.GET,
  list: HttpMethod.GET,
  patch: HttpMethod.PATCH,
  delete: HttpMethod.DELETE,
} as const

/**
 * The library's generic client with bodies as they are: its models drop the fields that they do not know, which would
 * cut the schemas out of a CRD.
 */
export class Transport extends KubernetesObjectApi {
  /** Milliseconds that one answer may take; log streams and exec have their own limits. */
  answerLimit = 30_000
  readonly #kinds = new Map<string, Promise<readonly V1APIResource[]>>()

  async send<T>(action: keyof typeof METHODS, subject: Subject, request: Request = {}): Promise<T> {
    const { name, namespace } = subject.metadata ?? {}
    const metadata = { ...(name === undefined ? {} : { name }), ...(namespace === undefined ? {} : { namespace }) }
    const path = await this.specUriPath({ apiVersion: subject.apiVersion, kind: subject.kind, metadata }, action)
    const suffix = request.subresource === undefined ? '' : `/${request.subresource}`
    const context = this.configuration.baseServer.makeRequestContext(path + suffix, METHODS[action])
    context.setHeaderParam('Accept', 'application/json, */*;q=0.8')
    for (const [key, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) context.setQueryParam(key, value)
    }
    if (request.body !== undefined) {
      context.setHeaderParam('Content-Type', request.contentType ?? 'application/json')
      context.setBody(JSON.stringify(request.body))
    }
    return this.requestPromise(context) as Promise<T>
  }

  protected override async requestPromise<T>(context: RequestContext): Promise<T> {
    context.setSignal(AbortSignal.timeout(this.answerLimit))
    return super.requestPromise(context) as Promise<T>
  }

  protected override async processResponse<T>(response: ResponseContext): Promise<T> {
    const text = await response.body.text()
    if (response.httpStatusCode < 200 || response.httpStatusCode > 299) {
      throw new ApiException(response.httpStatusCode, 'Kubernetes API error', text, response.headers)
    }
    return /json/.test(response.headers['content-type'] ?? '') ? JSON.parse(text) : (text as T)
  }

  protected override async resource(apiVersion: string, kind: string): Promise<V1APIResource> {
    const find = async () => (await this.#discover(apiVersion)).find(r => r.kind === kind && !r.name.includes('/'))
    let found = await find()
    if (found === undefined) {
      // Its CRD may have come since the last look.
      this.#kinds.delete(apiVersion)
      found = await find()
    }
    if (found === undefined) throw new UnknownKind(apiVersion, kind)
    return found
  }

  /** One request for each API version, however many ask at once. */
  #discover(apiVersion: string): Promise<readonly V1APIResource[]> {
    const known = this.#kinds.get(apiVersion)
    if (known) return known
    const context = this.configuration.baseServer.makeRequestContext(this.apiVersionPath(apiVersion), HttpMethod.GET)
    context.setHeaderParam('Accept', 'application/json')
    const asked = this.requestPromise<{ resources?: V1APIResource[] }>(context).then(
      list => list.resources ?? [],
      error => {
        this.#kinds.delete(apiVersion)
        if (statusOf(error) === 404) return []
        throw error
      },
    )
    this.#kinds.set(apiVersion, asked)
    return asked
  }
}
