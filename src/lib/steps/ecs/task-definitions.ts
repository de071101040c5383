import type { ContainerDefinition, RegisterTaskDefinitionRequest, TaskDefinition } from '@aws-sdk/client-ecs'
import { assetNames, jsonAsset } from '../../assets.ts'
import type { NewTaskDefinition, TaskDefinitionWithTags } from '../../aws/ecs.ts'
import { clusterTags, isOurs } from '../../aws/ownership.ts'
import { tagsOf } from '../../aws/tags.ts'
import { familyName, logGroupName, ZTUNNEL_CONTAINER } from '../../config/names.ts'
import type { EcsClusterSettings, EcsServiceSettings, Settings } from '../../config/settings.ts'
import { Exit, Failure } from '../../engine/failure.ts'

export interface TaskRoles {
  readonly task: string
  readonly execution: string
}

/**
 * The task definition of a service, from its file under assets/task-definitions.
 *
 * @throws Failure `UNKNOWN_TASK_DEFINITION` (exit 2)
 */
export function wantedDefinition(
  desired: Settings,
  { name: ecsCluster, serviceAccount }: EcsClusterSettings,
  { name: service, taskDefinition }: EcsServiceSettings,
  roles: TaskRoles,
): NewTaskDefinition {
  const known = assetNames('task-definitions').map(file => file.replace(/\.json$/, ''))
  if (!known.includes(taskDefinition)) throw unknownDefinition(taskDefinition, known)
  const { tags, ...definition } = jsonAsset(`task-definitions/${taskDefinition}.json`, {
    family: familyName(ecsCluster, service),
    taskRoleArn: roles.task,
    executionRoleArn: roles.execution,
    logGroup: logGroupName(ecsCluster),
    region: desired.region,
    serviceAccount,
    shellImage: desired.images.shell,
    echoImage: desired.images.echo,
  }) as unknown as RegisterTaskDefinitionRequest
  return { ...definition, tags: { ...tagsOf(tags), ...clusterTags(desired) } }
}

const unknownDefinition = (name: string, known: readonly string[]): Failure =>
  new Failure({
    code: 'UNKNOWN_TASK_DEFINITION',
    exit: Exit.usage,
    message: `There is no task definition "${name}".`,
    suggestions: [`Task definitions: ${known.join(', ')}`],
  })

/** Enrolment registers a revision of the same family with the mesh's proxy in it. */
export const isEnrolled = ({ containerDefinitions }: Pick<TaskDefinition, 'containerDefinitions'>): boolean =>
  (containerDefinitions ?? []).some(({ name }) => name === ZTUNNEL_CONTAINER)

/** A revision of one of our families that we registered, or that enrolment did for us. */
export const isOurRevision = ({ taskDefinition, tags }: TaskDefinitionWithTags, desired: Settings): boolean =>
  isOurs(tags, desired) || isEnrolled(taskDefinition)

/** A revision that a service of ours can be made to run: registered by us, without the mesh's proxy, as wanted. */
export function isReusable(seen: TaskDefinitionWithTags, wanted: NewTaskDefinition, desired: Settings): boolean {
  const { taskDefinition, tags } = seen
  const ours = taskDefinition.status === 'ACTIVE' && isOurs(tags, desired) && !isEnrolled(taskDefinition)
  return ours && definitionDifferences(seen, wanted).length === 0
}

/**
 * How a revision differs from the wanted one, as phrases. Of an enrolled revision only our own containers are looked at,
 * and only what we ask of them: the rest is enrolment's.
 */
export function definitionDifferences(seen: TaskDefinitionWithTags, wanted: NewTaskDefinition): readonly string[] {
  const enrolled = isEnrolled(seen.taskDefinition)
  const want = enrolled ? containerAspects(wanted) : allAspects(wanted)
  const have = enrolled
    ? containerAspects(seen.taskDefinition)
    : allAspects({ ...seen.taskDefinition, tags: seen.tags })
  const aspects = enrolled ? want.keys() : new Set([...want.keys(), ...have.keys()])
  return [...aspects].flatMap(aspect => {
    const [a, b] = [have.get(aspect), want.get(aspect)]
    if (a === b) return []
    // What somebody else put into a variable may be a secret.
    if (aspect.includes('variable')) return [`${aspect} differs`]
    return [`${aspect} is ${a ?? 'not set'}, want ${b ?? 'not set'}`]
  })
}

/** What a definition says, flattened, in one form for what we ask and for what ECS answers with its defaults. */
type Aspects = Map<string, string>

interface Definition extends Pick<TaskDefinition, 'containerDefinitions' | 'cpu' | 'memory' | 'taskRoleArn'> {
  readonly networkMode?: string | undefined
  readonly executionRoleArn?: string | undefined
  readonly tags: Readonly<Record<string, string>>
}

function allAspects({
  containerDefinitions,
  cpu,
  memory,
  networkMode,
  taskRoleArn,
  executionRoleArn,
  tags,
}: Definition) {
  return new Map([
    ...aspects('', {
      cpu,
      memory,
      'network mode': networkMode,
      'task role': taskRoleArn,
      'execution role': executionRoleArn,
    }),
    ...Object.entries(tags).map(([key, value]) => [`tag ${key}`, value] as const),
    ...containerAspects({ containerDefinitions }),
  ])
}

function containerAspects({ containerDefinitions = [] }: Pick<TaskDefinition, 'containerDefinitions'>): Aspects {
  return new Map(containerDefinitions.flatMap(container => [...oneContainer(container)]))
}

function oneContainer(container: ContainerDefinition): Aspects {
  const { name, logConfiguration, environment = [], portMappings = [], linuxParameters, dependsOn = [] } = container
  return aspects(`${name} `, {
    image: container.image,
    essential: String(container.essential ?? true),
    'entry point': list(container.entryPoint),
    command: list(container.command),
    'health check': list(container.healthCheck?.command),
    'init process': linuxParameters?.initProcessEnabled ? 'on' : undefined,
    'log driver': logConfiguration?.logDriver,
    ...named('log option', Object.entries(logConfiguration?.options ?? {})),
    ...named(
      'variable',
      environment.map(variable => [variable.name, variable.value]),
    ),
    ...named(
      'port',
      portMappings.map(port => [`${port.containerPort}/${port.protocol ?? 'tcp'}`, 'open']),
    ),
    ...named(
      'dependency on',
      dependsOn
        .filter(({ containerName }) => containerName !== ZTUNNEL_CONTAINER)
        .map(({ containerName, condition }) => [containerName, condition]),
    ),
  })
}

const list = (words: readonly string[] | undefined): string | undefined =>
  words && words.length > 0 ? JSON.stringify(words) : undefined

const named = (kind: string, entries: readonly (readonly [string | undefined, string | undefined])[]) =>
  Object.fromEntries(entries.map(([name, value]) => [`${kind} ${name}`, value]))

function aspects(prefix: string, values: Readonly<Record<string, string | undefined>>): Aspects {
  const set = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[`${prefix}${name}`, value] as const],
  )
  return new Map(set)
}
