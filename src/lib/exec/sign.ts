import { Sha256 } from '@smithy/core/checksum'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Credentials } from '../aws/sts.ts'

/** A URL that brings its signature with it needs no other. */
const isPresigned = (url: URL): boolean => [...url.searchParams.keys()].some(key => /^x-amz-/i.test(key))

/**
 * The headers that sign the opening of a data channel (SigV4, service ssmmessages). None where the URL is signed already,
 * and none where there are no credentials: whether that is enough is for the service to say.
 */
export async function signedHeaders(
  streamUrl: string,
  region: string,
  credentials: () => Promise<Credentials>,
  now: Date,
): Promise<Readonly<Record<string, string>>> {
  const url = new URL(streamUrl)
  if (isPresigned(url)) return {}
  const known = await credentials().catch(() => undefined)
  if (!known) return {}
  const signer = new SignatureV4({
    service: 'ssmmessages',
    region,
    credentials: known,
    sha256: Sha256,
    applyChecksum: false,
  })
  const request = await signer.sign(
    new HttpRequest({
      method: 'GET',
      protocol: 'https:',
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host },
    }),
    { signingDate: now },
  )
  return request.headers
}
