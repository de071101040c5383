import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Calls, Fault } from '../../calls.ts'
import type { Context } from '../context.ts'
import { uuid } from '../ids.ts'
import { type CredentialFault, credentialError } from './credentials.ts'
import { AwsError } from './error.ts'
import { once } from './idempotency.ts'
import { PROTOCOLS, type WireRequest, type WireResponse } from './protocols.ts'
import { readRequest, type Scope, scopeOf } from './request.ts'
import type { OperationSchema, Protocol, Service } from './service.ts'
import { missingMember } from './validate.ts'

/** One answer as it went over the wire, for those who check the wire format. */
export interface Recorded {
  /** As in the credential scope. */
  readonly service: string
  readonly operation: string
  /** Who asked, as the request's user agent has it. */
  readonly client: string
  readonly status: number
  /** The error's code; undefined where it succeeded. */
  readonly code: string | undefined
  readonly body: string
}

/** What the wire layer needs to know of the cloud behind it. */
export interface Backend {
  readonly calls: Calls
  service(signingName: string): Promise<Service> | undefined
  credentialFault(accessKeyId: string): CredentialFault | undefined
  context(scope: Scope, requestId: string): Context
  /** Lets the time pass that a request takes. */
  delay(): Promise<void>
  /** Gets the services' own answers, not those that a fault put in their place. */
  record(recorded: Recorded): void
}

/** An answer, or none: the connection is reset. */
type Answer = WireResponse | 'reset'

/** Serves every AWS service on one port. */
export function createHandler(backend: Backend) {
  return (message: IncomingMessage, response: ServerResponse): void => {
    readRequest(message)
      .then(request => answer(request, backend))
      .then(answer => respond(response, answer))
      .catch(() => response.destroy())
  }
}

function respond(response: ServerResponse, answer: Answer): void {
  if (answer === 'reset') response.destroy()
  else response.writeHead(answer.status, answer.headers).end(answer.body)
}

/** One request, once it is known what it asks of which service. */
interface Exchange {
  readonly backend: Backend
  readonly service: Service
  readonly operation: OperationSchema
  readonly scope: Scope
  readonly request: WireRequest
  readonly requestId: string
}

async function answer(request: WireRequest, backend: Backend): Promise<Answer> {
  const requestId = uuid()
  const scope = scopeOf(request)
  const refuse = (protocol: Protocol, error: AwsError, service?: Service) =>
    PROTOCOLS[protocol].error(error, statusOf(error, service), service, requestId)
  if (scope === undefined) {
    const protocol = guessProtocol(request)
    return refuse(protocol, credentialError(protocol, 'unsigned'))
  }
  const service = await backend.service(scope.service)
  if (service === undefined) return refuse(guessProtocol(request), notHere(scope.service))
  const operation = PROTOCOLS[service.protocol].operation(request, service)
  if (operation === undefined) return refuse(service.protocol, notHere('This operation'), service)
  return exchangeAnswer({ backend, service, operation, scope, request, requestId })
}

async function exchangeAnswer(exchange: Exchange): Promise<Answer> {
  const { backend, operation, scope } = exchange
  const parsed = tryInput(exchange)
  const { fault } = backend.calls.arrive({
    plane: 'aws',
    service: scope.service,
    operation: operation.name,
    subject: subjectOf(parsed),
    writes: !READS.test(operation.name),
  })
  await backend.delay()
  const early = fault?.when === 'before' ? await faulty(fault, exchange) : undefined
  if (early !== undefined) return early
  const response = await execute(exchange, parsed)
  const late = fault?.when === 'after' ? await faulty(fault, exchange) : undefined
  if (late !== undefined) return late
  backend.record(recorded(exchange, response))
  return response
}

/** What a fault makes of the answer; undefined where it only held the call up. */
async function faulty(fault: Fault, exchange: Exchange): Promise<Answer | undefined> {
  if (fault.kind === 'reset') return 'reset'
  if (fault.kind === 'error')
    return refusal(exchange, new AwsError(fault.code, fault.message, { status: fault.status }))
  await fault.until
  return undefined
}

async function execute(exchange: Exchange, parsed: unknown): Promise<WireResponse> {
  const { backend, service, operation, scope, requestId } = exchange
  const codec = PROTOCOLS[service.protocol]
  try {
    const fault = backend.credentialFault(scope.accessKeyId)
    if (fault !== undefined) throw credentialError(service.protocol, fault)
    if (parsed instanceof AwsError) throw parsed
    const value = await perform(service, operation, parsed, backend.context(scope, requestId))
    return codec.output(value, operation, service, requestId)
  } catch (error) {
    return refusal(exchange, error instanceof AwsError ? error : simulationFailure(error))
  }
}

/** Validates and runs one operation. @throws AwsError */
export async function perform(
  service: Service,
  operation: OperationSchema,
  input: unknown,
  context: Context,
): Promise<unknown> {
  const { operations, missingMember: code } = service.definition
  const run = operations[operation.name]
  if (run === undefined) throw notHere(operation.name)
  const missing = missingMember(operation.input, input)
  if (missing !== undefined) throw new AwsError(code, missingMessage(service.protocol, missing))
  return once(operation, input, context.region.answers, () => run(input as never, context))
}

const missingMessage = (protocol: Protocol, member: string): string =>
  protocol === 'ec2Query'
    ? `The request must contain the parameter ${member}`
    : `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`

function tryInput({ service, operation, request }: Exchange): unknown {
  try {
    return PROTOCOLS[service.protocol].input(request, operation)
  } catch (error) {
    if (error instanceof AwsError) return error
    throw error
  }
}

const refusal = ({ service, requestId }: Exchange, error: AwsError): WireResponse =>
  PROTOCOLS[service.protocol].error(error, statusOf(error, service), service, requestId)

const statusOf = (error: AwsError, service: Service | undefined): number =>
  error.status ?? service?.errors.get(error.code)?.status ?? 400

/** The one server error that no client retries. */
const NOT_AGAIN = { status: 501 }

const notHere = (what: string): AwsError =>
  new AwsError('NotImplemented', `${what} is not part of this simulation of AWS`, NOT_AGAIN)

/** A mistake of ours, not of the client's. */
const simulationFailure = (error: unknown): AwsError =>
  new AwsError('SimulationFailure', `The simulation of AWS failed: ${error}`, NOT_AGAIN)

const READS =
  /^(Describe|List|Get|BatchGet|Filter|Lookup|Search|Simulate|AssumeRole|Decrypt|GenerateDataKey|ExecuteCommand|ResumeSession|TerminateSession)/

/** What the call is about: the first name in the input, or else all that its lists and filters say. */
function subjectOf(input: unknown): string {
  if (typeof input !== 'object' || input === null || input instanceof AwsError) return ''
  return Object.values(input).find(value => typeof value === 'string') ?? textsIn(input).join(' ')
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** The protocol in which a request is refused whose service can't be known. */
function guessProtocol({ headers, method }: WireRequest): Protocol {
  if (headers['x-amz-target'] !== undefined) return 'awsJson1_1'
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  return isForm || method === 'GET' ? 'awsQuery' : 'restJson1'
}

function recorded({ scope, operation, request }: Exchange, { status, body }: WireResponse): Recorded {
  const code = /<Code>([^<]*)<\/Code>/.exec(body)?.[1] ?? /^\{"__type":"([^"]*)"/.exec(body)?.[1]
  const client = request.headers['user-agent'] ?? ''
  const failed = status < 300 ? undefined : code
  return { service: scope.service, operation: operation.name, client, status, code: failed, body }
}
