import { Sha256 } from '@smithy/core/checksum'
import { escapeUri, HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import { expect } from 'chai'
import { Authenticator } from '../../../../src/sandbox/kubernetes/api/authentication.ts'

const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' }
const arn = 'arn:aws:iam::111122223333:user/me'

interface Token {
  readonly endpoint?: string
  readonly cluster?: string
  readonly secretAccessKey?: string
  readonly accessKeyId?: string
  readonly signedAt?: Date
  readonly action?: string
  readonly headers?: Record<string, string>
}

/** A token as every EKS client signs it. */
async function eksToken({
  endpoint = 'https://sts.us-east-1.amazonaws.com',
  cluster = 'demo',
  signedAt = new Date(),
  ...more
}: Token = {}): Promise<string> {
  const url = new URL(endpoint)
  const signer = new SignatureV4({
    service: 'sts',
    region: 'us-east-1',
    credentials: { ...credentials, ...more },
    sha256: Sha256,
  })
  const request = new HttpRequest({
    method: 'GET',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    query: { Action: more.action ?? 'GetCallerIdentity', Version: '2011-06-15' },
    headers: { host: url.host, 'x-k8s-aws-id': cluster, ...more.headers },
  })
  const { query = {} } = await signer.presign(request, { expiresIn: 60, signingDate: signedAt })
  const text = Object.entries(query)
    .map(([name, value]) => `${escapeUri(name)}=${escapeUri(String(value))}`)
    .join('&')
  return `k8s-aws-v1.${Buffer.from(`${url.origin}/?${text}`).toString('base64url')}`
}

describe('bearer tokens', () => {
  const authenticator = new Authenticator({
    clusterName: 'demo',
    adminToken: 'admin',
    identityOf: id =>
      id === credentials.accessKeyId ? { arn, secretAccessKey: credentials.secretAccessKey } : undefined,
  })
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)

  it('of the administrator', () => expect(authenticator.user('Bearer admin')?.groups).to.include('system:masters'))
  it('none: anonymous', () => expect(authenticator.user(undefined)?.username).to.equal('system:anonymous'))
  for (const header of ['Bearer wrong', 'Bearer ', 'Basic YTpi', 'Bearer a.b.c'])
    it(`"${header}" is no good`, () => expect(authenticator.user(header)).to.equal(undefined))

  describe('of EKS', () => {
    const good: [string, Token][] = [
      ['signed for the regional endpoint', {}],
      ['signed for the global endpoint', { endpoint: 'https://sts.amazonaws.com' }],
      ['signed for the sandbox', { endpoint: 'http://127.0.0.1:4566' }],
      ['as old as they may be', { signedAt: minutesAgo(14) }],
    ]
    for (const [name, token] of good)
      it(name, async () => expect(authenticator.userOfToken(await eksToken(token))?.username).to.equal(arn))

    const bad: [string, Token][] = [
      ['for another cluster', { cluster: 'other' }],
      ['with another secret', { secretAccessKey: 'other' }],
      ['of an unknown key', { accessKeyId: 'AKIAOTHER' }],
      ['that are too old', { signedAt: minutesAgo(16) }],
      ['from the future', { signedAt: minutesAgo(-16) }],
      ['for another action', { action: 'AssumeRole' }],
      ['for a host that is not STS', { endpoint: 'https://sts.us-east-1.amazonaws.com.evil.example' }],
      ['with other headers signed', { headers: { 'x-more': '1' } }],
    ]
    for (const [name, token] of bad)
      it(`not ${name}`, async () => expect(authenticator.userOfToken(await eksToken(token))).to.equal(undefined))

    it('not something else', () => {
      const encoded = (text: string) => `k8s-aws-v1.${Buffer.from(text).toString('base64url')}`
      for (const text of [
        '',
        'no url',
        'https://sts.amazonaws.com/',
        'https://sts.amazonaws.com/?Action=GetCallerIdentity',
      ])
        expect(authenticator.userOfToken(encoded(text)), text).to.equal(undefined)
    })
  })

  describe('of service accounts', () => {
    const account = { namespace: 'shop', name: 'robot', uid: '1-2' }
    it('say who they are', () => {
      const { token } = authenticator.issue(account, ['x'], 600)
      expect(authenticator.userOfToken(token)).to.deep.equal({
        username: 'system:serviceaccount:shop:robot',
        uid: '1-2',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
      })
    })
    it('expire', () =>
      expect(authenticator.userOfToken(authenticator.issue(account, [], -1).token)).to.equal(undefined))
    it('can not be changed', () => {
      const [header, , signature] = authenticator.issue(account, [], 600).token.split('.')
      const claims = Buffer.from(JSON.stringify({ sub: 'system:serviceaccount:kube-system:root', exp: 9e9 })).toString(
        'base64url',
      )
      expect(authenticator.userOfToken([header, claims, signature].join('.'))).to.equal(undefined)
    })
  })
})
