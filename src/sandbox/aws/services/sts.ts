import type * as sdk from '@aws-sdk/client-sts'
import type { Caller } from '../context.ts'
import { hex, iamId } from '../ids.ts'
import { AwsError } from '../wire/error.ts'
import type { Handlers, ServiceDefinition } from '../wire/service.ts'
import { roleByArn } from './iam/state.ts'

/** Who the temporary access keys belong to. */
export interface StsState {
  readonly sessions: Map<string, Caller>
}

export const createStsState = (): StsState => ({ sessions: new Map() })

const HOUR = 3600

const stsOperations = {
  GetCallerIdentity: (_, { region, caller }) => ({ UserId: caller.userId, Account: region.account, Arn: caller.arn }),

  AssumeRole({ RoleArn = '', RoleSessionName = '', DurationSeconds = HOUR }, { region, caller }) {
    const role = roleByArn(region.iam, RoleArn)
    if (role === undefined || region.clock.now() < role.assumableFrom)
      throw new AwsError(
        'AccessDenied',
        `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
        { status: 403 },
      )
    const arn = `arn:${region.partition}:sts::${region.account}:assumed-role/${role.name}/${RoleSessionName}`
    const accessKeyId = iamId('ASIA')
    const userId = `${role.id}:${RoleSessionName}`
    region.sts.sessions.set(accessKeyId, { accessKeyId, arn, userId })
    return {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: hex(40),
        SessionToken: hex(96),
        Expiration: new Date(region.clock.now() + DurationSeconds * 1000),
      },
      AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
    }
  },
} satisfies Handlers<typeof sdk>

export const sts = {
  signingName: 'sts',
  load: () => import('@aws-sdk/client-sts'),
  client: 'STSClient',
  missingMember: 'ValidationError',
  operations: stsOperations,
} satisfies ServiceDefinition
