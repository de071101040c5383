import type { AwsVpcConfiguration, CreateServiceRequest, Service, Task } from '@aws-sdk/client-ecs'
import { crashLoop, lacksTasks } from './steadiness.ts'

/** What a service needs to know beyond its names. */
export interface Placement {
  readonly subnets: readonly string[]
  /** Undefined while it does not exist yet. */
  readonly securityGroup: string | undefined
}

/** Everything about a service that can be changed later, as create and update take it. */
export const serviceSettings = ({ subnets, securityGroup }: Placement) =>
  ({
    desiredCount: 1,
    enableExecuteCommand: true,
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...subnets],
        securityGroups: securityGroup === undefined ? [] : [securityGroup],
        assignPublicIp: 'DISABLED',
      },
    },
    deploymentConfiguration: {
      // Without it a rollout never fails, it only never ends. No roll-back: what failed has to stay visible.
      deploymentCircuitBreaker: { enable: true, rollback: false },
      minimumHealthyPercent: 100,
      maximumPercent: 200,
    },
    // Tasks carry the tags of their revision: ours, and those that enrolment reads.
    enableECSManagedTags: true,
    propagateTags: 'TASK_DEFINITION',
  }) satisfies Partial<CreateServiceRequest>

/** How a service differs from the wanted one, as phrases. */
export function serviceDifferences(seen: Service, placement: Placement): readonly string[] {
  const wanted = serviceSettings(placement)
  const network = seen.networkConfiguration?.awsvpcConfiguration
  const want = wanted.networkConfiguration.awsvpcConfiguration
  return [
    differs('desired count', seen.desiredCount, wanted.desiredCount),
    differs('ECS Exec', onOff(seen.enableExecuteCommand), 'on'),
    differs('subnets', sorted(network, 'subnets'), sorted(want, 'subnets')),
    differs('security groups', sorted(network, 'securityGroups'), placement.securityGroup ?? 'a new one'),
    differs('public address', network?.assignPublicIp ?? 'DISABLED', want.assignPublicIp),
    differs('circuit breaker', onOff(seen.deploymentConfiguration?.deploymentCircuitBreaker?.enable), 'on'),
  ].flat()
}

/** Why the service needs a new deployment although the same revision stays: running tasks don't take this up. */
export function redeploymentReasons(service: Service, stopped: readonly Task[]): readonly string[] {
  const { deployments = [], enableExecuteCommand } = service
  const primary = deployments.find(({ status }) => status === 'PRIMARY')
  const crashing = lacksTasks(service) ? crashLoop(service, stopped) : undefined
  return [
    ...(crashing === undefined ? [] : [crashing]),
    ...(primary?.rolloutState === 'FAILED' ? ['its last deployment failed'] : []),
    ...(enableExecuteCommand ? [] : ['its tasks run without ECS Exec']),
  ]
}

const differs = <T>(what: string, seen: T, wanted: T): readonly string[] =>
  seen === wanted ? [] : [`${what} is ${seen ?? 'not set'}, want ${wanted}`]

const onOff = (enabled: boolean | undefined): string => (enabled ? 'on' : 'off')

const sorted = (network: Partial<AwsVpcConfiguration> | undefined, part: 'subnets' | 'securityGroups'): string =>
  [...(network?.[part] ?? [])].sort().join(', ')
