import type * as sdk from '@aws-sdk/client-ec2'
import { resourceId } from '../../ids.ts'
import { upperTags } from '../../tags.ts'
import type { Handlers } from '../../wire/service.ts'
import { describe, existing, type Kind } from './describe.ts'
import { type Ec2State, keep, type VpcEndpoint } from './state.ts'
import { specifiedTags } from './tags.ts'
import { VPC } from './vpcs.ts'

const ENDPOINT: Kind<VpcEndpoint> = {
  notFound: 'InvalidVpcEndpointId.NotFound',
  noun: 'Vpc Endpoint Id',
  filters: {
    'vpc-endpoint-id': endpoint => endpoint.id,
    'vpc-id': endpoint => endpoint.vpcId,
    'service-name': endpoint => endpoint.serviceName,
    'vpc-endpoint-type': endpoint => endpoint.kind,
    'vpc-endpoint-state': () => 'available',
  },
}

const shown = (endpoint: VpcEndpoint, ec2: Ec2State): sdk.VpcEndpoint => ({
  VpcEndpointId: endpoint.id,
  VpcEndpointType: endpoint.kind,
  VpcId: endpoint.vpcId,
  ServiceName: endpoint.serviceName,
  State: 'Available',
  SubnetIds: [...endpoint.subnetIds],
  Groups: endpoint.groups.map(id => ({ GroupId: id, GroupName: ec2.groups.get(id)?.name })),
  PrivateDnsEnabled: endpoint.kind === 'Interface',
  Tags: upperTags.write(endpoint.tags),
})

export const endpointOperations = {
  CreateVpcEndpoint(input, { region: { ec2 } }) {
    const { VpcId, ServiceName = '', VpcEndpointType, SubnetIds = [], SecurityGroupIds = [] } = input
    const vpc = existing(ec2.vpcs, VpcId, VPC)
    const endpoint = keep(ec2.endpoints, {
      id: resourceId('vpce'),
      vpcId: vpc.id,
      serviceName: ServiceName,
      kind: VpcEndpointType === 'Interface' ? 'Interface' : 'Gateway',
      subnetIds: SubnetIds,
      groups: SecurityGroupIds,
      tags: specifiedTags(input.TagSpecifications, 'vpc-endpoint'),
    })
    return { VpcEndpoint: shown(endpoint, ec2) }
  },

  DeleteVpcEndpoints({ VpcEndpointIds = [] }, { region: { ec2 } }) {
    const missing = VpcEndpointIds.filter(id => !ec2.endpoints.delete(id))
    return {
      Unsuccessful: missing.map(ResourceId => ({
        ResourceId,
        Error: { Code: ENDPOINT.notFound, Message: `The ${ENDPOINT.noun} '${ResourceId}' does not exist` },
      })),
    }
  },

  DescribeVpcEndpoints({ VpcEndpointIds, ...input }, { region: { ec2 } }) {
    const { items, rest } = describe(ec2.endpoints, VpcEndpointIds, input, ENDPOINT)
    return { VpcEndpoints: items.map(endpoint => shown(endpoint, ec2)), ...rest }
  },
} satisfies Handlers<typeof sdk>
