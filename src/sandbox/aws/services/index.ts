import type { ServiceDefinition } from '../wire/service.ts'
import { cloudformation } from './cloudformation/index.ts'
import { ec2 } from './ec2/index.ts'
import { ecs } from './ecs/index.ts'
import { eks } from './eks/index.ts'
import { elb } from './elb/index.ts'
import { iam } from './iam/index.ts'
import { kms } from './kms.ts'
import { logs } from './logs/index.ts'
import { quotas } from './quotas.ts'
import { ssm } from './ssm.ts'
import { sts } from './sts.ts'

const definitions = { cloudformation, ec2, ecs, eks, elb, iam, kms, logs, quotas, ssm, sts }

export type ServiceName = keyof typeof definitions
/** The operations of each service, with their types. */
export type Services = { [S in ServiceName]: (typeof definitions)[S]['operations'] }

export const SERVICES: Readonly<Record<ServiceName, ServiceDefinition>> = definitions
