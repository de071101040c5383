import type * as sdk from '@aws-sdk/client-ecs'
import { page } from '../../paging.ts'
import type { Region } from '../../region.ts'
import { lowerTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import { requireServiceLinkedRole } from './clusters.ts'
import { activeCluster, activeService, arnOf, invalid, nameOf, serviceOf, usableDefinition } from './lookup.ts'
import { checkNetwork } from './network.ts'
import { platformOf } from './platform.ts'
import { deploy, reconcile, tasksOf } from './scheduler.ts'
import type { Definition, Deployment, Service } from './state.ts'
import { checkedTags } from './tags.ts'

const NAME = /^[\w-]{1,255}$/

const DEFAULT_CONFIGURATION: sdk.DeploymentConfiguration = {
  deploymentCircuitBreaker: { enable: false, rollback: false },
  maximumPercent: 200,
  minimumHealthyPercent: 100,
}

function shownDeployment(service: Service, deployment: Deployment): sdk.Deployment {
  const tasks = tasksOf(service, deployment)
  const running = tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length
  return {
    id: deployment.id,
    status: deployment.status,
    taskDefinition: deployment.definition,
    desiredCount: deployment.status === 'PRIMARY' ? service.desired : 0,
    runningCount: running,
    pendingCount: tasks.length - running,
    failedTasks: deployment.failed,
    createdAt: deployment.created,
    updatedAt: deployment.updated,
    launchType: 'FARGATE',
    platformVersion: deployment.platformVersion,
    platformFamily: 'Linux',
    networkConfiguration: deployment.network,
    rolloutState: deployment.rollout,
    rolloutStateReason: deployment.reason,
  }
}

function shown({ partition, account }: Region, service: Service, include: readonly string[] = []): sdk.Service {
  const deployments = service.deployments.map(deployment => shownDeployment(service, deployment))
  const sum = (key: 'runningCount' | 'pendingCount') => deployments.reduce((total, item) => total + (item[key] ?? 0), 0)
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.cluster.arn,
    status: service.status,
    desiredCount: service.desired,
    runningCount: sum('runningCount'),
    pendingCount: sum('pendingCount'),
    launchType: 'FARGATE',
    platformVersion: service.platformVersion,
    platformFamily: 'Linux',
    taskDefinition: deployments[0]?.taskDefinition,
    deploymentConfiguration: service.configuration,
    deploymentController: { type: 'ECS' },
    deployments,
    roleArn: `arn:${partition}:iam::${account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
    events: service.events,
    createdAt: service.created,
    placementConstraints: [],
    placementStrategy: [],
    loadBalancers: [],
    serviceRegistries: [],
    networkConfiguration: service.network,
    healthCheckGracePeriodSeconds: 0,
    schedulingStrategy: 'REPLICA',
    enableECSManagedTags: false,
    propagateTags: service.propagateTags,
    enableExecuteCommand: service.executeCommand,
    availabilityZoneRebalancing: 'DISABLED',
    ...(include.includes('TAGS') ? { tags: lowerTags.write(service.tags) } : {}),
  }
}

/** ECS Exec needs a task role. @throws AwsError `InvalidParameterException` */
function checkExecuteCommand(enabled: boolean | undefined, { shown }: Definition, verb: string): void {
  if (enabled && shown.taskRoleArn === undefined)
    throw invalid(
      `The service couldn't be ${verb} because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.`,
    )
}

/** What becomes of a request to create a service that is there already. */
function existingService(region: Region, known: Service, clientToken: string | undefined): { service: sdk.Service } {
  if (clientToken !== undefined && clientToken === known.clientToken) return { service: shown(region, known) }
  if (known.status === 'DRAINING') throw invalid('Unable to Start a service that is still Draining.')
  throw invalid('Creation of service was not idempotent.')
}

export const serviceOperations = {
  CreateService(input, { region }) {
    const cluster = activeCluster(region, input.cluster)
    const name = input.serviceName ?? ''
    if (!NAME.test(name)) throw invalid('Service name can only contain letters, digits, hyphens and underscores.')
    const known = cluster.services.get(name)
    if (known && known.status !== 'INACTIVE') return existingService(region, known, input.clientToken)
    requireServiceLinkedRole(region)
    const definition = usableDefinition(region, input.taskDefinition)
    checkNetwork(region, input.networkConfiguration)
    checkExecuteCommand(input.enableExecuteCommand, definition, 'created')
    const service: Service = {
      arn: arnOf(region, `service/${cluster.name}/${name}`),
      name,
      cluster,
      status: 'ACTIVE',
      desired: input.desiredCount ?? 0,
      deployments: [],
      network: input.networkConfiguration,
      events: [],
      tags: checkedTags(input.tags),
      created: new Date(region.clock.now()),
      clientToken: input.clientToken,
      configuration: { ...DEFAULT_CONFIGURATION, ...input.deploymentConfiguration },
      executeCommand: input.enableExecuteCommand ?? false,
      propagateTags: input.propagateTags ?? 'NONE',
      platformVersion: platformOf(input.platformVersion),
      steady: false,
      settling: undefined,
    }
    cluster.services.set(name, service)
    deploy(region, service, definition)
    reconcile(region, service)
    return { service: shown(region, service, ['TAGS']) }
  },

  UpdateService(input, { region }) {
    const service = activeService(activeCluster(region, input.cluster), input.service)
    const before = service.deployments[0]
    const definition = usableDefinition(region, input.taskDefinition ?? before?.definition)
    if (input.networkConfiguration) checkNetwork(region, input.networkConfiguration)
    checkExecuteCommand(input.enableExecuteCommand, definition, 'updated')
    if (input.platformVersion) service.platformVersion = platformOf(input.platformVersion)
    service.desired = input.desiredCount ?? service.desired
    service.network = input.networkConfiguration ?? service.network
    service.executeCommand = input.enableExecuteCommand ?? service.executeCommand
    service.propagateTags = input.propagateTags ?? service.propagateTags
    service.configuration = { ...service.configuration, ...input.deploymentConfiguration }
    const isNew =
      input.forceNewDeployment ||
      definition.shown.taskDefinitionArn !== before?.definition ||
      service.platformVersion !== before?.platformVersion ||
      JSON.stringify(service.network) !== JSON.stringify(before?.network)
    if (isNew) deploy(region, service, definition)
    service.steady = false
    reconcile(region, service)
    return { service: shown(region, service, ['TAGS']) }
  },

  DeleteService(input, { region }) {
    const service = serviceOf(activeCluster(region, input.cluster), input.service)
    // The operation documents no error of its own for a service that is going already.
    if (service.status !== 'ACTIVE') throw new AwsError('ServiceNotFoundException', 'Service not found.')
    if (service.desired > 0 && !input.force) throw invalid('The service cannot be stopped while it is scaled above 0.')
    service.status = 'DRAINING'
    service.desired = 0
    service.settling?.()
    reconcile(region, service)
    return { service: shown(region, service, ['TAGS']) }
  },

  DescribeServices({ cluster: reference, services = [], include }, { region }) {
    const cluster = activeCluster(region, reference)
    if (services.length > MAX_DESCRIBED) throw invalid(`services must have at most ${MAX_DESCRIBED} items`)
    const found = services.map(name => ({ name, service: cluster.services.get(nameOf(name)) }))
    return {
      services: found.flatMap(({ service }) => (service ? [shown(region, service, include)] : [])),
      failures: found
        .filter(({ service }) => service === undefined)
        .map(({ name }) => ({ arn: arnOf(region, `service/${cluster.name}/${nameOf(name)}`), reason: 'MISSING' })),
    }
  },

  ListServices({ cluster: reference, maxResults = 10, nextToken }, { region }) {
    const cluster = activeCluster(region, reference)
    const services = [...cluster.services.values()].filter(({ status }) => status !== 'INACTIVE')
    const { items, next } = page(services, {
      key: ({ arn }) => arn,
      token: nextToken,
      size: maxResults,
      invalidToken: () => invalid('Invalid token.'),
    })
    return { serviceArns: items.map(({ arn }) => arn), ...(next === undefined ? {} : { nextToken: next }) }
  },
} satisfies Handlers<typeof sdk>

const MAX_DESCRIBED = 10
