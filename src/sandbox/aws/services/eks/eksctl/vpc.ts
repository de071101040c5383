import { resourceId } from '../../../ids.ts'
import type { Region } from '../../../region.ts'
import type { ResourcePlan } from '../../cloudformation/state.ts'
import { checkAddressLimit, checkVpcLimit } from '../../ec2/limits.ts'
import { deleteGroup, deleteSubnet, deleteVpc } from '../../ec2/removal.ts'
import {
  addGroup,
  addInternetGateway,
  addNatGateway,
  addRule,
  addSubnet,
  addVpc,
  type Ec2State,
} from '../../ec2/state.ts'

const CIDR = '192.168.0.0/16'
const ANYWHERE = '0.0.0.0/0'
const ZONES = ['a', 'b', 'c'] as const
type Side = 'Public' | 'Private'

/** The physical ids of a stack's resources so far, by their logical ids. */
export type Ids = Map<string, string>

/** The VPC that eksctl makes: a public and a private subnet in each of three zones, one NAT gateway, two security groups. */
export function vpcResources(region: Region, cluster: string, ids: Ids): ResourcePlan[] {
  const { ec2 } = region
  const tags = (logicalId: string) =>
    new Map([
      ['Name', `eksctl-${cluster}-cluster/${logicalId}`],
      ['alpha.eksctl.io/cluster-name', cluster],
    ])
  const id = (logicalId: string): string => ids.get(logicalId) ?? ''
  const plan = (logicalId: string, type: string, create: () => string, remove: (id: string) => void): ResourcePlan => ({
    logicalId,
    type: `AWS::EC2::${type}`,
    create: () => {
      const physicalId = create()
      ids.set(logicalId, physicalId)
      return physicalId
    },
    remove,
  })
  const subnet = (side: Side, index: number): ResourcePlan => {
    const zone = `${region.name}${ZONES[index]}`
    const logicalId = `Subnet${side}${zone.toUpperCase().replaceAll('-', '')}`
    const block = index * 32 + (side === 'Private' ? 96 : 0)
    const role = side === 'Public' ? 'kubernetes.io/role/elb' : 'kubernetes.io/role/internal-elb'
    const create = () => {
      const made = addSubnet(ec2, {
        vpcId: id('VPC'),
        cidr: `192.168.${block}.0/19`,
        zone,
        mapPublicIp: side === 'Public',
        tags: tags(logicalId).set(role, '1'),
      })
      routeTable(ec2, id('VPC'), side)?.subnetIds.push(made.id)
      return made.id
    }
    return plan(logicalId, 'Subnet', create, physicalId => {
      const found = ec2.subnets.get(physicalId)
      if (found) deleteSubnet(ec2, found)
    })
  }
  const group = (logicalId: string, description: string): ResourcePlan =>
    plan(
      logicalId,
      'SecurityGroup',
      () => {
        const name = `eksctl-${cluster}-cluster-${logicalId}-${resourceId('x').slice(-12)}`
        return addGroup(ec2, { name, description, vpcId: id('VPC'), tags: tags(logicalId) }).id
      },
      physicalId => {
        const found = ec2.groups.get(physicalId)
        if (found) deleteGroup(ec2, found)
      },
    )
  return [
    plan(
      'VPC',
      'VPC',
      () => {
        checkVpcLimit(region)
        return addVpc(ec2, CIDR, tags('VPC')).id
      },
      physicalId => {
        const vpc = ec2.vpcs.get(physicalId)
        if (vpc) deleteVpc(ec2, vpc)
      },
    ),
    plan(
      'InternetGateway',
      'InternetGateway',
      () => addInternetGateway(ec2, id('VPC'), tags('InternetGateway')).id,
      physicalId => void ec2.internetGateways.delete(physicalId),
    ),
    ...(['Public', 'Private'] as const).map(side =>
      plan(
        `${side}RouteTable`,
        'RouteTable',
        () => addRouteTable(ec2, id('VPC'), side, tags(`${side}RouteTable`), id('InternetGateway')),
        physicalId => void ec2.routeTables.delete(physicalId),
      ),
    ),
    ...ZONES.map((_, index) => subnet('Public', index)),
    plan(
      'NATGateway',
      'NatGateway',
      () => {
        checkAddressLimit(region)
        const [publicSubnet = ''] = subnetsOf(ec2, id('VPC'), true)
        const gateway = addNatGateway(ec2, id('VPC'), publicSubnet, tags('NATGateway'))
        routeTable(ec2, id('VPC'), 'Private')?.routes.set(ANYWHERE, gateway.id)
        return gateway.id
      },
      physicalId => void ec2.natGateways.delete(physicalId),
    ),
    ...ZONES.map((_, index) => subnet('Private', index)),
    group('ControlPlaneSecurityGroup', 'Communication between the control plane and worker nodegroups'),
    group('ClusterSharedNodeSecurityGroup', 'Communication between all nodes in the cluster'),
  ]
}

function addRouteTable(ec2: Ec2State, vpcId: string, side: Side, tags: Map<string, string>, gateway: string): string {
  const id = resourceId('rtb')
  const routes = new Map([[CIDR, 'local']])
  if (side === 'Public') routes.set(ANYWHERE, gateway)
  ec2.routeTables.set(id, { id, vpcId, subnetIds: [], main: false, routes, tags })
  return id
}

const routeTable = (ec2: Ec2State, vpcId: string, side: Side) =>
  [...ec2.routeTables.values()].find(
    table => table.vpcId === vpcId && table.tags.get('Name')?.endsWith(`/${side}RouteTable`),
  )

export const subnetsOf = (ec2: Ec2State, vpcId: string, isPublic: boolean): string[] =>
  [...ec2.subnets.values()].filter(item => item.vpcId === vpcId && item.mapPublicIp === isPublic).map(({ id }) => id)

/** The rules that let nodes of EKS and nodes of eksctl reach each other; each names the other's group. */
export function nodeRules(region: Region, ids: Ids, clusterGroup: () => string): ResourcePlan[] {
  const { ec2 } = region
  const shared = (): string => ids.get('ClusterSharedNodeSecurityGroup') ?? ''
  const rule = (logicalId: string, to: () => string, from: () => string): ResourcePlan => ({
    logicalId,
    type: 'AWS::EC2::SecurityGroupIngress',
    create: () => addRule(ec2, { groupId: to(), egress: false, protocol: '-1', from: -1, to: -1, group: from() }).id,
    remove: physicalId => void ec2.rules.delete(physicalId),
  })
  return [
    rule('IngressDefaultClusterToNodeSG', shared, clusterGroup),
    rule('IngressInterNodeGroupSG', shared, shared),
    rule('IngressNodeToDefaultClusterSG', clusterGroup, shared),
  ]
}
