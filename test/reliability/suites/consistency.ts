import type { Call, Fault } from '../../../src/sandbox/calls.ts'
import { casesSuite } from '../support/cases.ts'
import { expectConverged } from '../support/expect.ts'
import { type Command, inWorld } from '../support/world.ts'

/** An answer that is right for a moment after something was made, and wrong soon. */
interface Late {
  readonly command: Command
  readonly call: RegExp
  readonly code: string
  readonly status: number
  readonly message: string
  /** It is waited for where the user sees it; what the client itself repeats is not. */
  readonly visible: boolean
}

const late = (command: Command, call: RegExp, code: string, message: string, status = 400, visible = true): Late => ({
  command,
  call,
  code,
  status,
  message,
  visible,
})

const CASES: Readonly<Record<string, Late>> = {
  'ECS can not assume a new role yet': late(
    'up',
    /^ecs RegisterTaskDefinition .*shell/,
    'ClientException',
    'ECS was unable to assume the role that was provided for this task.',
  ),
  'a new role is an invalid parameter yet': late(
    'up',
    /^ecs CreateService shell-task/,
    'InvalidParameterException',
    'Unable to assume role and validate the specified targetGroupArn. Please verify that the ECS service role being passed has the proper permissions. Role is not valid',
  ),
  'the service-linked role is missing': late(
    'up',
    /^ecs CreateService echo-service/,
    'InvalidParameterException',
    'Unable to assume the service linked role. Please verify that the ECS service linked role exists.',
  ),
  'ECS does not know its new cluster yet': late(
    'up',
    /^ecs CreateService echo-service/,
    'ClusterNotFoundException',
    'Cluster not found.',
  ),
  'ECS does not know the new security group yet': late(
    'up',
    /^ecs CreateService shell-task/,
    'InvalidParameterException',
    'The security group sg-0123456789abcdef0 does not exist',
  ),
  'EC2 does not know the new security group yet': late(
    'up',
    /^ec2 AuthorizeSecurityGroupIngress/,
    'InvalidGroup.NotFound',
    "The security group 'sg-0123456789abcdef0' does not exist",
  ),
  'IAM does not know the new role yet': late(
    'up',
    /^iam AttachRolePolicy eks-ecs-task-role/,
    'NoSuchEntity',
    'The role with name eks-ecs-task-role cannot be found.',
    404,
  ),
  'IAM is changing the same thing': late(
    'cleanup',
    /^iam UntagRole/,
    'ConcurrentModification',
    'Another request is changing the role.',
    409,
  ),
  'IAM still sees a policy attached': late(
    'cleanup',
    /^iam DeleteRole/,
    'DeleteConflict',
    'Cannot delete entity, must detach all policies first.',
    409,
  ),
  'a network interface is still being detached': late(
    'cleanup',
    /^ec2 DeleteSecurityGroup/,
    'DependencyViolation',
    'resource sg-0123456789abcdef0 has a dependent object',
  ),
  'the ECS cluster still holds tasks': late(
    'cleanup',
    /^ecs DeleteCluster/,
    'ClusterContainsTasksException',
    'The Cluster cannot be deleted while Tasks are active.',
  ),
  'somebody else has just changed an object': late(
    'up',
    /^core PATCH .*serviceaccounts\/demo/,
    'Conflict',
    'Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again',
    409,
    false,
  ),
}

const TIMES = 3

/** AWS and Kubernetes answer a few times as they do before everybody knows of what was made just now. */
export const consistency = casesSuite(
  'consistency',
  4,
  Object.fromEntries(
    Object.entries(CASES).map(([name, { command, call: wanted, code, status, message, visible }]) => [
      name,
      undisturbed =>
        inWorld(async world => {
          if (command === 'cleanup') await world.must('up')
          let left = TIMES
          world.decide((key: string, _: Call): Fault | undefined => {
            if (left === 0 || !wanted.test(key)) return undefined
            left -= 1
            return { kind: 'error', when: 'before', code, status, message }
          })
          const { events } = await world.must(command)
          world.calm()
          if (left > 0) throw new Error(`it was met only ${TIMES - left} times`)
          const told = events.some(event => event.code === 'waiting' && event.last?.includes(message.slice(0, 20)))
          if (visible && !told) throw new Error('nobody was told what is waited for')
          await expectConverged(world, command, undisturbed)
          return { 'late answers absorbed': TIMES }
        }),
    ]),
  ),
)
