import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Fields, fieldsOf } from '../objects.ts'
import type { User } from './request.ts'

/** Who an AWS access key belongs to. */
export interface AwsIdentity {
  readonly arn: string
  readonly secretAccessKey: string
}

export interface AuthenticatorOptions {
  /** The EKS cluster's name: tokens are signed for one cluster. */
  readonly clusterName: string
  readonly adminToken: string
  identityOf(accessKeyId: string): AwsIdentity | undefined
}

const eksPrefix = 'k8s-aws-v1.'
/** EKS takes a token for a quarter of an hour, whatever X-Amz-Expires says. */
const eksTokenLife = 15 * 60_000

export const anonymous: User = { username: 'system:anonymous', groups: ['system:unauthenticated'] }

export interface ServiceAccountIdentity {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** Knows users by their bearer tokens. Token times are real ones: clients stamp them with their own clock. */
export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #key = randomBytes(32)

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  /** The user of an `Authorization` header; undefined where it is no good. */
  user(authorization: string | undefined): User | undefined {
    if (authorization === undefined || authorization === '') return anonymous
    const token = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1]
    return token === undefined ? undefined : this.userOfToken(token)
  }

  userOfToken(token: string): User | undefined {
    if (token === this.#options.adminToken)
      return { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }
    return token.startsWith(eksPrefix) ? this.#eksUser(token.slice(eksPrefix.length)) : this.#serviceAccount(token)
  }

  /** A token of a service account, valid for `seconds`. */
  issue(
    account: ServiceAccountIdentity,
    audiences: readonly string[],
    seconds: number,
  ): { token: string; expires: Date } {
    const expires = new Date(Date.now() + seconds * 1000)
    const claims = {
      iss: 'https://kubernetes.default.svc',
      sub: `system:serviceaccount:${account.namespace}:${account.name}`,
      aud: audiences,
      exp: Math.floor(expires.getTime() / 1000),
      'kubernetes.io': { namespace: account.namespace, serviceaccount: { name: account.name, uid: account.uid } },
    }
    const content = [{ alg: 'HS256', typ: 'JWT' }, claims].map(part =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    )
    return { token: `${content.join('.')}.${this.#signature(content.join('.'))}`, expires }
  }

  #signature(content: string): string {
    return createHmac('sha256', this.#key).update(content).digest('base64url')
  }

  #serviceAccount(token: string): User | undefined {
    const [header = '', claims = '', signature = ''] = token.split('.')
    if (!same(signature, this.#signature(`${header}.${claims}`))) return undefined
    const { sub, exp, ...rest }: Fields = JSON.parse(Buffer.from(claims, 'base64url').toString())
    if (Number(exp) * 1000 < Date.now()) return undefined
    const { namespace, serviceaccount } = fieldsOf(rest['kubernetes.io'])
    return {
      username: String(sub),
      uid: String(fieldsOf(serviceaccount).uid),
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    }
  }

  /** A presigned GetCallerIdentity, signed together with the name of this cluster. */
  #eksUser(encoded: string): User | undefined {
    const url = parseUrl(Buffer.from(encoded, 'base64url').toString())
    if (url === undefined || !isStsHost(url) || url.searchParams.get('Action') !== 'GetCallerIdentity') return undefined
    const signedAt = parseAmzDate(url.searchParams.get('X-Amz-Date') ?? '')
    const age = Date.now() - signedAt
    if (!(age < eksTokenLife && age > -eksTokenLife)) return undefined
    const [accessKeyId = ''] = (url.searchParams.get('X-Amz-Credential') ?? '').split('/')
    const identity = this.#options.identityOf(accessKeyId)
    if (identity === undefined) return undefined
    const signature = presignedSignature(url, this.#options.clusterName, identity.secretAccessKey)
    if (signature === undefined || !same(signature, url.searchParams.get('X-Amz-Signature') ?? '')) return undefined
    return { username: identity.arn, groups: ['system:masters', 'system:authenticated'] }
  }
}

function same(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

const isStsHost = ({ hostname }: URL) =>
  /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname) || /^sts(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?$/.test(hostname)

/** `20261124T215900Z` in milliseconds. */
function parseAmzDate(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const percentEncode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

/** Signature Version 4 of a presigned GET with the headers `host` and `x-k8s-aws-id`; undefined where others are signed. */
function presignedSignature(url: URL, clusterName: string, secretAccessKey: string): string | undefined {
  if (url.searchParams.get('X-Amz-SignedHeaders') !== 'host;x-k8s-aws-id') return undefined
  const [, date = '', region = '', service = '', end = ''] = (url.searchParams.get('X-Amz-Credential') ?? '').split('/')
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&')
  const headers = `host:${url.host}\nx-k8s-aws-id:${clusterName}\n`
  const canonical = ['GET', url.pathname, query, headers, 'host;x-k8s-aws-id', sha256('')].join('\n')
  const scope = [date, region, service, end].join('/')
  const toSign = ['AWS4-HMAC-SHA256', url.searchParams.get('X-Amz-Date') ?? '', scope, sha256(canonical)].join('\n')
  const key = [region, service, end].reduce<Buffer>(
    (key, part) => hmac(key, part),
    hmac(`AWS4${secretAccessKey}`, date),
  )
  return hmac(key, toSign).toString('hex')
}
