import type { Caller } from '../../aws/sts.ts'
import { type Failure, isFailure } from '../../engine/failure.ts'
import { type AnyCheck, type Check, failed, ok, warning } from '../check.ts'
import { outcome } from '../facts/outcome.ts'

export const callerCheck: Check<Caller | Failure> = {
  code: 'EA1051',
  area: 'credentials',
  title: 'AWS credentials are accepted',
  when: 'pre',
  read: ({ account }) => outcome(account.caller()),
  judge: caller => {
    if (isFailure(caller)) {
      return failed([caller.message, caller.why[0]].filter(Boolean).join(' '), caller.suggestions[0] ?? 'aws configure')
    }
    return caller.arn.endsWith(':root')
      ? warning(
          `the root user of account ${caller.account}`,
          'Use a role or a user instead: AWS_PROFILE=… or --profile …',
        )
      : ok(`${caller.arn} in account ${caller.account}`)
  },
}

export interface Lifetime {
  readonly expiration: Date | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Milliseconds that the longest step, the cluster, usually takes. */
const LONGEST_STEP = 25 * 60_000

export const lifetimeCheck: Check<Lifetime> = {
  code: 'EA1052',
  area: 'credentials',
  title: 'AWS credentials outlast the longest step',
  when: 'pre',
  read: async ({ account, now }) => {
    await account.caller()
    return { expiration: await account.expiration(), now: now() }
  },
  judge: ({ expiration, now }) => {
    if (expiration === undefined) return ok('they do not expire')
    const left = expiration.getTime() - now
    const minutes = Math.max(0, Math.round(left / 60_000))
    return left < LONGEST_STEP
      ? warning(`they expire in ${minutes} min; creating the cluster takes about 20`, 'aws sso login')
      : ok(`they are good for ${minutes} min`)
  },
}

export const credentialChecks: readonly AnyCheck[] = [callerCheck, lifetimeCheck]
