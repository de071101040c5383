import type { Subnet } from '@aws-sdk/client-ec2'
import type { EcsSeen } from '../../steps/ecs/observe.ts'
import { type AnyCheck, type Check, counted, failed, notApplicable, ok, some, warning } from '../check.ts'
import { serviceWays, type WaySeen, waysOf } from './ways.ts'

export const subnetsCheck: Check<EcsSeen['network']> = {
  code: 'EA1601',
  area: 'network',
  title: 'The VPC has private subnets',
  when: 'after',
  read: ({ network }) => network.shared(),
  judge: network => {
    if ('pending' in network) return notApplicable(network.pending)
    return network.privateSubnets.length > 0
      ? ok(`${network.privateSubnets.length} in ${network.vpcId}`)
      : failed(
          `every subnet of ${network.vpcId} gives public addresses`,
          'Add private subnets with a NAT gateway, or use a cluster of its own: ecs-ambient cluster create --cluster-name NAME',
        )
  },
}

/** What Fargate needs where there is no way to the internet; images must then come from ECR. */
const ENDPOINTS = ['ecr.api', 'ecr.dkr', 's3', 'logs', 'ssmmessages', 'sts']

export const wayOutCheck: Check<WaySeen> = {
  code: 'EA1602',
  area: 'network',
  title: 'The tasks reach what Fargate needs',
  when: 'after',
  read: serviceWays,
  judge: seen => {
    const ways = waysOf(seen)
    const shut = ways.filter(({ out }) => !out)
    if (shut.length === 0) return ok(`the internet, from ${counted(ways.length, 'subnet')}`)
    const missing = ENDPOINTS.filter(service => shut.some(({ services }) => !services.has(service)))
    const subnets = some(shut.map(({ subnet }) => subnet))
    return missing.length === 0
      ? warning(
          `${subnets}: by endpoints alone; only images of ECR can be pulled, and the internet target stays out of reach`,
        )
      : failed(
          `${subnets}: neither a NAT gateway nor endpoints for ${missing.join(', ')}`,
          `Route 0.0.0.0/0 to a NAT gateway: aws ec2 create-nat-gateway …, aws ec2 create-route …; or add the endpoints to ${seen.vpcId}`,
        )
  },
}

/** A rollout of a handful of services has twice as many tasks for a while. */
const FEW = 8

export const addressesCheck: Check<readonly Subnet[]> = {
  code: 'EA1603',
  area: 'network',
  title: 'The subnets have addresses left',
  when: 'after',
  read: ({ network }) => network.subnets(),
  judge: subnets => {
    if (subnets.length === 0) return notApplicable('there is no subnet for tasks: see EA1601')
    const scarce = subnets.filter(({ AvailableIpAddressCount = 0 }) => AvailableIpAddressCount < FEW)
    const counts = scarce.map(({ SubnetId, AvailableIpAddressCount }) => `${SubnetId} has ${AvailableIpAddressCount}`)
    if (scarce.length === 0) return ok(`in ${counted(subnets.length, 'subnet')}`)
    const fix = 'Give the VPC another range and subnets in it: aws ec2 associate-vpc-cidr-block …'
    return scarce.length === subnets.length ? failed(some(counts), fix) : warning(some(counts), fix)
  },
}

export const networkChecks: readonly AnyCheck[] = [subnetsCheck, wayOutCheck, addressesCheck]
