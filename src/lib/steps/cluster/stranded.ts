import type { Settings } from '../../config/settings.ts'
import type { Change } from '../../engine/plan.ts'
import type { StepContext } from '../../engine/step.ts'
import type { ReadClients } from '../clients.ts'
import type { ServiceRemoval } from '../ecs/decide-removal.ts'
import { serviceName } from '../ecs/decide-service.ts'
import { type OurService, ourServices, standsUnder } from '../ecs/our-services.ts'

type Context = StepContext<Settings, ReadClients>

/** ECS services of ours that are left alone in the network of a stack: nobody can reach them through the mesh any more. */
export async function strandedServices(stack: string, context: Context): Promise<readonly OurService[]> {
  const vpcId = await context.clients.aws.cloudFormation.resourceOf(stack, 'AWS::EC2::VPC')
  return vpcId === undefined ? [] : servicesIn(vpcId, context)
}

/** @throws Failure `STILL_IN_USE` (exit 1) while ECS services of ours run in the network of a cluster that is to go */
export async function noneStranded(vpcId: string, context: Context): Promise<void> {
  const found = await servicesIn(vpcId, context)
  const { clusterName } = context.desired
  if (found.length > 0)
    throw standsUnder(found, `run in the network of EKS cluster ${clusterName}, which can't go under them`)
}

/** A network can't go while tasks hold on to it. */
async function servicesIn(vpcId: string, { clients: { aws }, desired }: Context): Promise<readonly OurService[]> {
  const [services, subnets] = await Promise.all([ourServices(aws, desired), aws.ec2.subnets({ 'vpc-id': [vpcId] })])
  const here = subnets.map(({ SubnetId }) => SubnetId)
  const subnetsOf = ({ networkConfiguration }: OurService['service']) =>
    networkConfiguration?.awsvpcConfiguration?.subnets ?? []
  return services.filter(({ service }) => subnetsOf(service).some(subnet => here.includes(subnet)))
}

export const strandedRemoval = ({
  ecsCluster,
  service: { serviceName: name = '', serviceArn },
}: OurService): Change => ({
  action: 'delete',
  kind: 'ecs-service',
  name: serviceName(ecsCluster, name),
  ...(serviceArn === undefined ? {} : { id: serviceArn }),
  reason: 'runs in the network of an EKS cluster that is gone',
  stage: 0,
  detail: { ecsCluster, service: name } satisfies ServiceRemoval,
})
