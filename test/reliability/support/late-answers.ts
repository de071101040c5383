import type { Command } from './world.ts'

/** An answer that AWS or Kubernetes gives while not everybody knows yet of what was made, or unmade, just now. */
export interface LateAnswer {
  /** The name of the call, without how often it was made. */
  readonly call: RegExp
  /** The call after which it is given; before that, the same answer would mean what it says. */
  readonly after?: RegExp
  readonly code: string
  /** Default 400. */
  readonly status?: number
  readonly message: string
  /** What somebody is told who waits for it to pass; default its message. */
  readonly told?: string
}

const BUSY_IAM = { code: 'ConcurrentModification', status: 409, message: 'Another request is changing the same thing.' }
const BUSY_LOGS = { code: 'OperationAbortedException', message: 'A conflicting operation is in progress.' }
const NO_ROLE = { code: 'NoSuchEntity', status: 404, message: 'The role with that name cannot be found.' }
const NO_POLICY = { code: 'NoSuchEntity', status: 404, message: 'Policy was not found.' }
const NO_CLUSTER = { code: 'ClusterNotFoundException', message: 'Cluster not found.' }
/** Who reads what is not there yet is told so, not why. */
const READ = { told: 'not there yet' }
const STEADY = { after: /^ecs CreateService/, told: 'steady' }

/** What is known late, of each call for which that is documented. A call for which there are many gets one by one. */
export const LATE: Readonly<Record<Command, readonly LateAnswer[]>> = {
  up: [
    { call: /^iam Create(Role|Policy) /, ...BUSY_IAM },
    { call: /^iam AttachRolePolicy /, ...NO_ROLE },
    { call: /^iam AttachRolePolicy /, ...NO_POLICY },
    { call: /^iam AttachRolePolicy /, ...BUSY_IAM },
    { call: /^iam GetRole ecs-task-execution-role/, after: /^iam CreateRole ecs-task/, ...NO_ROLE, ...READ },
    { call: /^iam ListAttachedRolePolicies eks/, after: /^iam AttachRolePolicy eks/, ...NO_ROLE, ...READ },
    { call: /^iam GetPolicy /, after: /^iam AttachRolePolicy eks/, ...NO_POLICY, ...READ },
    { call: /^logs CreateLogGroup /, ...BUSY_LOGS },
    {
      call: /^ecs Create(Cluster|Service) /,
      code: 'InvalidParameterException',
      message: 'Unable to assume the service linked role. Please verify that the ECS service linked role exists.',
    },
    {
      call: /^ecs RegisterTaskDefinition /,
      code: 'ClientException',
      message: 'ECS was unable to assume the role that was provided for this task.',
    },
    {
      call: /^ecs RegisterTaskDefinition /,
      code: 'ClientException',
      message: 'Too many concurrent attempts to create a new revision of the specified family.',
    },
    { call: /^ecs CreateService /, ...NO_CLUSTER },
    {
      call: /^ecs CreateService /,
      code: 'InvalidParameterException',
      message: 'The security group sg-0123456789abcdef0 does not exist',
    },
    {
      call: /^ecs CreateService /,
      code: 'InvalidParameterException',
      message: 'Unable to assume role and validate the specified targetGroupArn. Role is not valid',
    },
    { call: /^ecs (DescribeServices|ListTasks) /, ...NO_CLUSTER, ...STEADY },
    {
      call: /^ecs ListTasks /,
      code: 'ServiceNotFoundException',
      message: 'Service not found.',
      ...STEADY,
    },
    {
      call: /^ec2 AuthorizeSecurityGroupIngress /,
      code: 'InvalidGroup.NotFound',
      message: "The security group 'sg-0123456789abcdef0' does not exist",
    },
    {
      call: /^core GET \/api\/v1\/namespaces\/kube-system$/,
      after: /^eksctl create/,
      code: 'Unauthorized',
      status: 401,
      message: 'Unauthorized',
    },
  ],
  cleanup: [
    { call: /^iam Untag(Role|Policy) /, ...BUSY_IAM },
    { call: /^iam Delete(Role|Policy) /, ...BUSY_IAM },
    {
      call: /^iam Delete(Role|Policy) /,
      code: 'DeleteConflict',
      status: 409,
      message: 'Cannot delete entity, must detach all policies first.',
    },
    { call: /^logs DeleteLogGroup /, ...BUSY_LOGS },
    {
      call: /^ec2 DeleteSecurityGroup /,
      code: 'DependencyViolation',
      message: 'resource sg-0123456789abcdef0 has a dependent object',
    },
    {
      call: /^ecs DeleteCluster /,
      code: 'ClusterContainsTasksException',
      message: 'The Cluster cannot be deleted while Tasks are active.',
    },
    {
      call: /^ecs DeleteCluster /,
      code: 'ClusterContainsServicesException',
      message: 'The Cluster cannot be deleted while Services are active.',
    },
    {
      call: /^ecs DeleteCluster /,
      code: 'UpdateInProgressException',
      message: 'The cluster already has an update in progress.',
    },
  ],
}
