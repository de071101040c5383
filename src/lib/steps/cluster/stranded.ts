import { isOurs } from '../../aws/ownership.ts'
import { tagsOf } from '../../aws/tags.ts'
import type { Settings } from '../../config/settings.ts'
import type { Change } from '../../engine/plan.ts'
import type { StepContext } from '../../engine/step.ts'
import type { ReadClients } from '../clients.ts'
import type { ServiceRemoval } from '../ecs/decide-removal.ts'
import { serviceName } from '../ecs/decide-service.ts'

/** An ECS service of ours in the network of an EKS cluster that is gone. */
export interface StrandedService extends ServiceRemoval {
  readonly arn: string
}

/**
 * ECS services of ours that are left alone in the network of a stack: nobody can reach them through the mesh any more,
 * and the network can't go while their tasks hold on to it.
 */
export async function strandedServices(
  stack: string,
  { clients: { aws }, desired }: StepContext<Settings, ReadClients>,
): Promise<readonly StrandedService[]> {
  const vpcId = await aws.cloudFormation.resourceOf(stack, 'AWS::EC2::VPC')
  if (vpcId === undefined) return []
  const subnets = (await aws.ec2.subnets({ 'vpc-id': [vpcId] })).map(({ SubnetId }) => SubnetId)
  const found = await Promise.all(
    desired.ecsClusters.map(async ({ name: ecsCluster, services }) => {
      const names = services.map(({ name }) => name)
      const ours = (await aws.ecs.services(ecsCluster, names)).filter(({ tags }) => isOurs(tagsOf(tags), desired))
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
