import { createHash, createHmac } from 'node:crypto'
import { STSClient } from '@aws-sdk/client-sts'
import { expect } from 'chai'
import { eksToken, execCredential, TOKEN_LIFE } from '../../../src/lib/kubernetes/token.ts'

const NOW = new Date('2026-01-02T03:04:05Z')
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'

const client = (more: object = {}) =>
  new STSClient({ region: 'eu-west-1', credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET }, ...more })

const urlOf = (token: string): URL => {
  expect(token).to.match(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/)
  return new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString())
}

/** Signature version 4 of a presigned GET, worked out from its definition alone. */
function signature(url: URL, headers: Readonly<Record<string, string>>): string {
  const query = [...url.searchParams]
    .filter(([key]) => key !== 'X-Amz-Signature')
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .toSorted()
  const names = Object.keys(headers).toSorted()
  const canonical = ['GET', '/', query.join('&'), ...names.map(n => `${n}:${headers[n]}`), '', names.join(';')]
  const sha = (text: string) => createHash('sha256').update(text).digest('hex')
  const scope = '20260102/eu-west-1/sts/aws4_request'
  const text = ['AWS4-HMAC-SHA256', '20260102T030405Z', scope, sha([...canonical, sha('')].join('\n'))].join('\n')
  const hmac = (key: string | Buffer, part: string) => createHmac('sha256', key).update(part).digest()
  const key = scope.split('/').reduce<string | Buffer>((k, part) => hmac(k, part), `AWS4${SECRET}`)
  return hmac(key, text).toString('hex')
}

describe('the EKS token', () => {
  it('is a signed GetCallerIdentity that names the cluster', async () => {
    const { token, expires } = await eksToken(client(), 'demo', NOW)
    const url = urlOf(token)
    expect(url.origin).to.equal('https://sts.eu-west-1.amazonaws.com')
    expect(url.searchParams.get('Action')).to.equal('GetCallerIdentity')
    expect(url.searchParams.get('X-Amz-Expires')).to.equal('60')
    expect(url.searchParams.get('X-Amz-SignedHeaders')).to.equal('host;x-k8s-aws-id')
    expect(url.searchParams.get('X-Amz-Signature')).to.equal(signature(url, { host: url.host, 'x-k8s-aws-id': 'demo' }))
    expect(expires.getTime() - NOW.getTime()).to.equal(TOKEN_LIFE)
  })

  it('is signed for the host and port that the SDK would use', async () => {
    const url = urlOf((await eksToken(client({ endpoint: 'http://127.0.0.1:1234' }), 'demo', NOW)).token)
    expect(url.origin).to.equal('http://127.0.0.1:1234')
    expect(url.searchParams.get('X-Amz-Signature')).to.equal(
      signature(url, { host: '127.0.0.1:1234', 'x-k8s-aws-id': 'demo' }),
    )
  })

  it('goes to the partition of the region', async () => {
    const url = urlOf((await eksToken(client({ region: 'cn-north-1' }), 'demo', NOW)).token)
    expect(url.host).to.equal('sts.cn-north-1.amazonaws.com.cn')
  })

  it('carries the session of temporary credentials', async () => {
    const credentials = { accessKeyId: 'A', secretAccessKey: 'B', sessionToken: 'a/b+c=' }
    const url = urlOf((await eksToken(client({ credentials }), 'demo', NOW)).token)
    expect(url.searchParams.get('X-Amz-Security-Token')).to.equal('a/b+c=')
  })

  it('has the form that kubectl expects of an exec credential', () => {
    expect(execCredential({ token: 't', expires: NOW })).to.deep.equal({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 't', expirationTimestamp: '2026-01-02T03:04:05.000Z' },
    })
  })
})
