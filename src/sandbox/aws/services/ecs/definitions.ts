import type * as sdk from '@aws-sdk/client-ecs'
import { page } from '../../paging.ts'
import type { Region } from '../../region.ts'
import { lowerTags } from '../../tags.ts'
import type { Handlers } from '../../wire/service.ts'
import { checkDefinition } from './definition-check.ts'
import { arnOf, clientError, findDefinition, invalid } from './lookup.ts'
import type { Definition } from './state.ts'
import { checkedTags } from './tags.ts'

/** What ECS fills in where the request says nothing. */
const container = (given: sdk.ContainerDefinition): sdk.ContainerDefinition => ({
  cpu: 0,
  essential: true,
  environment: [],
  mountPoints: [],
  volumesFrom: [],
  systemControls: [],
  ...given,
  portMappings: (given.portMappings ?? []).map(port => ({
    hostPort: port.containerPort,
    protocol: 'tcp' as const,
    ...port,
  })),
})

const all = ({ ecs }: Region): Definition[] => [...ecs.families.values()].flat()

/** A key by which revision 9 comes before 10. */
const orderOf = ({ shown }: Definition): string => `${shown.family}:${String(shown.revision).padStart(9, '0')}`

/** Whether something still runs by a revision. */
function isInUse({ ecs }: Region, { shown }: Definition): boolean {
  const arn = shown.taskDefinitionArn
  return [...ecs.clusters.values()].some(
    cluster =>
      [...cluster.services.values()].some(
        service => service.status !== 'INACTIVE' && service.deployments.some(({ definition }) => definition === arn),
      ) ||
      [...cluster.tasks.values()].some(
        task => task.lastStatus !== 'STOPPED' && task.definition.shown.taskDefinitionArn === arn,
      ),
  )
}

/** Revisions that were deleted and that nothing uses any more are gone. */
function sweepDefinitions(region: Region): void {
  for (const [family, revisions] of region.ecs.families) {
    const kept = revisions.filter(
      revision => revision.shown.status !== 'DELETE_IN_PROGRESS' || isInUse(region, revision),
    )
    region.ecs.families.set(family, kept)
  }
}

export const definitionOperations = {
  RegisterTaskDefinition({ tags, ...input }, { region, caller }) {
    checkDefinition(input)
    const family = input.family ?? ''
    const revisions = region.ecs.families.get(family) ?? []
    const revision = (region.ecs.revisionCounts.get(family) ?? 0) + 1
    region.ecs.revisionCounts.set(family, revision)
    const definition: Definition = {
      shown: {
        ...input,
        family,
        revision,
        taskDefinitionArn: arnOf(region, `task-definition/${family}:${revision}`),
        containerDefinitions: (input.containerDefinitions ?? []).map(container),
        status: 'ACTIVE',
        volumes: input.volumes ?? [],
        placementConstraints: input.placementConstraints ?? [],
        compatibilities: ['EC2', 'FARGATE'],
        requiresAttributes: [{ name: 'com.amazonaws.ecs.capability.docker-remote-api.1.18' }],
        registeredAt: new Date(region.clock.now()),
        registeredBy: caller.arn,
      },
      tags: checkedTags(tags),
    }
    region.ecs.families.set(family, [...revisions, definition])
    return { taskDefinition: definition.shown, tags: lowerTags.write(definition.tags) }
  },

  DescribeTaskDefinition({ taskDefinition, include }, { region }) {
    const definition = findDefinition(region, taskDefinition ?? '')
    if (definition === undefined) throw clientError('Unable to describe task definition.')
    const tags = include?.includes('TAGS') ? { tags: lowerTags.write(definition.tags) } : {}
    return { taskDefinition: definition.shown, ...tags }
  },

  DeregisterTaskDefinition({ taskDefinition = '' }, { region }) {
    if (!taskDefinition.includes(':')) throw clientError('Invalid revision number. Number: null')
    const definition = findDefinition(region, taskDefinition)
    if (definition === undefined) throw clientError('The specified task definition does not exist.')
    if (definition.shown.status === 'DELETE_IN_PROGRESS')
      throw clientError('The specified task definition is in the process of being deleted.')
    definition.shown.status = 'INACTIVE'
    definition.shown.deregisteredAt = new Date(region.clock.now())
    return { taskDefinition: definition.shown }
  },

  DeleteTaskDefinitions({ taskDefinitions = [] }, { region }) {
    if (taskDefinitions.length > MAX_DELETED)
      throw invalid(`You can delete at most ${MAX_DELETED} task definitions in one request.`)
    const outcomes = taskDefinitions.map(reference => remove(region, reference))
    return {
      taskDefinitions: outcomes.flatMap(outcome => ('shown' in outcome ? [outcome.shown] : [])),
      failures: outcomes.flatMap(outcome => ('reason' in outcome ? [outcome] : [])),
    }
  },

  ListTaskDefinitions({ familyPrefix, status = 'ACTIVE', sort = 'ASC', maxResults = 100, nextToken }, { region }) {
    sweepDefinitions(region)
    const found = all(region).filter(
      ({ shown }) => shown.status === status && (familyPrefix === undefined || shown.family === familyPrefix),
    )
    const ordered = found.sort((a, b) => compare(orderOf(a), orderOf(b), sort))
    const { items, next } = page(ordered, {
      token: nextToken,
      size: maxResults,
      invalidToken: () => invalid('Invalid token.'),
    })
    return {
      taskDefinitionArns: items.map(({ shown }) => shown.taskDefinitionArn),
      ...(next === undefined ? {} : { nextToken: next }),
    }
  },

  ListTaskDefinitionFamilies({ familyPrefix = '', status = 'ALL', maxResults = 100, nextToken }, { region }) {
    sweepDefinitions(region)
    const families = [...region.ecs.families].filter(([family, revisions]) => {
      const isActive = revisions.some(({ shown }) => shown.status === 'ACTIVE')
      return (
        family.startsWith(familyPrefix) &&
        revisions.length > 0 &&
        (status === 'ALL' || (status === 'ACTIVE') === isActive)
      )
    })
    const { items, next } = page(families, {
      key: ([family]) => family,
      token: nextToken,
      size: maxResults,
      invalidToken: () => invalid('Invalid token.'),
    })
    return { families: items.map(([family]) => family), ...(next === undefined ? {} : { nextToken: next }) }
  },
} satisfies Handlers<typeof sdk>

const MAX_DELETED = 10

const compare = (a: string, b: string, sort: string): number => (a < b === (sort === 'ASC') ? -1 : 1)

function remove(region: Region, reference: string): { shown: sdk.TaskDefinition } | sdk.Failure {
  const definition = findDefinition(region, reference)
  if (definition === undefined) return { arn: reference, reason: 'The specified task definition does not exist.' }
  if (definition.shown.status === 'ACTIVE')
    return {
      arn: definition.shown.taskDefinitionArn,
      reason: 'The specified task definition is still in ACTIVE status. Please deregister the target and try again.',
    }
  definition.shown.status = 'DELETE_IN_PROGRESS'
  definition.shown.deleteRequestedAt = new Date(region.clock.now())
  region.clock.after(DELETION, () => sweepDefinitions(region))
  return { shown: definition.shown }
}

/** Milliseconds until a deleted revision that nothing uses is gone. */
const DELETION = 60_000
