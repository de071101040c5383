import type { Tags } from '../../tags.ts'

/** One resource of a stack: how it comes and how it goes. */
export interface ResourcePlan {
  readonly logicalId: string
  /** `AWS::EC2::VPC`. */
  readonly type: string
  /** Answers the physical id. @throws AwsError which fails the stack */
  create(): string | Promise<string>
  /** @throws AwsError which fails the stack's deletion */
  remove(physicalId: string): void | Promise<void>
}

export interface StackResource {
  readonly plan: ResourcePlan
  physicalId: string | undefined
  status: string
  reason: string | undefined
  updated: Date
}

export interface StackEvent {
  readonly id: string
  /** Orders the events of a stack: many have the same time. */
  readonly number: number
  readonly time: Date
  readonly logicalId: string
  readonly physicalId: string
  readonly type: string
  readonly status: string
  readonly reason: string | undefined
}

export interface Stack {
  readonly id: string
  readonly name: string
  status: string
  reason: string | undefined
  readonly created: Date
  deleted: Date | undefined
  readonly tags: Tags
  readonly resources: StackResource[]
  /** The newest first. */
  readonly events: StackEvent[]
  /** Ends when all its resources are there, or one has failed. */
  creation: Promise<void>
  /** While it is being deleted: ends when it is gone or has failed to go. */
  deletion: Promise<void> | undefined
}

/** CloudFormation of one region. */
export interface CloudFormationState {
  /** By id: a name may come again after its deletion. */
  readonly stacks: Map<string, Stack>
}

export const createCloudFormationState = (): CloudFormationState => ({ stacks: new Map() })

/** The stack of this name or id; a deleted one is found by its id only. */
export const findStack = ({ stacks }: CloudFormationState, nameOrId: string): Stack | undefined =>
  stacks.get(nameOrId) ?? [...stacks.values()].find(({ name, deleted }) => name === nameOrId && deleted === undefined)
