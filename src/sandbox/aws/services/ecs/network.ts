import type { NetworkConfiguration } from '@aws-sdk/client-ecs'
import type { Region } from '../../region.ts'
import type { Place } from '../ec2/reach.ts'
import { invalid } from './lookup.ts'
import type { Task } from './state.ts'

/** @throws AwsError `InvalidParameterException` where a subnet or a security group isn't there */
export function checkNetwork({ ec2 }: Region, network: NetworkConfiguration | undefined): void {
  const { subnets = [], securityGroups = [] } = network?.awsvpcConfiguration ?? {}
  if (subnets.length === 0)
    throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
  const subnet = subnets.find(id => !ec2.subnets.has(id))
  if (subnet !== undefined)
    throw invalid(
      `Error retrieving subnet information for [${subnet}]: The subnet ID '${subnet}' does not exist (ErrorCode: InvalidSubnetID.NotFound)`,
    )
  const group = securityGroups.find(id => !ec2.groups.has(id))
  if (group !== undefined)
    throw invalid(
      `Error retrieving security group information for [${group}]: The security group '${group}' does not exist (ErrorCode: InvalidGroup.NotFound)`,
    )
  const vpcs = new Set([
    ...subnets.map(id => ec2.subnets.get(id)?.vpcId),
    ...securityGroups.map(id => ec2.groups.get(id)?.vpcId),
  ])
  if (vpcs.size > 1) throw invalid('Subnets and security groups must belong to the same VPC.')
}

/** Where a task is in the network, once its interface is attached. */
export function placeOf({ network, networkInterface }: Task): Place | undefined {
  if (networkInterface === undefined) return undefined
  return { networkInterface, publicIp: network?.awsvpcConfiguration?.assignPublicIp === 'ENABLED' }
}
