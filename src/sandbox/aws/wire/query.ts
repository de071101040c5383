import type { AwsError } from './error.ts'
import { AWS_QUERY, EC2_QUERY, type FormNames, fromTree, parseForm } from './form.ts'
import type { Codec, WireRequest, WireResponse } from './protocols.ts'
import { EMPTY, type OperationSchema, type SchemaRef, type Service } from './service.ts'
import { strings, structure, toXml } from './xml.ts'

/** A form in the body; a presigned request has it in its URL. */
const form = (request: WireRequest): URLSearchParams =>
  request.method === 'GET' ? request.url.searchParams : new URLSearchParams(request.body)

const operation = (request: WireRequest, service: Service): OperationSchema | undefined =>
  service.operations.get(form(request).get('Action') ?? '')

const input =
  (names: FormNames) =>
  (request: WireRequest, { input }: OperationSchema): unknown =>
    fromTree(input, parseForm(form(request)), names)

const xml = (status: number, body: string, requestId: string): WireResponse => ({
  status,
  headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
})

export const awsQuery: Codec = {
  operation,
  input: input(AWS_QUERY),

  output(value, { name, output }, service, requestId) {
    const metadata = structure('ResponseMetadata', { RequestId: 0 as SchemaRef })
    const envelope = structure(`${name}Response`, {
      ...(output === EMPTY ? {} : { [`${name}Result`]: output.getSchema() as SchemaRef }),
      ResponseMetadata: metadata,
    })
    const body = { [`${name}Result`]: value ?? {}, ResponseMetadata: { RequestId: requestId } }
    return xml(200, toXml(envelope, body, service.xmlNamespace), requestId)
  },

  error(error, status, service, requestId) {
    const envelope = structure('ErrorResponse', {
      Error: strings('Error', 'Type', 'Code', 'Message'),
      RequestId: 0 as SchemaRef,
    })
    const Type = status < 500 ? 'Sender' : 'Receiver'
    const body = { Error: { Type, Code: error.code, Message: error.message }, RequestId: requestId }
    return xml(status, toXml(envelope, body, service?.xmlNamespace ?? ''), requestId)
  },
}

export const ec2Query: Codec = {
  operation,
  input: input(EC2_QUERY),

  output(value, { name, output }, service, requestId) {
    const [, , , , members, schemas] = output.getSchema() as unknown as [0, 0, 0, 0, string[], SchemaRef[]]
    const all = Object.fromEntries(members.map((member, index) => [member, schemas[index] as SchemaRef]))
    const envelope = structure(`${name}Response`, { requestId: 0 as SchemaRef, ...all })
    return xml(200, toXml(envelope, { ...(value as object), requestId }, service.xmlNamespace), requestId)
  },

  error(error: AwsError, status, _service, requestId) {
    const envelope = structure('Response', {
      Errors: structure('Errors', { Error: strings('Error', 'Code', 'Message') }),
      RequestID: 0 as SchemaRef,
    })
    const body = { Errors: { Error: { Code: error.code, Message: error.message } }, RequestID: requestId }
    return xml(status, toXml(envelope, body, ''), requestId)
  },
}
