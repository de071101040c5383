import type * as sdk from '@aws-sdk/client-ec2'
import type { Context } from '../../context.ts'
import { upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import { describe, existing, type Kind } from './describe.ts'
import { deleteGroup } from './removal.ts'
import { GROUP, permissionsOf } from './rules.ts'
import { addGroup, type SecurityGroup } from './state.ts'
import { specifiedTags } from './tags.ts'
import { checkDescription } from './text.ts'
import { VPC } from './vpcs.ts'

const kindOf = ({ region }: Context): Kind<SecurityGroup> => {
  const rulesOf = (group: SecurityGroup, egress: boolean) =>
    [...region.ec2.rules.values()].filter(rule => rule.groupId === group.id && rule.egress === egress)
  return {
    ...GROUP,
    filters: {
      'group-id': group => group.id,
      'group-name': group => group.name,
      description: group => group.description,
      'vpc-id': group => group.vpcId,
      'owner-id': () => region.account,
      'ip-permission.group-id': group => rulesOf(group, false).map(rule => rule.group),
      'ip-permission.cidr': group => rulesOf(group, false).map(rule => rule.cidr),
      'ip-permission.from-port': group => rulesOf(group, false).map(rule => rule.from),
      'ip-permission.to-port': group => rulesOf(group, false).map(rule => rule.to),
      'egress.ip-permission.group-id': group => rulesOf(group, true).map(rule => rule.group),
    },
  }
}

const arnOf = ({ region }: Context, id: string): string =>
  `arn:${region.partition}:ec2:${region.name}:${region.account}:security-group/${id}`

const shown = (group: SecurityGroup, context: Context) => ({
  GroupId: group.id,
  GroupName: group.name,
  Description: group.description,
  VpcId: group.vpcId,
  OwnerId: context.region.account,
  SecurityGroupArn: arnOf(context, group.id),
  IpPermissions: permissionsOf(group.id, false, context.region),
  IpPermissionsEgress: permissionsOf(group.id, true, context.region),
  Tags: upperTags.write(group.tags),
})

export const groupOperations = {
  CreateSecurityGroup({ GroupName: name = '', Description: description = '', VpcId, TagSpecifications }, context) {
    const { ec2 } = context.region
    const vpc = VpcId === undefined ? [...ec2.vpcs.values()].find(vpc => vpc.isDefault) : existing(ec2.vpcs, VpcId, VPC)
    if (vpc === undefined) throw new AwsError('VPCIdNotSpecified', 'No default VPC for this user')
    checkDescription('security group', description)
    if (name.startsWith('sg-') || name === 'default')
      throw new AwsError('InvalidParameterValue', `The specified group name ${name} is not allowed`)
    if ([...ec2.groups.values()].some(group => group.vpcId === vpc.id && group.name === name))
      throw new AwsError('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpc.id}'`)
    const tags = specifiedTags(TagSpecifications, 'security-group')
    const group = addGroup(ec2, { name, description, vpcId: vpc.id, tags })
    return { GroupId: group.id, Tags: upperTags.write(tags), SecurityGroupArn: arnOf(context, group.id) }
  },

  DescribeSecurityGroups({ GroupIds, GroupNames, ...input }, context) {
    const { ec2 } = context.region
    const named = GroupNames?.map(name => {
      const found = [...ec2.groups.values()].find(group => group.name === name)
      if (found === undefined)
        throw new AwsError('InvalidGroup.NotFound', `The security group '${name}' does not exist in default VPC`)
      return found.id
    })
    const ids = GroupIds?.length ? GroupIds : named
    const { items, rest } = describe(ec2.groups, ids, input, kindOf(context))
    return { SecurityGroups: items.map(group => shown(group, context)), ...rest }
  },

  DeleteSecurityGroup({ GroupId }, { region: { ec2 } }) {
    const group = existing(ec2.groups, GroupId, GROUP)
    deleteGroup(ec2, group)
    return { Return: true, GroupId: group.id }
  },
} satisfies Handlers<typeof sdk>
