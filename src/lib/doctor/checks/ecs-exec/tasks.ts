import type { Container, ContainerDefinition } from '@aws-sdk/client-ecs'
import { type Check, counted, failed, type Judgement, judgeAll, ok, warning } from '../../check.ts'
import type { RunningTask } from '../../facts/ecs.ts'

const AGENT = 'ExecuteCommandAgent'

/** A judgement of each running task; one line for all of them. */
const ofTasks = (
  code: string,
  title: string,
  judgeTask: (task: RunningTask) => Judgement,
  fine: string,
): Check<readonly RunningTask[]> => ({
  code,
  area: 'ecs-exec',
  title,
  when: 'after',
  read: ({ ecs }) => ecs.tasks(),
  judge: tasks => judgeAll(tasks.map(judgeTask), `${fine}: ${counted(tasks.length, 'task')}`),
})

/** The same of each container of their task definitions. */
const ofContainers = (
  code: string,
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

const PLATFORM = [1, 4] as const

export const platform = ofTasks(
  'EA1454',
  'The tasks run on a platform that has ECS Exec',
  ({ label, service, task: { launchType, platformVersion = '', clusterArn } }) => {
    // On EC2 the version is that of the instance's agent; a task whose agent runs has a new enough one.
    if (launchType === 'EC2') return ok(label)
    const [major = 0, minor = 0] = platformVersion.split('.').map(Number)
    const enough = major > PLATFORM[0] || (major === PLATFORM[0] && minor >= PLATFORM[1])
    return enough
      ? ok(label)
      : failed(
          `${label} is on Fargate ${platformVersion || 'of no known version'}`,
          `aws ecs update-service --cluster ${clusterArn} --service ${service} --platform-version LATEST --force-new-deployment`,
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
  ({ label, task: { containers = [], clusterArn, taskArn } }) => {
    // Its service starts another.
    const stop = `aws ecs stop-task --cluster ${clusterArn} --task ${taskArn}`
    return judgeAll(
      containers.map(container => judgeAgent(container, `${label}/${container.name}`, stop)),
      label,
    )
  },
  'running',
)

function judgeAgent({ managedAgents = [] }: Container, name: string, stop: string): Judgement {
  const agent = managedAgents.find(one => one.name === AGENT)
  if (agent?.lastStatus === 'RUNNING') return ok(name)
  const why = [`${name}: ${agent?.lastStatus ?? 'none'}`, agent?.reason].filter(Boolean).join(': ')
  return agent?.lastStatus === 'PENDING' ? warning(why, 'ecs-ambient doctor --wait --only EA1456') : failed(why, stop)
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
