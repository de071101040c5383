import type * as sdk from '@aws-sdk/client-ec2'
import { upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import { describe, existing, type Kind } from './describe.ts'
import { addInterface, type Ec2State, type NetworkInterface } from './state.ts'
import { specifiedTags } from './tags.ts'

const kindOf = (ec2: Ec2State): Kind<NetworkInterface> => ({
  notFound: 'InvalidNetworkInterfaceID.NotFound',
  noun: 'networkInterface ID',
  filters: {
    'network-interface-id': item => item.id,
    'vpc-id': item => item.vpcId,
    'subnet-id': item => item.subnetId,
    'group-id': item => item.groups,
    'group-name': item => item.groups.map(id => ec2.groups.get(id)?.name),
    'private-ip-address': item => item.privateIp,
    'addresses.private-ip-address': item => item.privateIp,
    'availability-zone': item => item.zone,
    'interface-type': item => item.kind,
    'requester-id': item => item.requester,
    'attachment.instance-id': item => item.attachment,
    description: item => item.description,
    status: item => item.status,
  },
})

export const interfaceOperations = {
  CreateNetworkInterface({ SubnetId = '', Groups = [], Description = '', TagSpecifications }, { region }) {
    const { ec2, account } = region
    const made = addInterface(ec2, {
      subnetId: SubnetId,
      groups: Groups,
      description: Description,
      requester: account,
      attachment: undefined,
      tags: specifiedTags(TagSpecifications, 'network-interface'),
    })
    return { NetworkInterface: shown(made, ec2, account) }
  },

  DescribeNetworkInterfaces({ NetworkInterfaceIds, ...input }, { region: { ec2, account } }) {
    const { items, rest } = describe(ec2.interfaces, NetworkInterfaceIds, input, kindOf(ec2))
    return { NetworkInterfaces: items.map(item => shown(item, ec2, account)), ...rest }
  },

  DeleteNetworkInterface({ NetworkInterfaceId }, { region: { ec2 } }) {
    const found = existing(ec2.interfaces, NetworkInterfaceId, kindOf(ec2))
    if (found.status !== 'available')
      throw new AwsError('InvalidParameterValue', `Network interface '${found.id}' is currently in use.`)
    ec2.interfaces.delete(found.id)
    return {}
  },
} satisfies Handlers<typeof sdk>

const shown = (item: NetworkInterface, ec2: Ec2State, account: string) => ({
  NetworkInterfaceId: item.id,
  InterfaceType: item.kind as sdk.NetworkInterfaceType,
  VpcId: item.vpcId,
  SubnetId: item.subnetId,
  AvailabilityZone: item.zone,
  PrivateIpAddress: item.privateIp,
  PrivateDnsName: `ip-${item.privateIp.replaceAll('.', '-')}.ec2.internal`,
  PrivateIpAddresses: [{ PrivateIpAddress: item.privateIp, Primary: true }],
  Groups: item.groups.map(id => ({ GroupId: id, GroupName: ec2.groups.get(id)?.name })),
  Description: item.description,
  OwnerId: account,
  RequesterId: item.requester,
  RequesterManaged: item.requester !== account,
  SourceDestCheck: true,
  Status: item.status,
  ...(item.attachment === undefined
    ? {}
    : {
        Attachment: {
          AttachmentId: item.id.replace('eni-', 'eni-attach-'),
          DeviceIndex: 1,
          InstanceOwnerId: item.requester,
          Status: item.status === 'detaching' ? ('detaching' as const) : ('attached' as const),
          DeleteOnTermination: false,
        },
      }),
  TagSet: upperTags.write(item.tags),
})
