import { resourceId } from '../../ids.ts'
import type { Tags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'

interface Resource {
  readonly id: string
  readonly tags: Tags
}

export interface Vpc extends Resource {
  readonly cidr: string
  readonly isDefault: boolean
}

export interface Subnet extends Resource {
  readonly vpcId: string
  readonly cidr: string
  readonly zone: string
  mapPublicIp: boolean
  /** The part of the address after the subnet's own that the next network interface gets. */
  nextHost: number
}

export interface SecurityGroup extends Resource {
  readonly name: string
  readonly description: string
  readonly vpcId: string
}

export interface RuleSource {
  readonly cidr?: string
  readonly cidrV6?: string
  readonly prefixList?: string
  /** A security group's id. */
  readonly group?: string
}

export interface SecurityGroupRule extends Resource, RuleSource {
  readonly groupId: string
  readonly egress: boolean
  /** `tcp`, `udp`, `icmp`, `-1` for all, or a number. */
  readonly protocol: string
  /** -1 for all. */
  readonly from: number
  readonly to: number
  readonly note: string | undefined
}

export interface NetworkInterface extends Resource {
  readonly vpcId: string
  readonly subnetId: string
  readonly zone: string
  readonly privateIp: string
  readonly groups: string[]
  readonly description: string
  /** `interface`, `nat_gateway`, `load_balancer` … */
  readonly kind: string
  /** The service that made it, as EC2 shows it: `amazon-elb`, an account number. */
  readonly requester: string
  status: 'available' | 'in-use' | 'detaching'
  /** What it is attached to; undefined for `available`. */
  attachment: string | undefined
}

export interface RouteTable extends Resource {
  readonly vpcId: string
  readonly subnetIds: string[]
  readonly main: boolean
  /** Destination to the id of a gateway. */
  readonly routes: Map<string, string>
}

export interface Gateway extends Resource {
  readonly vpcId: string
  /** Of a NAT gateway. */
  readonly subnetId: string | undefined
  state: 'pending' | 'available' | 'deleting' | 'deleted' | 'attached'
}

export interface VpcEndpoint extends Resource {
  readonly vpcId: string
  readonly serviceName: string
  readonly kind: 'Interface' | 'Gateway'
  readonly subnetIds: readonly string[]
  readonly groups: readonly string[]
}

export interface Instance extends Resource {
  readonly subnetId: string
  readonly vpcId: string
  readonly type: string
  readonly privateIp: string
  readonly launched: Date
  state: 'running' | 'terminated'
}

export interface Volume extends Resource {
  readonly zone: string
  /** In GiB. */
  readonly size: number
  readonly type: string
  readonly created: Date
  readonly state: 'available' | 'in-use'
}

/** EC2 of one region. */
export interface Ec2State {
  readonly vpcs: Map<string, Vpc>
  readonly subnets: Map<string, Subnet>
  readonly groups: Map<string, SecurityGroup>
  readonly rules: Map<string, SecurityGroupRule>
  readonly interfaces: Map<string, NetworkInterface>
  readonly routeTables: Map<string, RouteTable>
  readonly internetGateways: Map<string, Gateway>
  readonly natGateways: Map<string, Gateway>
  readonly endpoints: Map<string, VpcEndpoint>
  readonly instances: Map<string, Instance>
  readonly volumes: Map<string, Volume>
}

/** A new region has a default VPC with a public subnet in each of three zones. */
export function createEc2State(region: string): Ec2State {
  const ec2: Ec2State = {
    vpcs: new Map(),
    subnets: new Map(),
    groups: new Map(),
    rules: new Map(),
    interfaces: new Map(),
    routeTables: new Map(),
    internetGateways: new Map(),
    natGateways: new Map(),
    endpoints: new Map(),
    instances: new Map(),
    volumes: new Map(),
  }
  const vpc = addVpc(ec2, '172.31.0.0/16', new Map(), true)
  const gateway = addInternetGateway(ec2, vpc.id)
  for (const table of ec2.routeTables.values()) table.routes.set('0.0.0.0/0', gateway.id)
  for (const [index, letter] of ['a', 'b', 'c'].entries())
    addSubnet(ec2, { vpcId: vpc.id, cidr: `172.31.${index * 16}.0/20`, zone: `${region}${letter}`, mapPublicIp: true })
  return ec2
}

/** Keeps a resource under its id. */
export function keep<T extends Resource>(all: Map<string, T>, resource: T): T {
  all.set(resource.id, resource)
  return resource
}

/** A VPC with what it always has: its default group and its main route table. */
export function addVpc(ec2: Ec2State, cidr: string, tags: Tags = new Map(), isDefault = false): Vpc {
  const vpc = keep(ec2.vpcs, { id: resourceId('vpc'), cidr, isDefault, tags })
  addGroup(ec2, { name: 'default', description: 'default VPC security group', vpcId: vpc.id })
  const routes = new Map([[cidr, 'local']])
  keep(ec2.routeTables, { id: resourceId('rtb'), vpcId: vpc.id, subnetIds: [], main: true, routes, tags: new Map() })
  return vpc
}

export const addInternetGateway = (ec2: Ec2State, vpcId: string, tags: Tags = new Map()): Gateway =>
  keep(ec2.internetGateways, { id: resourceId('igw'), vpcId, subnetId: undefined, state: 'attached', tags })

export const addNatGateway = (ec2: Ec2State, vpcId: string, subnetId: string, tags: Tags = new Map()): Gateway =>
  keep(ec2.natGateways, { id: resourceId('nat'), vpcId, subnetId, state: 'available', tags })

export function addSubnet(
  ec2: Ec2State,
  subnet: Pick<Subnet, 'vpcId' | 'cidr' | 'zone' | 'mapPublicIp'> & { tags?: Tags },
): Subnet {
  return keep(ec2.subnets, { tags: new Map(), ...subnet, id: resourceId('subnet'), nextHost: 10 })
}

/** A new group lets everything out, as EC2 makes it. */
export function addGroup(
  ec2: Ec2State,
  group: Pick<SecurityGroup, 'name' | 'description' | 'vpcId'> & { tags?: Tags },
): SecurityGroup {
  const made = keep(ec2.groups, { tags: new Map(), ...group, id: resourceId('sg') })
  addRule(ec2, { groupId: made.id, egress: true, protocol: '-1', from: -1, to: -1, cidr: '0.0.0.0/0' })
  return made
}

type NewRule = Pick<SecurityGroupRule, 'groupId' | 'egress' | 'protocol' | 'from' | 'to'> &
  RuleSource & { note?: string | undefined; tags?: Tags }

export const addRule = (ec2: Ec2State, rule: NewRule): SecurityGroupRule =>
  keep(ec2.rules, { note: undefined, tags: new Map(), ...rule, id: resourceId('sgr') })

export function removeGroup(ec2: Ec2State, id: string): void {
  ec2.groups.delete(id)
  for (const rule of ec2.rules.values()) if (rule.groupId === id) ec2.rules.delete(rule.id)
}

/** What keeps a security group from being deleted: a network interface that has it, a rule of another group that names it. */
export const groupUsers = (ec2: Ec2State, id: string): string[] => [
  ...[...ec2.interfaces.values()].filter(({ groups }) => groups.includes(id)).map(({ id }) => id),
  ...[...ec2.rules.values()].filter(({ group, groupId }) => group === id && groupId !== id).map(({ id }) => id),
]

type NewInterface = Pick<NetworkInterface, 'subnetId' | 'groups' | 'description' | 'requester' | 'attachment'> & {
  kind?: string
  tags?: Tags
}

/** @throws AwsError `InvalidSubnetID.NotFound` */
export function addInterface(ec2: Ec2State, made: NewInterface): NetworkInterface {
  const subnet = ec2.subnets.get(made.subnetId)
  if (subnet === undefined)
    throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${made.subnetId}' does not exist`)
  return keep(ec2.interfaces, {
    kind: 'interface',
    tags: new Map(),
    ...made,
    id: resourceId('eni'),
    vpcId: subnet.vpcId,
    zone: subnet.zone,
    privateIp: nextAddress(subnet),
    status: made.attachment === undefined ? 'available' : 'in-use',
  })
}

export function nextAddress(subnet: Subnet): string {
  const base = subnet.cidr.split('/')[0]?.split('.').map(Number) ?? []
  const [a = 0, b = 0, c = 0, d = 0] = base
  const host = ((a << 24) | (b << 16) | (c << 8) | d) + subnet.nextHost++
  return [host >>> 24, (host >>> 16) & 255, (host >>> 8) & 255, host & 255].join('.')
}
