import type * as sdk from '@aws-sdk/client-ssm'
import { AwsError } from '../wire/error.ts'
import type { Handlers, ServiceDefinition } from '../wire/service.ts'

const ssmOperations = {
  ResumeSession({ SessionId = '' }, { region }) {
    const session = region.hooks.channel?.resume(SessionId)
    if (session === undefined)
      throw new AwsError('DoesNotExistException', `Session ${SessionId} does not exist or has ended.`)
    return { SessionId, StreamUrl: session.streamUrl, TokenValue: session.tokenValue }
  },

  TerminateSession({ SessionId = '' }, { region }) {
    region.hooks.channel?.terminate(SessionId)
    return { SessionId }
  },
} satisfies Handlers<typeof sdk>

export const ssm = {
  signingName: 'ssm',
  load: () => import('@aws-sdk/client-ssm'),
  client: 'SSMClient',
  missingMember: 'ValidationException',
  operations: ssmOperations,
} satisfies ServiceDefinition
