import type * as sdk from '@aws-sdk/client-cloudwatch-logs'
import type { ServiceDefinition } from '../../wire/service.ts'
import { eventOperations } from './events.ts'
import { groupOperations } from './groups.ts'

const logsOperations = { ...groupOperations, ...eventOperations }

export const logs = {
  signingName: 'logs',
  load: (): Promise<typeof sdk> => import('@aws-sdk/client-cloudwatch-logs'),
  client: 'CloudWatchLogsClient',
  missingMember: 'InvalidParameterException',
  operations: logsOperations,
} satisfies ServiceDefinition
