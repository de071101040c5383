import type { ServiceDefinition } from '../../wire/service.ts'
import { endpointOperations } from './endpoints.ts'
import { gatewayOperations } from './gateways.ts'
import { groupOperations } from './groups.ts'
import { interfaceOperations } from './interfaces.ts'
import { readOperations } from './reads.ts'
import { ruleOperations } from './rules.ts'
import { tagOperations } from './tags.ts'
import { volumeOperations } from './volumes.ts'
import { vpcOperations } from './vpcs.ts'

const ec2Operations = {
  ...vpcOperations,
  ...gatewayOperations,
  ...endpointOperations,
  ...groupOperations,
  ...ruleOperations,
  ...interfaceOperations,
  ...tagOperations,
  ...readOperations,
  ...volumeOperations,
}

export const ec2 = {
  signingName: 'ec2',
  load: () => import('@aws-sdk/client-ec2'),
  client: 'EC2Client',
  missingMember: 'MissingParameter',
  operations: ec2Operations,
} satisfies ServiceDefinition
