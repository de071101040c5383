import { hourlyCost } from '../steps/costs.ts'
import type { Topology } from './topology.ts'

export interface CostItem {
  readonly what: string
  readonly count: number
  /** US dollars an hour, for all of them. */
  readonly hourly: number
}

export interface Costs {
  readonly items: readonly CostItem[]
  /** US dollars an hour. */
  readonly hourly: number
  /** What could not be counted, as phrases. */
  readonly unknown: readonly string[]
}

/** Pure: what stands and goes on costing money, at list prices; traffic and storage are not in it. */
export function costsOf({ eks, ecs }: Topology): Costs {
  const balancers = eks.namespaces
    .flatMap(({ gateways }) => gateways)
    .filter(({ address, role }) => address && role === 'east-west')
  const tasks = ecs.flatMap(({ services }) => services).reduce((sum, { running }) => sum + running, 0)
  const standing = eks.presence === 'present'
  const items = [
    item('EKS control plane', 'eks-cluster', standing ? 1 : 0),
    item('EKS nodes', 'ec2-instance', eks.nodes ?? 0),
    item('NAT gateways', 'nat-gateway', eks.natGateways ?? 0),
    item('Load balancer of the east-west gateway', 'load-balancer', balancers.length),
    item('Fargate tasks', 'ecs-service', tasks),
  ].filter(({ count }) => count > 0)
  return {
    items,
    hourly: items.reduce((sum, { hourly }) => sum + hourly, 0),
    unknown: [
      ...(eks.presence === 'unknown' ? ['the EKS cluster'] : []),
      ...(standing && eks.nodes === undefined ? ['the nodes and the load balancer'] : []),
      ...(standing && eks.natGateways === undefined ? ['the NAT gateways'] : []),
      ...ecs.filter(({ presence }) => presence === 'unknown').map(({ name }) => `ECS cluster ${name}`),
    ],
  }
}

const item = (what: string, kind: string, count: number): CostItem => ({
  what,
  count,
  hourly: count * hourlyCost(kind),
})

export const dollars = (amount: number): string => `$${amount.toFixed(amount > 0 && amount < 0.01 ? 4 : 2)}`

/** `$0.32`, or `at least $0.32` where something could not be counted. */
export const totalText = ({ hourly, unknown }: Costs): string =>
  `${unknown.length > 0 ? 'at least ' : ''}${dollars(hourly)}`
