import { AwsError } from '../../wire/error.ts'
import { type Ec2State, groupUsers, removeGroup, type SecurityGroup, type Subnet, type Vpc } from './state.ts'

const dependency = (message: string): AwsError => new AwsError('DependencyViolation', message)

/** @throws AwsError `CannotDelete` for a VPC's default group; `DependencyViolation` while something uses the group */
export function deleteGroup(ec2: Ec2State, group: SecurityGroup): void {
  if (group.name === 'default')
    throw new AwsError('CannotDelete', `the specified group: "${group.id}" name: "default" cannot be deleted by a user`)
  if (groupUsers(ec2, group.id).length > 0) throw dependency(`resource ${group.id} has a dependent object`)
  removeGroup(ec2, group.id)
}

/** @throws AwsError `DependencyViolation` while a network interface is in it */
export function deleteSubnet(ec2: Ec2State, subnet: Subnet): void {
  if ([...ec2.interfaces.values()].some(({ subnetId }) => subnetId === subnet.id))
    throw dependency(`The subnet '${subnet.id}' has dependencies and cannot be deleted.`)
  ec2.subnets.delete(subnet.id)
  for (const { subnetIds } of ec2.routeTables.values()) {
    const index = subnetIds.indexOf(subnet.id)
    if (index >= 0) subnetIds.splice(index, 1)
  }
}

/** @throws AwsError `DependencyViolation` while more is in it than its default group and its route tables */
export function deleteVpc(ec2: Ec2State, vpc: Vpc): void {
  const isIn = (resource: { vpcId: string }): boolean => resource.vpcId === vpc.id
  const contents = [ec2.subnets, ec2.interfaces, ec2.internetGateways, ec2.natGateways, ec2.endpoints]
  const groups = [...ec2.groups.values()].filter(isIn)
  if (contents.some(all => [...all.values()].some(isIn)) || groups.some(({ name }) => name !== 'default'))
    throw dependency(`The vpc '${vpc.id}' has dependencies and cannot be deleted.`)
  for (const { id } of groups) removeGroup(ec2, id)
  for (const table of ec2.routeTables.values()) if (isIn(table)) ec2.routeTables.delete(table.id)
  ec2.vpcs.delete(vpc.id)
}
