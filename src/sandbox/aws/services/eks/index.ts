import type { ServiceDefinition } from '../../wire/service.ts'
import { addonOperations } from './addons.ts'
import { clusterOperations } from './clusters.ts'
import { identityOperations } from './identities.ts'
import { nodeGroupOperations } from './node-groups.ts'

const eksOperations = {
  ...clusterOperations,
  ...addonOperations,
  ...identityOperations,
  ...nodeGroupOperations,
}

export const eks = {
  signingName: 'eks',
  load: () => import('@aws-sdk/client-eks'),
  client: 'EKSClient',
  missingMember: 'InvalidParameterException',
  operations: eksOperations,
} satisfies ServiceDefinition
