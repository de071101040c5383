import type { Cluster, ContainerDefinition, Task } from '@aws-sdk/client-ecs'
import type { EvaluationResult } from '@aws-sdk/client-iam'
import type { Need } from '../actions.ts'
import { type AnyCheck, type Check, failed, type Judgement, judgeAll, ok, some, warning } from '../check.ts'
import type { RunningTask } from '../facts/ecs.ts'
import { judgeRights, type Rights, rightsTo } from './rights.ts'
import { serviceWays, type WaySeen, waysOf } from './ways.ts'

const AGENT = 'ExecuteCommandAgent'

type Code = `EA14${number}`

/** A judgement of each running task; one line for all of them. */
const ofTasks = (
  code: Code,
  title: string,
  judgeTask: (task: RunningTask) => Judgement,
  fine: string,
): Check<readonly RunningTask[]> => ({
  code,
  area: 'ecs-exec',
  title,
  when: 'after',
  read: ({ ecs }) => ecs.tasks(),
  judge: tasks => judgeAll(tasks.map(judgeTask), `${fine}: ${tasks.length} tasks`),
})

/** The same of each container of their task definitions. */
const ofContainers = (
  code: Code,
  title: string,
  judgeContainer: (container: ContainerDefinition, name: string) => Judgement,
  fine: string,
) =>
  ofTasks(
    code,
    title,
    ({ label, definition }) =>
      judgeAll(
        (definition?.containerDefinitions ?? []).map(one => judgeContainer(one, `${label}/${one.name}`)),
        fine,
      ),
    fine,
  )

const DEPLOY = 'ecs-ambient ecs deploy'
const REVISE = 'Change it in the task definition, then: ecs-ambient ecs deploy'

export const clusterConfiguration: Check<readonly Cluster[]> = {
  code: 'EA1451',
  area: 'ecs-exec',
  title: "The clusters' logging of sessions is complete",
  when: 'after',
  read: ({ ecs }) => ecs.clusters(),
  judge: clusters => {
    if (clusters.length === 0) return failed('there is no ECS cluster', DEPLOY)
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

export interface ServicesSeen {
  /** What the configuration says. */
  readonly wanted: readonly string[]
  readonly services: readonly {
    readonly name: string
    readonly desired: number
    readonly running: number
    /** The newest thing that the service said. */
    readonly event: string | undefined
  }[]
}

export const tasksRunning: Check<ServicesSeen> = {
  code: 'EA1453',
  area: 'ecs-exec',
  title: 'The services have their tasks running',
  when: 'after',
  read: async ({ settings, ecs }) => ({
    wanted: settings.ecsClusters.flatMap(({ services }) => services.map(({ name }) => name)),
    services: (await ecs.found()).map(({ name, service }) => ({
      name,
      desired: service.desiredCount ?? 0,
      running: service.runningCount ?? 0,
      event: service.events?.[0]?.message,
    })),
  }),
  judge: ({ wanted, services }) => {
    const missing = wanted.filter(name => !services.some(service => service.name === name))
    if (missing.length > 0) return failed(`there is no ECS service ${some(missing)}`, DEPLOY)
    const lagging = services.filter(({ desired, running }) => running < desired || desired === 0)
    const [first] = lagging
    if (first === undefined) return ok(`${services.reduce((sum, { running }) => sum + running, 0)} tasks`)
    const counts = lagging.map(({ name, desired, running }) => `${name}: ${running} of ${desired}`)
    return failed([some(counts), first.event].filter(Boolean).join('; '), DEPLOY)
  },
}

const PLATFORM = [1, 4] as const

export const platform = ofTasks(
  'EA1454',
  'The tasks run on a platform that has ECS Exec',
  ({ label, task: { launchType, platformVersion = '' } }) => {
    // On EC2 the version is that of the instance's agent; a task whose agent runs has a new enough one.
    if (launchType === 'EC2') return ok(label)
    const [major = 0, minor = 0] = platformVersion.split('.').map(Number)
    const enough = major > PLATFORM[0] || (major === PLATFORM[0] && minor >= PLATFORM[1])
    return enough
      ? ok(label)
      : failed(
          `${label} is on Fargate ${platformVersion || 'of no known version'}`,
          'Set platformVersion LATEST: aws ecs update-service … --platform-version LATEST',
        )
  },
  'Fargate 1.4.0 or newer',
)

export const enabled = ofTasks(
  'EA1455',
  'The tasks were started with ECS Exec',
  ({ label, task }) => (task.enableExecuteCommand ? ok(label) : failed(`${label} was started without`, DEPLOY)),
  'enabled',
)

export const agents = ofTasks(
  'EA1456',
  "ECS Exec's agent runs in every container",
  ({ label, task }) =>
    judgeAll(
      (task.containers ?? []).map(one => judgeAgent(one, `${label}/${one.name}`)),
      label,
    ),
  'running',
)

function judgeAgent({ managedAgents = [] }: NonNullable<Task['containers']>[number], name: string): Judgement {
  const agent = managedAgents.find(one => one.name === AGENT)
  if (agent?.lastStatus === 'RUNNING') return ok(name)
  const why = [`${name}: ${agent?.lastStatus ?? 'none'}`, agent?.reason].filter(Boolean).join(': ')
  return agent?.lastStatus === 'PENDING' || agent?.lastStatus === 'PENDING_ACTIVATION'
    ? warning(why, 'ecs-ambient doctor --wait --only EA1456')
    : failed(why, 'Stop the task; its service starts another: aws ecs stop-task …')
}

export const initProcess = ofContainers(
  'EA1457',
  'An init process reaps what sessions leave',
  ({ linuxParameters, name: container }, name) =>
    // The mesh's proxy is its own init, and nobody opens sessions into it but to look.
    linuxParameters?.initProcessEnabled || container === 'ztunnel'
      ? ok(name)
      : warning(`${name} has no init process: ended sessions stay as zombies`, `initProcessEnabled: ${REVISE}`),
  'initProcessEnabled',
)

export const writableRoot = ofContainers(
  'EA1458',
  'The agent can write in every container',
  ({ readonlyRootFilesystem }, name) =>
    readonlyRootFilesystem
      ? failed(`${name} has a read-only root file system`, `readonlyRootFilesystem: ${REVISE}`)
      : ok(name),
  'writable',
)

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
    if (without.length > 0) return failed(`without a task role: ${some(without)}`, REVISE)
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

const KEY = /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|ACCESS_KEY)$/

export const noKeys = ofContainers(
  'EA1461',
  "No container's environment has AWS keys",
  ({ environment = [], secrets = [] }, name) => {
    const keys = [...environment, ...secrets].flatMap(variable => variable.name ?? []).filter(key => KEY.test(key))
    return keys.length === 0
      ? ok(name)
      : failed(`${name} has ${keys.join(', ')}: the agent would use them instead of the task role`, REVISE)
  },
  'none',
)

export const pidMode = ofTasks(
  'EA1462',
  'Containers have process trees of their own',
  ({ label, definition }) =>
    definition?.pidMode === undefined
      ? ok(label)
      : failed(
          `${label} has pidMode ${definition.pidMode}: only one of its containers can have a session`,
          `pidMode: ${REVISE}`,
        ),
  'no pidMode',
)

export const ecsExecChecks: readonly AnyCheck[] = [
  clusterConfiguration,
  callerRights,
  tasksRunning,
  platform,
  enabled,
  agents,
  initProcess,
  writableRoot,
  taskRole,
  sessionWay,
  noKeys,
  pidMode,
]
