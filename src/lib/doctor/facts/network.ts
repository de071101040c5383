import { seenGroups, seenNetwork, seenRules } from '../../steps/ecs/observe.ts'
import { once } from '../once.ts'
import type { EcsFacts } from './ecs.ts'
import type { EksFacts } from './eks.ts'
import type { Sources } from './sources.ts'

export function networkFacts({ settings, clients: { aws } }: Sources, eks: EksFacts, ecs: EcsFacts) {
  const vpcId = once(async () => (await eks.standing()).resourcesVpcConfig?.vpcId ?? '')
  const shared = once(async () => {
    await eks.standing()
    return seenNetwork(aws, settings)
  })
  const groups = once(() => seenGroups(aws.ec2, settings))
  const inVpc = once(async () => aws.ec2.subnets({ 'vpc-id': [await vpcId()] }))
  return {
    /** What the tasks share with the EKS cluster. */
    shared,
    /** The tasks' security groups, and all that carry this cluster's mark. */
    groups,
    rules: once(async () => seenRules(aws.ec2, settings, shared(), groups())),
    /** Where the tasks are, or will be: the subnets of the services, else the private ones of the VPC. */
    subnets: once(async () => {
      const [all, services] = await Promise.all([inVpc(), ecs.found()])
      const used = services.flatMap(({ service }) => service.networkConfiguration?.awsvpcConfiguration?.subnets ?? [])
      return all.filter(({ SubnetId = '', MapPublicIpOnLaunch }) =>
        used.length > 0 ? used.includes(SubnetId) : !MapPublicIpOnLaunch,
      )
    }),
    /** Whether the tasks have addresses of the internet's own. */
    publicAddresses: once(async () => {
      const services = await ecs.found()
      return services.some(
        ({ service }) => service.networkConfiguration?.awsvpcConfiguration?.assignPublicIp === 'ENABLED',
      )
    }),
    routeTables: once(async () => aws.ec2.routeTables({ 'vpc-id': [await vpcId()] })),
    natGateways: once(async () => aws.ec2.natGateways({ 'vpc-id': [await vpcId()] })),
    endpoints: once(async () => aws.ec2.vpcEndpoints({ 'vpc-id': [await vpcId()] })),
  }
}
