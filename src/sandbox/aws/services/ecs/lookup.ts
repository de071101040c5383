import type { Region } from '../../region.ts'
import { AwsError } from '../../wire/error.ts'
import type { Definition, EcsCluster, Service, Task } from './state.ts'

export const invalid = (message: string): AwsError => new AwsError('InvalidParameterException', message)
export const clientError = (message: string): AwsError => new AwsError('ClientException', message)

export const arnOf = ({ partition, name, account }: Region, resource: string): string =>
  `arn:${partition}:ecs:${name}:${account}:${resource}`

/** The name at the end of an ARN, or the name that it already is. */
export const nameOf = (nameOrArn: string): string => nameOrArn.split('/').at(-1) ?? ''

/** A cluster, deleted or not; the one named `default` where no name is given. */
export const anyCluster = ({ ecs }: Region, nameOrArn = 'default'): EcsCluster | undefined =>
  ecs.clusters.get(nameOf(nameOrArn))

/** @throws AwsError `ClusterNotFoundException`, also for a deleted one */
export function activeCluster(region: Region, nameOrArn: string | undefined): EcsCluster {
  const cluster = anyCluster(region, nameOrArn)
  if (cluster === undefined || cluster.status === 'INACTIVE')
    throw new AwsError('ClusterNotFoundException', 'Cluster not found.')
  return cluster
}

/** @throws AwsError `ServiceNotFoundException` */
export function serviceOf(cluster: EcsCluster, nameOrArn: string | undefined): Service {
  const service = cluster.services.get(nameOf(nameOrArn ?? ''))
  if (service === undefined) throw new AwsError('ServiceNotFoundException', 'Service not found.')
  return service
}

/** @throws AwsError `ServiceNotFoundException`, `ServiceNotActiveException` */
export function activeService(cluster: EcsCluster, nameOrArn: string | undefined): Service {
  const service = serviceOf(cluster, nameOrArn)
  if (service.status !== 'ACTIVE') throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.')
  return service
}

/** @throws AwsError `InvalidParameterException` */
export function taskOf(cluster: EcsCluster, idOrArn: string | undefined): Task {
  const task = cluster.tasks.get(nameOf(idOrArn ?? ''))
  if (task === undefined) throw invalid('The referenced task was not found.')
  return task
}

/**
 * A task definition by `family`, `family:revision` or ARN; a family alone is its newest active revision.
 */
export function findDefinition({ ecs }: Region, reference: string): Definition | undefined {
  const [family = '', revision] = nameOf(reference).split(':')
  const revisions = ecs.families.get(family) ?? []
  if (revision === undefined) return revisions.findLast(({ shown }) => shown.status === 'ACTIVE')
  return revisions.find(({ shown }) => shown.revision === Number(revision))
}

/** One that may be used for new tasks. @throws AwsError `ClientException` */
export function usableDefinition(region: Region, reference: string | undefined): Definition {
  const definition = findDefinition(region, reference ?? '')
  if (definition === undefined) throw clientError('TaskDefinition not found.')
  if (definition.shown.status !== 'ACTIVE') throw clientError('TaskDefinition is inactive')
  return definition
}
