import type { SandboxClock } from '../clock.ts'
import type { CloudEmitter } from './events.ts'
import type { Hooks } from './hooks.ts'
import { type CloudFormationState, createCloudFormationState } from './services/cloudformation/state.ts'
import { createEc2State, type Ec2State } from './services/ec2/state.ts'
import { createEcsState, type EcsState } from './services/ecs/state.ts'
import { createEksState, type EksState } from './services/eks/state.ts'
import { createElbState, type ElbState } from './services/elb/state.ts'
import type { IamState } from './services/iam/state.ts'
import { createKmsState, type KmsState } from './services/kms.ts'
import { createLogsState, type LogsState } from './services/logs/state.ts'
import { createQuotasState, type QuotasState } from './services/quotas.ts'
import type { StsState } from './services/sts.ts'

/** What all regions of the account share. */
export interface Account {
  readonly account: string
  readonly clock: SandboxClock
  readonly events: CloudEmitter
  readonly hooks: Hooks
  readonly iam: IamState
  readonly sts: StsState
}

/** One region of the account: all that its services know. IAM is the same in every region. */
export interface Region extends Account {
  readonly name: string
  readonly partition: string
  readonly ec2: Ec2State
  readonly eks: EksState
  readonly ecs: EcsState
  readonly logs: LogsState
  readonly elb: ElbState
  readonly cloudformation: CloudFormationState
  readonly kms: KmsState
  readonly quotas: QuotasState
  /** What was answered to requests with an idempotency token, by operation and token. */
  readonly answers: Map<string, unknown>
}

export function createRegion(name: string, account: Account): Region {
  return {
    ...account,
    name,
    partition: partitionOf(name),
    ec2: createEc2State(name),
    eks: createEksState(),
    ecs: createEcsState(),
    logs: createLogsState(),
    elb: createElbState(),
    cloudformation: createCloudFormationState(),
    kms: createKmsState(),
    quotas: createQuotasState(),
    answers: new Map(),
  }
}

export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  if (region.startsWith('us-gov-')) return 'aws-us-gov'
  return 'aws'
}
