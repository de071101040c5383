import type { Cluster } from '@aws-sdk/client-ecs'
import type { EvaluationResult } from '@aws-sdk/client-iam'
import type { Need } from '../../actions.ts'
import { type Check, failed, type Judgement, judgeAll, ok, some } from '../../check.ts'
import type { RunningTask } from '../../facts/ecs.ts'
import { judgeRights, type Rights, rightsTo } from '../rights.ts'
import { serviceWays, type WaySeen, waysOf } from '../ways.ts'

export const clusterConfiguration: Check<readonly Cluster[]> = {
  code: 'EA1451',
  area: 'ecs-exec',
  title: "The clusters' logging of sessions is complete",
  when: 'after',
  read: ({ ecs }) => ecs.clusters(),
  judge: clusters => {
    if (clusters.length === 0) return failed('there is no ECS cluster', 'ecs-ambient ecs deploy')
    return judgeAll(clusters.map(judgeLogging), clusters.map(logging).join(', '))
  },
}

const logging = ({ clusterName, configuration }: Cluster): string => {
  const { logging = 'DEFAULT', kmsKeyId } = configuration?.executeCommandConfiguration ?? {}
  return `${clusterName}: ${logging}${kmsKeyId === undefined ? '' : `, encrypted with ${kmsKeyId}`}`
}

function judgeLogging(cluster: Cluster): Judgement {
  const { logging, logConfiguration } = cluster.configuration?.executeCommandConfiguration ?? {}
  const { cloudWatchLogGroupName, s3BucketName } = logConfiguration ?? {}
  return logging === 'OVERRIDE' && !cloudWatchLogGroupName && !s3BucketName
    ? failed(
        `${cluster.clusterName} overrides where sessions are logged, and names no place`,
        `aws ecs update-cluster --cluster ${cluster.clusterName} --configuration executeCommandConfiguration={logging=DEFAULT}`,
      )
    : ok(cluster.clusterName ?? '')
}

const keysOf = (clusters: readonly Cluster[]): readonly string[] =>
  clusters.flatMap(({ configuration }) => configuration?.executeCommandConfiguration?.kmsKeyId ?? [])

/** What the caller needs for a session. */
const sessionNeeds = (keys: readonly string[]): readonly Need[] => [
  {
    step: 'exec',
    on: 'anything',
    actions: [
      'ecs:ExecuteCommand',
      'ecs:DescribeTasks',
      'ssm:TerminateSession',
      'ssm:ResumeSession',
      ...(keys.length > 0 ? ['kms:GenerateDataKey'] : []),
    ],
  },
]

export const callerRights: Check<Rights> = {
  code: 'EA1452',
  area: 'ecs-exec',
  title: 'The caller may open sessions',
  when: 'after',
  read: async facts => rightsTo(sessionNeeds(keysOf(await facts.ecs.clusters())), facts),
  judge: judgeRights,
}

export interface TaskRoleSeen {
  readonly tasks: readonly RunningTask[]
  /** By the role's ARN. */
  readonly results: Readonly<Record<string, readonly EvaluationResult[]>>
}

/** What the agent does with the task's role. */
function agentActions(clusters: readonly Cluster[]): readonly string[] {
  const configurations = clusters.flatMap(({ configuration }) => configuration?.executeCommandConfiguration ?? [])
  const places = configurations.flatMap(
    ({ logging, logConfiguration }) => (logging === 'OVERRIDE' && logConfiguration) || [],
  )
  return [
    ...['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel'].map(
      action => `ssmmessages:${action}`,
    ),
    ...(keysOf(clusters).length > 0 ? ['kms:Decrypt'] : []),
    ...(places.some(({ s3BucketName }) => s3BucketName) ? ['s3:PutObject', 's3:GetEncryptionConfiguration'] : []),
    ...(places.some(({ cloudWatchLogGroupName }) => cloudWatchLogGroupName)
      ? ['logs:DescribeLogGroups', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents']
      : []),
  ]
}

export const taskRole: Check<TaskRoleSeen> = {
  code: 'EA1459',
  area: 'ecs-exec',
  title: 'The task roles may talk to Session Manager',
  when: 'after',
  read: async ({ account, ecs }) => {
    const [tasks, clusters] = await Promise.all([ecs.tasks(), ecs.clusters()])
    const roles = new Set(tasks.flatMap(({ definition }) => definition?.taskRoleArn ?? []))
    const actions = agentActions(clusters)
    const results = [...roles].map(async role => [role, await account.simulate(role, actions)] as const)
    return { tasks, results: Object.fromEntries(await Promise.all(results)) }
  },
  judge: ({ tasks, results }) => {
    const without = tasks.filter(({ definition }) => definition?.taskRoleArn === undefined).map(({ label }) => label)
    if (without.length > 0)
      return failed(
        `without a task role: ${some(without)}`,
        'Name one in the task definition, then: ecs-ambient ecs deploy',
      )
    const judgements = Object.entries(results).map(([role, ofRole]) => {
      const refused = ofRole.filter(({ EvalDecision }) => EvalDecision !== 'allowed')
      return refused.length === 0
        ? ok(role)
        : failed(
            `${role} is not allowed: ${refused.map(({ EvalActionName }) => EvalActionName).join(', ')}`,
            'ecs-ambient iam ensure',
          )
    })
    return judgeAll(judgements, some(Object.keys(results)))
  },
}

export const sessionWay: Check<WaySeen> = {
  code: 'EA1460',
  area: 'ecs-exec',
  title: 'The tasks can reach Session Manager',
  when: 'after',
  read: serviceWays,
  judge: seen => {
    const shut = waysOf(seen).filter(({ out, services }) => !out && !services.has('ssmmessages'))
    return shut.length === 0
      ? ok('ssmmessages, by the internet or an endpoint')
      : failed(
          `no way from ${some(shut.map(({ subnet }) => subnet))}`,
          `aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id ${seen.vpcId} --service-name com.amazonaws.${seen.region}.ssmmessages`,
        )
  },
}
