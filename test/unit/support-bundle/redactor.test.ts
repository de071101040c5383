import { expect } from 'chai'
import { Redactor } from '../../../src/lib/support-bundle/redactor.ts'

describe('the redactor', () => {
  const redacted = (text: string, accounts = true) => {
    const redactor = new Redactor({ accounts, secrets: { 'licence key': 'lic-0123456789', short: 'abc' } })
    return redactor.redact(text)
  }

  const secrets: [name: string, text: string, left: string][] = [
    ['what is known to be secret', 'key=lic-0123456789;', 'key=<taken out>;'],
    ['nothing that is too short to be one', 'abc abcd', 'abc abcd'],
    ['an access key id', 'by AKIAIOSFODNN7EXAMPLE', 'by <taken out>'],
    ['an EKS token', 'token k8s-aws-v1.aHR0cHM_6-x y', 'token <taken out> y'],
    ['a JSON web token', 'x eyJhbGciOiJS.eyJpc3MiOiJr.c2ln_-x y', 'x <taken out> y'],
    ['a bearer token', 'authorization: Bearer abcdefgh12', 'authorization: Bearer <taken out>'],
    ['a signature', 'https://x?X-Amz-Signature=deadbeef&y=1', 'https://x?X-Amz-Signature=<taken out>&y=1'],
    ['a password in a log', 'password: hunter2-hunter2', 'password: <taken out>'],
    [
      'a secret variable in JSON',
      '"name": "API_TOKEN",\n  "value": "s3cr3t"',
      '"name": "API_TOKEN",\n  "value": <taken out>',
    ],
    ['a secret variable in YAML', 'name: MY_SECRET\n  value: s3cr3t\n', 'name: MY_SECRET\n  value: <taken out>\n'],
    ['no other variable', 'name: ALL_PROXY\n  value: socks5h://x\n', 'name: ALL_PROXY\n  value: socks5h://x\n'],
  ]
  for (const [name, text, left] of secrets) {
    it(`takes out ${name}`, () => expect(redacted(text)).to.equal(left))
  }

  it('takes out a private key whole', () => {
    const key = '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----'
    expect(redacted(`a\n${key}\nb`)).to.equal('a\n<taken out>\nb')
  })

  it('gives each account one name, the same everywhere', () => {
    const redactor = new Redactor({ accounts: true, secrets: {} })
    expect(redactor.redact('arn:aws:iam::111122223333:role/x')).to.equal('arn:aws:iam::account-1:role/x')
    expect(redactor.redact('444455556666.dkr.ecr, 111122223333')).to.equal('account-2.dkr.ecr, account-1')
    expect(redactor.takenOut()).to.deep.equal([
      { what: 'account id', instead: 'account-1', times: 2 },
      { what: 'account id', instead: 'account-2', times: 1 },
    ])
  })

  it('takes no other number for an account', () => {
    const text = '1764025200000 0.123456789012 abc111122223333 f47ac10b-58cc-4372-a567-012345678901'
    expect(redacted(text)).to.equal(text)
  })

  it('leaves accounts where it was asked to', () => {
    expect(redacted('111122223333', false)).to.equal('111122223333')
  })
})
