import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts'
import { Sha256 } from '@smithy/core/checksum'
import { escapeUri, HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'

/** Milliseconds for which a token is used; EKS takes one for fifteen minutes. */
export const TOKEN_LIFE = 14 * 60_000

export interface EksToken {
  readonly token: string
  readonly expires: Date
}

/**
 * A bearer token for the API server of an EKS cluster: a signed request to STS that EKS makes in our name, so that it
 * learns who we are. Nothing is asked of AWS here.
 *
 * @throws what the credential chain throws where it finds no credentials
 */
export async function eksToken(sts: STSClient, clusterName: string, now = new Date()): Promise<EksToken> {
  const { protocol, host, hostname } = await endpointOf(sts)
  const signer = new SignatureV4({
    service: 'sts',
    region: sts.config.region,
    credentials: sts.config.credentials,
    sha256: Sha256,
  })
  const request = new HttpRequest({
    method: 'GET',
    protocol,
    hostname,
    path: '/',
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    headers: { host, 'x-k8s-aws-id': clusterName },
  })
  const { query } = await signer.presign(request, { expiresIn: 60, signingDate: now })
  const pairs = Object.entries(query ?? {}).map(([key, value]) => `${escapeUri(key)}=${escapeUri(String(value))}`)
  const url = `${protocol}//${host}/?${pairs.join('&')}`
  return {
    token: `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`,
    expires: new Date(now.getTime() + TOKEN_LIFE),
  }
}

/** The endpoint that the client would use, whichever partition, variable or file says so. */
async function endpointOf(sts: STSClient): Promise<URL> {
  let endpoint: URL | undefined
  const command = new GetCallerIdentityCommand({})
  command.middlewareStack.add(
    () => async args => {
      if (HttpRequest.isInstance(args.request)) {
        const { protocol, hostname, port } = args.request
        endpoint = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`)
      }
      // The request ends here: it is never sent.
      return { response: undefined, output: { $metadata: {} } }
    },
    { step: 'build', priority: 'high', name: 'endpointOnly' },
  )
  await sts.send(command)
  if (endpoint === undefined) throw new Error('STS has no endpoint')
  return endpoint
}

/** What `kubectl` and `istioctl` expect of an exec credential's standard output. */
export const execCredential = ({ token, expires }: EksToken): unknown => ({
  apiVersion: 'client.authentication.k8s.io/v1',
  kind: 'ExecCredential',
  status: { token, expirationTimestamp: expires.toISOString() },
})
