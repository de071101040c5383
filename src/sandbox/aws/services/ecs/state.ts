import type {
  Container,
  DeploymentConfiguration,
  DeploymentRolloutState,
  ExecuteCommandConfiguration,
  NetworkConfiguration,
  ServiceEvent,
  TaskDefinition,
} from '@aws-sdk/client-ecs'
import type { Tags } from '../../tags.ts'
import type { NetworkInterface } from '../ec2/state.ts'

export interface EcsCluster {
  readonly arn: string
  readonly name: string
  status: 'ACTIVE' | 'INACTIVE'
  readonly tags: Tags
  settings: { name?: 'containerInsights' | undefined; value?: string | undefined }[]
  executeCommand: ExecuteCommandConfiguration | undefined
  capacityProviders: string[]
  readonly services: Map<string, Service>
  /** By id, the last part of the ARN. */
  readonly tasks: Map<string, Task>
}

/** One revision of a family. */
export interface Definition {
  /** As DescribeTaskDefinition shows it. */
  shown: TaskDefinition & { taskDefinitionArn: string; family: string; revision: number }
  readonly tags: Tags
}

export interface Deployment {
  /** `ecs-svc/` and nineteen digits. */
  readonly id: string
  status: 'PRIMARY' | 'ACTIVE'
  readonly definition: string
  readonly network: NetworkConfiguration | undefined
  readonly platformVersion: string
  readonly created: Date
  updated: Date
  rollout: DeploymentRolloutState
  reason: string
  /** Tasks that did not come to run, one after the other. */
  failed: number
  /** Milliseconds of the clock before which no further task is started. */
  notBefore: number
}

export interface Service {
  readonly arn: string
  readonly name: string
  readonly cluster: EcsCluster
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'
  desired: number
  /** The newest first; the first is the primary one. */
  deployments: Deployment[]
  network: NetworkConfiguration | undefined
  /** The newest first. */
  events: ServiceEvent[]
  readonly tags: Tags
  readonly created: Date
  readonly clientToken: string | undefined
  configuration: DeploymentConfiguration
  executeCommand: boolean
  propagateTags: 'TASK_DEFINITION' | 'SERVICE' | 'NONE'
  platformVersion: string
  /** Whether it has said that it is steady, and nothing happened since. */
  steady: boolean
  /** Calls off the pending announcement that it is steady. */
  settling: (() => void) | undefined
}

export interface Task {
  readonly arn: string
  readonly id: string
  readonly cluster: EcsCluster
  readonly definition: Definition
  /** `service:echo-service`, or `family:…`. */
  readonly group: string
  readonly startedBy: string | undefined
  readonly service: Service | undefined
  readonly network: NetworkConfiguration | undefined
  readonly executeCommand: boolean
  readonly platformVersion: string
  readonly tags: Tags
  containers: Container[]
  lastStatus:
    | 'PROVISIONING'
    | 'PENDING'
    | 'ACTIVATING'
    | 'RUNNING'
    | 'DEACTIVATING'
    | 'STOPPING'
    | 'DEPROVISIONING'
    | 'STOPPED'
  desiredStatus: 'RUNNING' | 'STOPPED'
  /** Of its network interface. */
  readonly attachmentId: string
  /** Undefined before it is attached. The interface outlives the task by some seconds. */
  networkInterface: NetworkInterface | undefined
  stopCode: StopCode | undefined
  stoppedReason: string | undefined
  version: number
  readonly times: Partial<Record<TaskTime, Date>>
  /** Tells the scheduler that the status is another one. */
  readonly changed: () => void
}

export type StopCode = 'TaskFailedToStart' | 'EssentialContainerExited' | 'UserInitiated' | 'ServiceSchedulerInitiated'
type TaskTime =
  | 'createdAt'
  | 'connectivityAt'
  | 'pullStartedAt'
  | 'pullStoppedAt'
  | 'startedAt'
  | 'stoppingAt'
  | 'executionStoppedAt'
  | 'stoppedAt'

/** ECS of one region. */
export interface EcsState {
  readonly clusters: Map<string, EcsCluster>
  /** The revisions of each family, the oldest first. */
  readonly families: Map<string, Definition[]>
  /** The last revision number of each family; no number is given twice. */
  readonly revisionCounts: Map<string, number>
  readonly accountSettings: Map<string, string>
  /** Images that can't be pulled; a test adds some. */
  readonly badImages: Set<string>
  /** The exit code with which an image's containers end as soon as they run; a test adds some. */
  readonly exitCodes: Map<string, number>
}

export const createEcsState = (): EcsState => ({
  clusters: new Map(),
  families: new Map(),
  revisionCounts: new Map(),
  accountSettings: new Map(),
  badImages: new Set(),
  exitCodes: new Map(),
})
