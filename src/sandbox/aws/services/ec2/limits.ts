import type { Region } from '../../region.ts'
import { AwsError } from '../../wire/error.ts'
import { limitOf, QUOTA } from '../quotas.ts'

/** @throws AwsError `VpcLimitExceeded` where the region can't take another VPC */
export function checkVpcLimit(region: Region): void {
  if (region.ec2.vpcs.size >= limitOf(region, QUOTA.vpcs))
    throw new AwsError('VpcLimitExceeded', 'The maximum number of VPCs has been reached.')
}

/** Each NAT gateway takes an elastic IP address. @throws AwsError `AddressLimitExceeded` */
export function checkAddressLimit(region: Region): void {
  if (region.ec2.natGateways.size >= limitOf(region, QUOTA.addresses))
    throw new AwsError('AddressLimitExceeded', 'The maximum number of addresses has been reached.')
}
