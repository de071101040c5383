import type { Service } from '@aws-sdk/client-ecs'
import type { AwsReaders } from '../../aws/clients.ts'
import { isOurs } from '../../aws/ownership.ts'
import { tagsOf } from '../../aws/tags.ts'
import type { Settings } from '../../config/settings.ts'
import { Failure } from '../../engine/failure.ts'
import { serviceName } from './decide-service.ts'
import { seenGroups } from './observe.ts'
import { unnamedClusters } from './unnamed.ts'

export interface OurService {
  readonly ecsCluster: string
  readonly service: Service
}

/** The ECS services of this mesh that stand, or are going, in every ECS cluster of ours. */
export async function ourServices(
  aws: Pick<AwsReaders, 'ecs' | 'ec2'>,
  desired: Settings,
): Promise<readonly OurService[]> {
  const unnamed = await unnamedClusters(aws, seenGroups(aws.ec2, desired), desired)
  const found = await Promise.all(
    [...desired.ecsClusters.map(({ name }) => name), ...unnamed].map(async ecsCluster => {
      const services = await aws.ecs.services(ecsCluster, await aws.ecs.serviceArns(ecsCluster))
      const ours = services.filter(({ tags }) => isOurs(tagsOf(tags), desired))
      return ours.map(service => ({ ecsCluster, service }))
    }),
  )
  return found.flat()
}

/** What can't go under ECS services of ours; `why` ends a sentence that names it. Exit 1. */
export function standsUnder(services: readonly OurService[], why: string): Failure {
  const names = services.map(({ ecsCluster, service }) => serviceName(ecsCluster, service.serviceName ?? ''))
  const ecsClusters = [...new Set(services.map(({ ecsCluster }) => ecsCluster))]
  return new Failure({
    code: 'STILL_IN_USE',
    message: `ECS services ${why}: ${names.join(', ')}.`,
    suggestions: [
      ...ecsClusters.map(name => `ecs-ambient ecs delete --ecs-cluster ${name}`),
      'ecs-ambient cleanup   (everything, in the right order)',
    ],
  })
}
