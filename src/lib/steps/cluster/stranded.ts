import { isOurs } from '../../aws/ownership.ts'
import { tagsOf } from '../../aws/tags.ts'
import type { Settings } from '../../config/settings.ts'
import { Failure } from '../../engine/failure.ts'
import type { Change } from '../../engine/plan.ts'
import type { StepContext } from '../../engine/step.ts'
import type { ReadClients } from '../clients.ts'
import type { ServiceRemoval } from '../ecs/decide-removal.ts'
import { serviceName } from '../ecs/decide-service.ts'
import { seenGroups } from '../ecs/observe.ts'
import { unnamedClusters } from '../ecs/unnamed.ts'

/** An ECS service of ours in the network of an EKS cluster: that can't go while tasks hold on to it. */
export interface StrandedService extends ServiceRemoval {
  readonly arn: string
}

/** Those that are left alone in the network of a stack: nobody can reach them through the mesh any more. */
export async function strandedServices(
  stack: string,
  context: StepContext<Settings, ReadClients>,
): Promise<readonly StrandedService[]> {
  const vpcId = await context.clients.aws.cloudFormation.resourceOf(stack, 'AWS::EC2::VPC')
  return vpcId === undefined ? [] : servicesIn(vpcId, context)
}

/** @throws Failure `STILL_IN_USE` (exit 1) while ECS services of ours run in the network of a cluster that is to go */
export async function noneStranded(vpcId: string, context: StepContext<Settings, ReadClients>): Promise<void> {
  const found = await servicesIn(vpcId, context)
  if (found.length === 0) return
  const services = found.map(({ ecsCluster, service }) => serviceName(ecsCluster, service))
  const ecsClusters = [...new Set(found.map(({ ecsCluster }) => ecsCluster))]
  const { clusterName } = context.desired
  throw new Failure({
    code: 'STILL_IN_USE',
    message: `ECS services run in the network of EKS cluster ${clusterName}, which can't go under them: ${services.join(', ')}.`,
    suggestions: [
      ...ecsClusters.map(name => `ecs-ambient ecs delete --ecs-cluster ${name}`),
      'ecs-ambient cleanup   (everything, in the right order)',
    ],
  })
}

async function servicesIn(
  vpcId: string,
  { clients: { aws }, desired }: StepContext<Settings, ReadClients>,
): Promise<readonly StrandedService[]> {
  const subnets = (await aws.ec2.subnets({ 'vpc-id': [vpcId] })).map(({ SubnetId }) => SubnetId)
  const unnamed = await unnamedClusters(aws, seenGroups(aws.ec2, desired), desired)
  const found = await Promise.all(
    [...desired.ecsClusters.map(({ name }) => name), ...unnamed].map(async ecsCluster => {
      const services = await aws.ecs.services(ecsCluster, await aws.ecs.serviceArns(ecsCluster))
      const ours = services.filter(({ tags }) => isOurs(tagsOf(tags), desired))
      return ours.flatMap(({ serviceName, serviceArn = '', networkConfiguration }) => {
        const isHere = networkConfiguration?.awsvpcConfiguration?.subnets?.some(subnet => subnets.includes(subnet))
        return isHere && serviceName !== undefined ? [{ ecsCluster, service: serviceName, arn: serviceArn }] : []
      })
    }),
  )
  return found.flat()
}

export const strandedRemoval = ({ arn, ...service }: StrandedService): Change => ({
  action: 'delete',
  kind: 'ecs-service',
  name: serviceName(service.ecsCluster, service.service),
  id: arn,
  reason: 'runs in the network of an EKS cluster that is gone',
  stage: 0,
  detail: service satisfies ServiceRemoval,
})
