import { type GatewayPart, MEMBERSHIP, type Topology, type Workload } from './topology.ts'

export type Cells = readonly string[]

/** What stands, as tables of plain text. */
export interface Inventory {
  readonly caption: string
  readonly head: Cells
  readonly rows: readonly Cells[]
  /** What to say where there is no row. */
  readonly empty: string
}

/** Everything of the topology, also what the picture shows only as a number. */
export function inventoryOf({ eks, ecs }: Topology): readonly Inventory[] {
  const unread = eks.unread ?? (eks.presence === 'unknown' ? (eks.why ?? '') : undefined)
  return [
    {
      caption: `Workloads of EKS cluster ${eks.name}`,
      head: ['Namespace', 'Workload', 'Pods', 'Mesh', 'Identity', 'Addresses'],
      rows: eks.namespaces.flatMap(({ name, workloads }) =>
        workloads.map(workload => [name, workload.name, countOf(workload), ...facts(workload)]),
      ),
      empty: unread === undefined ? 'none' : `unknown: ${unread}`,
    },
    {
      caption: 'Gateways and waypoints',
      head: ['Namespace', 'Gateway', 'Role', 'State', 'Address'],
      rows: eks.namespaces.flatMap(({ name, gateways }) =>
        gateways.map(gateway => [name, gateway.name, gateway.role, stateOf(gateway), gateway.address ?? '–']),
      ),
      empty: 'none',
    },
    {
      caption: 'Authorization policies that stand now',
      head: ['Namespace', 'Policy', 'Action'],
      rows: eks.namespaces.flatMap(({ name, policies }) => policies.map(policy => [name, policy.name, policy.action])),
      empty: 'none',
    },
    ...ecs.map(({ name, presence, why, services }) => ({
      caption: `Services of ECS cluster ${name}`,
      head: ['Service', 'Tasks', 'Ztunnel', 'Mesh', 'Identity', 'Addresses'],
      rows: services.map(service => [
        service.name,
        service.presence === 'absent' ? 'does not exist yet' : countOf(service),
        service.ztunnel ? 'in each task' : 'no',
        ...facts(service),
      ]),
      empty: presence === 'unknown' ? `unknown: ${why}` : presence === 'absent' ? 'there is no such cluster' : 'none',
    })),
  ]
}

const countOf = ({ running, wanted }: Workload): string => `${running} of ${wanted}`

const facts = ({ membership, identity, addresses }: Workload): readonly string[] => [
  MEMBERSHIP[membership],
  identity ?? '–',
  addresses.length > 0 ? addresses.join(', ') : '–',
]

function stateOf({ presence, programmed, role, used }: GatewayPart): string {
  if (presence === 'absent') return 'does not exist yet'
  const state = programmed ? 'programmed' : 'not programmed'
  return role === 'waypoint' ? `${state}, ${used ? 'in use' : 'not in use'}` : state
}
