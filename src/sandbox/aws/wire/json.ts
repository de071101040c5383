import { JsonShapeDeserializer, JsonShapeSerializer } from '@aws-sdk/core/protocols'
import type { NormalizedSchema } from '@smithy/core/schema'
import { AwsError } from './error.ts'
import type { Codec, WireResponse } from './protocols.ts'
import type { Service } from './service.ts'

const epochSeconds = { timestampFormat: { useTrait: true, default: 7 as const } }

export function toJson(schema: NormalizedSchema, value: unknown, jsonName: boolean): string {
  const serializer = new JsonShapeSerializer({ ...epochSeconds, jsonName })
  serializer.write(schema, value)
  return String(serializer.flush())
}

/** @throws AwsError `SerializationException` where the text is no JSON object */
export function fromJson(schema: NormalizedSchema, text: string, jsonName: boolean): Record<string, unknown> {
  try {
    const deserializer = new JsonShapeDeserializer({ ...epochSeconds, jsonName })
    return deserializer.readObject(schema, JSON.parse(text === '' ? '{}' : text)) as Record<string, unknown>
  } catch {
    throw new AwsError('SerializationException', 'The request is not a JSON object of the expected form')
  }
}

/** An error in either JSON protocol. */
export function jsonError(
  error: AwsError,
  status: number,
  service: Service | undefined,
  requestId: string,
  contentType: string,
): WireResponse {
  const schema = service?.errors.get(error.code)?.schema
  const fields = schema ? (JSON.parse(toJson(schema, error.fields, true)) as object) : {}
  return {
    status,
    headers: { 'content-type': contentType, 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.code },
    body: JSON.stringify({ __type: error.code, message: error.message, ...fields }),
  }
}

const CONTENT_TYPE = 'application/x-amz-json-1.1'

export const awsJson: Codec = {
  operation: (request, service) => service.operations.get(request.headers['x-amz-target']?.split('.')[1] ?? ''),

  input: (request, { input }) => fromJson(input, request.body, false),

  output: (value, { output }, _service, requestId) => ({
    status: 200,
    headers: { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId },
    body: toJson(output, value ?? {}, false),
  }),

  error: (error, status, service, requestId) => jsonError(error, status, service, requestId, CONTENT_TYPE),
}
