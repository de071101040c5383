import type { IncomingMessage } from 'node:http'
import type { WireRequest } from './protocols.ts'

/** No request of these services comes near this many bytes. */
const MAX_BODY = 16 * 1024 * 1024

export async function readRequest(message: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY) throw new RangeError('The request is too large')
    chunks.push(chunk)
  }
  return {
    method: message.method ?? 'GET',
    url: new URL(message.url ?? '/', 'http://loopback'),
    headers: message.headers as Record<string, string | undefined>,
    body: Buffer.concat(chunks).toString('utf8'),
  }
}

/** Who signed a request, and for which service of which region. */
export interface Scope {
  readonly accessKeyId: string
  readonly region: string
  readonly service: string
}

/** The credential scope of a signed or presigned request; undefined where it isn't signed. */
export function scopeOf(request: WireRequest): Scope | undefined {
  const header = request.headers.authorization ?? ''
  const signed = header.startsWith('AWS4-HMAC-SHA256 ') && header.includes('Signature=')
  const query = request.url.searchParams
  const credential = signed
    ? /Credential=([^,\s]+)/.exec(header)?.[1]
    : query.has('X-Amz-Signature')
      ? query.get('X-Amz-Credential')
      : undefined
  const [accessKeyId, , region, service, end] = credential?.split('/') ?? []
  if (!accessKeyId || !region || !service || end !== 'aws4_request') return undefined
  return { accessKeyId, region, service }
}
