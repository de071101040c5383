import { expect } from 'chai'
import { type AnyCheck, Needs, ok } from '../../../src/lib/doctor/check.ts'
import { principalOf } from '../../../src/lib/doctor/facts/account.ts'
import type { Facts } from '../../../src/lib/doctor/facts/index.ts'
import { once, oncePer } from '../../../src/lib/doctor/once.ts'
import { runChecks, summaryOf } from '../../../src/lib/doctor/run.ts'
import { systemClock } from '../../../src/lib/engine/clock.ts'
import { Failure } from '../../../src/lib/engine/failure.ts'

const NO_FACTS = {} as Facts

const check = (code: string, read: () => Promise<unknown>): AnyCheck => ({
  code,
  area: 'machine',
  title: 'Something',
  when: 'pre',
  read,
  judge: () => ok('fine'),
})

const failing = (error: unknown) => () => Promise.reject(error)

describe('a run of checks', () => {
  it('lets none hide another: hanging, forbidden, without anything to look at, broken', async () => {
    const denied = new Failure({
      code: 'ACCESS_DENIED',
      message: 'Not allowed to do x:Y.',
      suggestions: ['Have x:Y allowed.'],
    })
    const checks = [
      check('EA1901', () => new Promise(() => undefined)),
      check('EA1902', failing(denied)),
      check('EA1903', failing(new Needs('the EKS cluster', 'EA1201'))),
      check('EA1904', failing(new Failure({ code: 'CREDENTIALS_EXPIRED', message: 'Expired.' }))),
      check('EA1905', failing(new TypeError('no such thing'))),
      check('EA1906', async () => undefined),
    ]
    const results = await runChecks(checks, NO_FACTS, { clock: systemClock, limit: 20 })
    expect(results.map(({ state, why }) => `${state}: ${why}`)).to.deep.equal([
      'warning: no answer within 0 s',
      'warning: could not be looked at: Not allowed to do x:Y.',
      'not-applicable: needs the EKS cluster: see EA1201',
      'not-applicable: Expired. See EA1051',
      'failed: unexpected: no such thing',
      'ok: fine',
    ])
    expect(results[1]?.fix).to.equal('Have x:Y allowed.')
    expect(results[5]).to.include({ page: 'docs/checks/EA1906.md', area: 'machine', title: 'Something' })
    expect(summaryOf(results)).to.deep.equal({ ok: 1, warnings: 2, failed: 1, notApplicable: 2 })
  })

  it('ends at once when it is interrupted', async () => {
    const stop = new AbortController()
    const run = runChecks([check('EA1901', () => new Promise(() => undefined))], NO_FACTS, {
      clock: systemClock,
      signal: stop.signal,
    })
    stop.abort()
    expect((await run)[0]).to.include({ state: 'warning', why: 'interrupted' })
  })
})

describe('a fact', () => {
  it('is read once, when it is first wanted', async () => {
    let reads = 0
    const fact = once(async () => {
      reads += 1
      return reads
    })
    const perKey = oncePer(async (key: string) => {
      reads += 1
      return key
    })
    expect(reads).to.equal(0)
    expect(await Promise.all([fact(), fact(), perKey('a'), perKey('a'), perKey('b')])).to.have.length(5)
    expect(reads).to.equal(3)
  })
})

describe('whose rights are simulated', () => {
  const of = (arn: string, roleArn?: string) =>
    principalOf({ arn, account: '111122223333', partition: 'aws' }, async () => roleArn)

  it('is the user, or the role behind a session, with its path where that can be read', async () => {
    const session = 'arn:aws:sts::111122223333:assumed-role/Admin/someone'
    const withPath = 'arn:aws:iam::111122223333:role/aws-reserved/Admin'
    expect(await of('arn:aws:iam::111122223333:user/ann')).to.include({ kind: 'user' })
    expect(await of(session, withPath)).to.deep.equal({ kind: 'role', arn: withPath })
    expect(await of(session)).to.deep.equal({ kind: 'role', arn: 'arn:aws:iam::111122223333:role/Admin' })
  })

  it('is nobody where there are no policies to simulate', async () => {
    expect(await of('arn:aws:iam::111122223333:root')).to.include({ kind: 'root' })
    expect(await of('arn:aws:sts::111122223333:federated-user/ann')).to.include({ kind: 'other' })
  })
})
