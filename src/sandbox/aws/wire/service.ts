import { NormalizedSchema } from '@smithy/core/schema'
import type { Context } from '../context.ts'

/** The input type of an SDK command class. */
type In<C> = C extends { readonly input: infer I } ? I : never
/** The output type of an SDK command class. */
type Out<C> = C extends { resolveMiddleware(...a: never[]): (...b: never[]) => Promise<{ output: infer O }> }
  ? Omit<O, '$metadata'>
  : never

/** The operations of an SDK client module, each as a plain function; a service implements some of them. */
export type Handlers<M> = {
  [K in keyof M as K extends `${infer N}Command`
    ? N extends '$' | ''
      ? never
      : N
    : never]?: M[K] extends abstract new (
    ...a: never[]
  ) => infer C
    ? (input: In<C>, context: Context) => Out<C> | Promise<Out<C>>
    : never
}

export type Operation = (input: never, context: Context) => unknown
export type Operations = Readonly<Record<string, Operation>>
export type SchemaRef = Parameters<typeof NormalizedSchema.of>[0]

/** What a service is before its SDK module is loaded. */
export interface ServiceDefinition {
  /** As in the credential scope of a signature. */
  readonly signingName: string
  /** The SDK client module, whose schemas are the wire format. */
  readonly load: () => Promise<Record<string, unknown>>
  readonly client: string
  /** The code with which the service refuses a request that lacks a required member. */
  readonly missingMember: string
  readonly operations: Operations
}

export type Protocol = 'awsQuery' | 'ec2Query' | 'awsJson1_1' | 'restJson1'

export interface OperationSchema {
  readonly name: string
  readonly input: NormalizedSchema
  readonly output: NormalizedSchema
  /** `[method, path, status]` in restJson1. */
  readonly http: readonly [string, string, number] | undefined
}

export interface Service {
  readonly definition: ServiceDefinition
  readonly protocol: Protocol
  readonly xmlNamespace: string
  /** Every operation of the real service, implemented here or not. */
  readonly operations: ReadonlyMap<string, OperationSchema>
  /** Modelled errors by the code that is on the wire. */
  readonly errors: ReadonlyMap<string, ErrorSchema>
}

export interface ErrorSchema {
  readonly status: number
  readonly schema: NormalizedSchema
}

const OPERATION = 9
const ERROR = -3
/** The schema of a structure without members; operations without input or output have it. */
export const EMPTY = NormalizedSchema.of([3, '', 'Empty', 0, [], []])

interface ClientConfig {
  readonly protocol: { getShapeId(): string }
  readonly protocolSettings: { readonly xmlNamespace?: string }
}

/** Loads the SDK module of a service and indexes its schemas. */
export async function loadService(definition: ServiceDefinition): Promise<Service> {
  const sdk = await definition.load()
  const Client = sdk[definition.client] as new (config: object) => { config: ClientConfig }
  const { config } = new Client({ region: 'us-east-1' })
  const schemas = Object.values(sdk).filter(value => Array.isArray(value))
  return {
    definition,
    protocol: config.protocol.getShapeId().replace('aws.protocols#', '') as Protocol,
    xmlNamespace: config.protocolSettings.xmlNamespace ?? '',
    operations: new Map(
      schemas.filter(schema => schema[0] === OPERATION).map(schema => [schema[2], operation(schema)]),
    ),
    errors: new Map(schemas.filter(schema => schema[0] === ERROR).map(error)),
  }
}

function operation(schema: unknown[]): OperationSchema {
  const [, , name, traits, input, output] = schema as [
    9,
    string,
    string,
    { http?: [string, string, number] } | 0,
    unknown,
    unknown,
  ]
  return { name, input: structure(input), output: structure(output), http: traits === 0 ? undefined : traits.http }
}

/** Schemas may be thunks, and `unit` where there is nothing. */
function structure(schema: unknown): NormalizedSchema {
  const normalized = NormalizedSchema.of(schema as SchemaRef)
  return normalized.isUnitSchema() ? EMPTY : normalized
}

function error(schema: unknown[]): [string, ErrorSchema] {
  const traits = NormalizedSchema.of(schema as SchemaRef).getOwnTraits() as {
    httpError?: number
    awsQueryError?: [string, number]
    error?: string
  }
  const status = traits.httpError ?? traits.awsQueryError?.[1] ?? (traits.error === 'server' ? 500 : 400)
  const code = traits.awsQueryError?.[0] ?? (schema[2] as string)
  return [code, { status, schema: NormalizedSchema.of(schema as SchemaRef) }]
}
