import { callerCheck, lifetimeCheck } from '../../../../src/lib/doctor/checks/credentials.ts'
import { Failure } from '../../../../src/lib/engine/failure.ts'
import { judged, ROLE } from './support.ts'

const noCredentials = new Failure({
  code: 'CREDENTIALS_MISSING',
  message: 'No AWS credentials were found.',
  suggestions: ['aws sso login'],
})

describe('doctor: credentials', () => {
  judged([
    [
      callerCheck,
      [
        [noCredentials, 'failed', /No AWS credentials/, /aws sso login/],
        [{ account: '1', arn: 'arn:aws:iam::1:root', partition: 'aws' }, 'warning', /root user/],
        [{ account: '1', arn: ROLE, partition: 'aws' }, 'ok', /someone in account 1/],
      ],
    ],
    [
      lifetimeCheck,
      [
        [{ expiration: new Date(600_000), now: 0 }, 'warning', /expire in 10 min/, /sso login/],
        [{ expiration: new Date(-600_000), now: 0 }, 'warning', /expire in 0 min/],
        [{ expiration: new Date(3_600_000), now: 0 }, 'ok', /60 min/],
        [{ expiration: undefined, now: 0 }, 'ok', /do not expire/],
      ],
    ],
  ])
})
