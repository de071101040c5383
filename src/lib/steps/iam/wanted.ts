import { EXECUTION_ROLE, iamArn, TASK_POLICY, TASK_ROLE } from '../../config/names.ts'
import { taskPolicy, trustPolicy } from './documents.ts'

/** Where the resources are made: both are parts of their ARNs. */
export interface AccountFacts {
  readonly account: string
  readonly partition: string
}

export interface WantedRole {
  readonly name: string
  readonly arn: string
  readonly description: string
  readonly trust: string
  /** The one managed policy that it needs. */
  readonly policyArn: string
}

export interface WantedPolicy {
  readonly name: string
  readonly arn: string
  readonly description: string
  readonly document: string
}

export const wantedPolicy = ({ account, partition }: AccountFacts): WantedPolicy => ({
  name: TASK_POLICY,
  arn: iamArn(partition, account, 'policy', TASK_POLICY),
  description: 'ECS Exec and logs for tasks in the mesh',
  document: taskPolicy(partition),
})

export const wantedRoles = ({ account, partition }: AccountFacts): readonly WantedRole[] => [
  {
    name: TASK_ROLE,
    arn: iamArn(partition, account, 'role', TASK_ROLE),
    description: 'What the containers of ECS tasks in the mesh may do',
    trust: trustPolicy(account),
    policyArn: iamArn(partition, account, 'policy', TASK_POLICY),
  },
  {
    name: EXECUTION_ROLE,
    arn: iamArn(partition, account, 'role', EXECUTION_ROLE),
    description: 'What ECS itself does to start tasks in the mesh: pull images, write logs',
    trust: trustPolicy(account),
    policyArn: `arn:${partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy`,
  },
]
