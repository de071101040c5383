import type { AwsError } from './error.ts'
import { awsJson } from './json.ts'
import { awsQuery, ec2Query } from './query.ts'
import { restJson } from './rest-json.ts'
import type { OperationSchema, Protocol, Service } from './service.ts'

/** A request as it arrived, before anything is known of its meaning. */
export interface WireRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface WireResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What differs between the protocols. */
export interface Codec {
  /** The operation that the request names, or undefined where the service has none such. */
  operation(request: WireRequest, service: Service): OperationSchema | undefined
  input(request: WireRequest, operation: OperationSchema): unknown
  output(value: unknown, operation: OperationSchema, service: Service, requestId: string): WireResponse
  error(error: AwsError, status: number, service: Service | undefined, requestId: string): WireResponse
}

export const PROTOCOLS: Readonly<Record<Protocol, Codec>> = {
  awsQuery,
  ec2Query,
  awsJson1_1: awsJson,
  restJson1: restJson,
}
