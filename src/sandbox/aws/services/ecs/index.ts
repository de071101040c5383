import type { ServiceDefinition } from '../../wire/service.ts'
import { clusterOperations } from './clusters.ts'
import { definitionOperations } from './definitions.ts'
import { execOperations } from './exec.ts'
import { serviceOperations } from './services.ts'
import { tagOperations } from './tags.ts'
import { taskOperations } from './tasks.ts'

const ecsOperations = {
  ...clusterOperations,
  ...definitionOperations,
  ...serviceOperations,
  ...taskOperations,
  ...execOperations,
  ...tagOperations,
}

export const ecs = {
  signingName: 'ecs',
  load: () => import('@aws-sdk/client-ecs'),
  client: 'ECSClient',
  missingMember: 'InvalidParameterException',
  operations: ecsOperations,
} satisfies ServiceDefinition
