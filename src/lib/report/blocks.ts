import type { Outsider } from './arrows.ts'
import type { BoxKind } from './drawing.ts'
import {
  type EcsPart,
  type EksPart,
  type GatewayPart,
  MEMBERSHIP,
  type NamespacePart,
  type Topology,
  type Workload,
} from './topology.ts'

/** A box with what is in it, before it has a place. */
export interface Block {
  readonly id: string
  readonly kind: BoxKind
  readonly title: string
  readonly chip?: Chip
  readonly lines: readonly string[]
  /** Small ones in rows, below the lines. */
  readonly chips: readonly Chip[]
  readonly children: readonly Block[]
  /** Ids of what it stands for, where that is more than its own. */
  readonly stands?: readonly string[]
}

export interface Chip {
  readonly text: string
  readonly kind: 'chip-in' | 'chip-out' | 'chip'
}

/** The two sides of the picture. */
export interface Sides {
  readonly left: readonly Block[]
  readonly right: readonly Block[]
}

/** How many workloads a namespace or an ECS cluster shows by themselves; the others share one card. */
const SHOWN = 6
/** How many addresses a card lists. */
const ADDRESSES = 3
/** How many namespaces have a box of their own. */
const NAMESPACES = 8

/** Pure: what is drawn. Workloads that arrows touch come first where not all have a card. */
export function blocksOf({ eks, ecs }: Topology, touched: ReadonlySet<string>, outsiders: readonly Outsider[]): Sides {
  return {
    left: [eksBlock(eks, touched)],
    right: [...ecs.map(part => ecsBlock(part, touched)), ...(outsiders.length > 0 ? [outside(outsiders)] : [])],
  }
}

const block = (more: Pick<Block, 'id' | 'kind' | 'title'> & Partial<Block>): Block => ({
  lines: [],
  chips: [],
  children: [],
  ...more,
})

const joined = (...parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join(' · ')

export const EKS_BLOCK = 'eks'
export const ecsBlockId = (name: string): string => `ecs ${name}`

function eksBlock(eks: EksPart, touched: ReadonlySet<string>): Block {
  const { name, presence, why, status, kubernetesVersion, vpcId, nodes, istioVersion, unread, namespaces } = eks
  const shown = namespaces.slice(0, NAMESPACES)
  const others = namespaces.slice(NAMESPACES)
  return block({
    id: EKS_BLOCK,
    kind: 'eks',
    title: `EKS cluster ${name}`,
    lines: [
      joined(
        status === 'ACTIVE' ? undefined : status,
        kubernetesVersion && `Kubernetes ${kubernetesVersion}`,
        nodes === undefined ? undefined : plural(nodes, 'node'),
        istioVersion && `Istio ${istioVersion} ambient`,
      ),
      joined(vpcId),
    ].filter(Boolean),
    children: [
      ...missing({ presence, why }, 'There is no such EKS cluster.', EKS_BLOCK),
      ...(unread === undefined ? [] : [ghost(`${EKS_BLOCK} unread`, 'Kubernetes could not be read', [unread])]),
      ...shown.map(namespace => namespaceBlock(namespace, touched)),
      ...(others.length > 0
        ? [
            block({
              id: `${EKS_BLOCK} others`,
              kind: 'section',
              title: `${plural(others.length, 'more namespace')}`,
              lines: [`${others.reduce((sum, { workloads }) => sum + workloads.length, 0)} workloads`],
              stands: others.flatMap(({ workloads }) => workloads.map(({ id }) => id)),
            }),
          ]
        : []),
    ],
  })
}

function missing(
  { presence, why = '' }: Pick<EksPart, 'presence'> & { readonly why: string | undefined },
  absent: string,
  id: string,
): readonly Block[] {
  if (presence === 'present') return []
  if (presence === 'absent') return [ghost(`${id} absent`, absent, [])]
  return [ghost(`${id} unknown`, 'Unknown: it could not be read', [why])]
}

const ghost = (id: string, title: string, lines: readonly string[]): Block => block({ id, kind: 'ghost', title, lines })

function namespaceBlock(namespace: NamespacePart, touched: ReadonlySet<string>): Block {
  const { name, presence, ambient, workloads, gateways, policies } = namespace
  const id = `namespace ${name}`
  if (presence === 'absent') return ghost(id, `Namespace ${name}`, ['does not exist yet'])
  // Istio's own are many and the same everywhere: a row of chips is enough.
  const system = gateways.some(({ role }) => role === 'east-west')
  return block({
    id,
    kind: 'section',
    title: `Namespace ${name}`,
    ...(ambient ? { chip: { text: 'ambient', kind: 'chip-in' } } : {}),
    chips: [
      ...(system ? workloads.map(countChip) : []),
      ...policies.map(({ name, action }): Chip => ({ text: `policy ${name}: ${action}`, kind: 'chip' })),
    ],
    children: [...gateways.map(gatewayBlock), ...(system ? [] : someOf(workloads, touched, id))],
  })
}

const countChip = ({ name, running, wanted }: Workload): Chip => ({
  text: `${name} ${running} of ${wanted}`,
  kind: running < wanted ? 'chip-out' : 'chip',
})

const ROLES: Readonly<Record<GatewayPart['role'], string>> = {
  waypoint: 'Waypoint',
  'east-west': 'East-west gateway',
  gateway: 'Gateway',
}

function gatewayBlock({ id, name, role, presence, programmed, address, used }: GatewayPart): Block {
  const title = ROLES[role]
  if (presence === 'absent') return ghost(id, title, ['does not exist yet'])
  return block({
    id,
    kind: 'card',
    title,
    chip: programmed ? { text: 'programmed', kind: 'chip-in' } : { text: 'not programmed', kind: 'chip-out' },
    lines: [
      joined(name, address),
      ...(role === 'waypoint' ? [used ? 'the namespace goes through it' : 'not in use'] : []),
    ],
  })
}

function ecsBlock({ name, presence, why, namespace, services }: EcsPart, touched: ReadonlySet<string>): Block {
  const id = ecsBlockId(name)
  const enrolled = services.filter(({ membership }) => membership === 'in').length
  return block({
    id,
    kind: 'ecs',
    title: `ECS cluster ${name}`,
    lines:
      presence === 'present'
        ? [joined(plural(services.length, 'service'), `${enrolled} in the mesh`), `Kubernetes namespace ${namespace}`]
        : [],
    children: [...missing({ presence, why }, 'There is no such ECS cluster.', id), ...someOf(services, touched, id)],
  })
}

/** A card for each, or for the first and one for all others. */
function someOf(workloads: readonly Workload[], touched: ReadonlySet<string>, id: string): readonly Block[] {
  if (workloads.length <= SHOWN + 1) return workloads.map(workloadBlock)
  const first = new Set([...workloads.filter(({ id }) => touched.has(id)), ...workloads].slice(0, SHOWN))
  const shown = workloads.filter(workload => first.has(workload))
  const rest = workloads.filter(workload => !first.has(workload))
  return [...shown.map(workloadBlock), restBlock(rest, `${id} others`)]
}

function restBlock(rest: readonly Workload[], id: string): Block {
  const count = (membership: Workload['membership']) => rest.filter(w => w.membership === membership).length
  const down = rest.filter(({ running, wanted }) => running < wanted).length
  return block({
    id,
    kind: 'card',
    title: `${rest.length} more`,
    lines: [
      joined(
        `${count('in')} in the mesh`,
        count('out') > 0 ? `${count('out')} not` : undefined,
        count('unknown') > 0 ? `${count('unknown')} unknown` : undefined,
      ),
      down === 0 ? 'all run' : `${down} not fully running`,
    ],
    stands: rest.map(({ id }) => id),
  })
}

function workloadBlock(workload: Workload): Block {
  const { id, name, kind, presence, running, wanted, addresses, membership, ztunnel, identity, host } = workload
  if (presence === 'absent') return ghost(id, name, ['does not exist yet'])
  return block({
    id,
    kind: 'card',
    title: name,
    chip: { text: MEMBERSHIP[membership], kind: membership === 'in' ? 'chip-in' : 'chip-out' },
    lines: [
      joined(
        kind === 'task' ? `${running} of ${plural(wanted, 'task')}` : `${running} of ${plural(wanted, 'pod')}`,
        ztunnel ? 'with ztunnel' : undefined,
      ),
      addressLine(addresses),
      ...(host ? [host] : []),
      ...(identity ? [identity] : []),
    ].filter(Boolean),
  })
}

function addressLine(addresses: readonly string[]): string {
  const more = addresses.length - ADDRESSES
  return joined(...addresses.slice(0, ADDRESSES), more > 0 ? `${more} more` : undefined)
}

const outside = (outsiders: readonly Outsider[]): Block =>
  block({
    id: 'outside',
    kind: 'outside',
    title: 'Outside the mesh',
    children: outsiders.map(({ id, name, detail }) => block({ id, kind: 'card', title: name, lines: [detail] })),
  })

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
