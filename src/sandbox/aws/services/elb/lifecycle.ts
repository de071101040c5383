import { hex } from '../../ids.ts'
import type { Region } from '../../region.ts'
import { upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import { addGroup, addInterface, addRule, groupUsers, removeGroup } from '../ec2/state.ts'
import { limitOf, QUOTA } from '../quotas.ts'
import type { LoadBalancer } from './state.ts'

/** Milliseconds of sandbox time. */
const TIMES = {
  /** From the balancer's making until its name resolves and its network interfaces exist. */
  provisioning: 90_000,
  /** From its deletion until its network interfaces are gone. */
  interfaceRelease: 60_000,
} as const

export interface NewLoadBalancer {
  /** The Kubernetes service that it is for, as `namespace/name`. */
  readonly service: string
  readonly eksCluster: string
  readonly vpcId: string
  readonly internal: boolean
  readonly ports: readonly number[]
}

/**
 * Makes a classic load balancer as the Kubernetes controller does, with a security group of its own.
 *
 * @param ready called when it has its network interfaces and its name resolves
 * @throws AwsError `TooManyLoadBalancers` where the region can't take another one
 */
export function addLoadBalancer(
  region: Region,
  wanted: NewLoadBalancer,
  ready: (balancer: LoadBalancer) => void,
): LoadBalancer {
  const { ec2, elb, clock } = region
  if (elb.loadBalancers.size >= limitOf(region, QUOTA.loadBalancers))
    throw new AwsError('TooManyLoadBalancers', 'Exceeded quota of account')
  const name = `a${hex(31)}`
  const cluster = `kubernetes.io/cluster/${wanted.eksCluster}`
  const group = addGroup(ec2, {
    name: `k8s-elb-${name}`,
    description: `Security group for Kubernetes ELB ${name} (${wanted.service})`,
    vpcId: wanted.vpcId,
    tags: upperTags.read([{ Key: cluster, Value: 'owned' }]),
  })
  for (const port of wanted.ports)
    addRule(ec2, { groupId: group.id, egress: false, protocol: 'tcp', from: port, to: port, cidr: '0.0.0.0/0' })
  letIntoNodes(region, wanted.eksCluster, group.id)
  const subnetIds = [...ec2.subnets.values()]
    .filter(({ vpcId, mapPublicIp }) => vpcId === wanted.vpcId && mapPublicIp === !wanted.internal)
    .map(({ id }) => id)
  const balancer: LoadBalancer = {
    name,
    dnsName: loopbackName(),
    scheme: wanted.internal ? 'internal' : 'internet-facing',
    vpcId: wanted.vpcId,
    subnetIds,
    securityGroup: group.id,
    ports: wanted.ports,
    created: new Date(clock.now()),
    tags: upperTags.read([
      { Key: cluster, Value: 'owned' },
      { Key: 'kubernetes.io/service-name', Value: wanted.service },
    ]),
    interfaceIds: [],
    shut: () => undefined,
  }
  elb.loadBalancers.set(name, balancer)
  clock.after(TIMES.provisioning, () => {
    if (elb.loadBalancers.get(name) !== balancer) return
    for (const subnetId of subnetIds) {
      const description = `ELB ${name}`
      const made = addInterface(ec2, {
        subnetId,
        groups: [group.id],
        description,
        requester: 'amazon-elb',
        attachment: name,
      })
      balancer.interfaceIds.push(made.id)
    }
    balancer.shut = region.hooks.openPorts?.(balancer.dnsName, balancer.ports) ?? balancer.shut
    ready(balancer)
  })
  return balancer
}

/** The controller lets a load balancer in where the nodes are, by a rule of the cluster's own group that has no tags. */
function letIntoNodes({ ec2, eks }: Region, cluster: string, group: string): void {
  const groupId = eks.clusters.get(cluster)?.securityGroupId
  if (groupId !== undefined && ec2.groups.has(groupId))
    addRule(ec2, { groupId, egress: false, protocol: '-1', from: -1, to: -1, group })
}

/**
 * A name of its own for each load balancer that resolves on any machine and without DNS, to an address of loopback:
 * the hexadecimal form of an IPv4 address, which every resolver of names understands.
 */
const loopbackName = (): string => `0x7f${hex(6)}`

/** Deletes a load balancer; its network interfaces go a minute later. Its security group stays: see below. */
export function removeLoadBalancer({ ec2, elb, clock }: Region, name: string): void {
  const balancer = elb.loadBalancers.get(name)
  if (balancer === undefined) return
  elb.loadBalancers.delete(name)
  balancer.shut()
  clock.after(TIMES.interfaceRelease, () => {
    for (const id of balancer.interfaceIds) ec2.interfaces.delete(id)
  })
}

/**
 * Deletes a load balancer and then, as the controller does and ELB itself does not, its security group,
 * once nothing uses that any more.
 *
 * @param gone called when all of it is gone
 */
export function removeWithGroup(region: Region, name: string, gone: () => void): void {
  const group = region.elb.loadBalancers.get(name)?.securityGroup
  for (const rule of region.ec2.rules.values())
    if (rule.group === group && rule.groupId !== group) region.ec2.rules.delete(rule.id)
  removeLoadBalancer(region, name)
  const sweep = (): void => {
    if (group !== undefined && groupUsers(region.ec2, group).length > 0) return void region.clock.after(SWEEP, sweep)
    if (group !== undefined) removeGroup(region.ec2, group)
    gone()
  }
  sweep()
}

const SWEEP = 10_000
