import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Calls } from '../calls.ts'
import type { SandboxClock } from '../clock.ts'
import type { Caller, Context } from './context.ts'
import type { CloudEmitter } from './events.ts'
import type { Hooks } from './hooks.ts'
import { uuid } from './ids.ts'
import { recorder } from './recorder.ts'
import { type Account, createRegion, partitionOf, type Region } from './region.ts'
import { createIamState, type IamState } from './services/iam/state.ts'
import { SERVICES, type ServiceName, type Services } from './services/index.ts'
import { createStsState } from './services/sts.ts'
import type { CredentialFault } from './wire/credentials.ts'
import { createHandler, perform, type Recorded } from './wire/server.ts'
import { loadService, type Service } from './wire/service.ts'

export interface AwsCloudOptions {
  readonly clock: SandboxClock
  readonly calls: Calls
  /** Twelve digits. */
  readonly account: string
  readonly defaultRegion: string
  /** Milliseconds of the clock that each request takes. */
  readonly latency?: number
  readonly hooks?: Hooks
  /** Gets every answer of the services that goes over the wire; by default the recorder that the environment asks for. */
  record?(recorded: Recorded): void
}

type OperationOf<S extends ServiceName, O extends keyof Services[S]> = Services[S][O] extends (
  input: infer I,
  context: Context,
) => infer R
  ? { input: I; output: Awaited<R> }
  : never

/** The simulated AWS: one account with all its regions. */
export class AwsCloud {
  readonly events: CloudEmitter = new EventEmitter()
  /** Other parts of the sandbox set these before the services need them. */
  readonly hooks: Hooks
  readonly iam: IamState
  readonly account: string
  readonly defaultRegion: string
  readonly clock: SandboxClock
  /** Serves all services over HTTP. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void
  /** Set by tests: which access keys are refused, and why. */
  credentialFault: (accessKeyId: string) => CredentialFault | undefined = () => undefined

  readonly #shared: Account
  readonly #regions = new Map<string, Region>()
  readonly #services = new Map<string, Promise<Service>>()

  constructor(options: AwsCloudOptions) {
    const { clock, calls, account, defaultRegion, latency = 0, hooks = {}, record = recorder() } = options
    this.clock = clock
    this.account = account
    this.defaultRegion = defaultRegion
    this.hooks = hooks
    this.iam = createIamState(partitionOf(defaultRegion), clock.now())
    this.#shared = { account, clock, events: this.events, hooks, iam: this.iam, sts: createStsState() }
    this.handler = createHandler({
      calls,
      record,
      service: name => this.#service(name),
      credentialFault: key => this.credentialFault(key),
      context: (scope, requestId) => this.#context(scope.region, this.#caller(scope.accessKeyId), requestId),
      delay: () => (latency === 0 ? Promise.resolve() : clock.sleep(latency)),
    })
  }

  /** All state of one region, by default the default one. */
  region(name: string = this.defaultRegion): Region {
    const known = this.#regions.get(name)
    if (known !== undefined) return known
    const created = createRegion(name, this.#shared)
    this.#regions.set(name, created)
    return created
  }

  /**
   * Invokes an operation in this process, as the simulated tools and controllers do. It is no call of the program's,
   * so it is neither counted nor subject to faults.
   *
   * @throws AwsError as the service would refuse it
   */
  async call<S extends ServiceName, O extends keyof Services[S] & string>(
    name: S,
    operation: O,
    input: OperationOf<S, O>['input'],
    region?: string,
  ): Promise<OperationOf<S, O>['output']> {
    const service = await this.#service(SERVICES[name].signingName)
    const schema = service?.operations.get(operation)
    if (service === undefined || schema === undefined) throw new TypeError(`There is no operation ${name} ${operation}`)
    const context = this.#context(region, this.#caller('AKIASANDBOX'), uuid())
    return structuredClone(await perform(service, schema, structuredClone(input), context)) as OperationOf<
      S,
      O
    >['output']
  }

  #context(region: string | undefined, caller: Caller, requestId: string): Context {
    return { region: this.region(region), caller, requestId }
  }

  #service(signingName: string): Promise<Service> | undefined {
    const definition = Object.values(SERVICES).find(service => service.signingName === signingName)
    if (definition === undefined) return undefined
    const known = this.#services.get(signingName)
    if (known !== undefined) return known
    const loading = loadService(definition)
    this.#services.set(signingName, loading)
    return loading
  }

  #caller(accessKeyId: string): Caller {
    const partition = partitionOf(this.defaultRegion)
    const user = {
      accessKeyId,
      arn: `arn:${partition}:iam::${this.account}:user/sandbox`,
      userId: 'AIDASANDBOXUSER000001',
    }
    return this.#shared.sts.sessions.get(accessKeyId) ?? user
  }
}
