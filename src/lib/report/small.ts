import { wrapped } from '../ui/words.ts'
import { plural } from './blocks.ts'
import type { EcsPart, EksPart, GatewayPart, NamespacePart, Topology, Workload } from './topology.ts'

export interface SmallOptions {
  /** Width of the terminal in characters; 60 are enough. */
  readonly columns: number
  /** Signs beyond ASCII. */
  readonly unicode: boolean
}

/** How many services are named; the others are counted. */
const NAMED = 8

interface Signs {
  readonly branch: string
  readonly last: string
  readonly bar: string
  readonly in: string
  readonly out: string
  readonly unknown: string
  readonly link: string
}

const SIGNS: Signs = {
  branch: '├─ ',
  last: '└─ ',
  bar: '│  ',
  in: '●',
  out: '○',
  unknown: '?',
  link: '║ HBONE, port 15008',
}
const ASCII: Signs = {
  branch: '|- ',
  last: '`- ',
  bar: '|  ',
  in: '*',
  out: 'o',
  unknown: '?',
  link: '# HBONE, port 15008',
}

/** Pure: the topology as a small tree, for a terminal without colours. */
export function smallPicture({ eks, ecs }: Topology, { columns, unicode }: SmallOptions): readonly string[] {
  const signs = unicode ? SIGNS : ASCII
  const parts = [eksTree(eks, signs), ...ecs.map(part => ecsTree(part, signs))]
  const joined = ecs.some(({ services }) => services.some(({ membership }) => membership === 'in'))
  const link = joined ? [`   ${signs.link}`] : []
  const legend = `${signs.in} in the mesh  ${signs.out} not in the mesh  ${signs.unknown} not known`
  return [...parts.flatMap((part, index) => [...(index === 1 ? link : []), ...linesOf(part, signs, columns)]), legend]
}

interface Tree {
  readonly text: string
  readonly children: readonly Tree[]
}

const leaf = (text: string): Tree => ({ text, children: [] })

function eksTree(eks: EksPart, signs: Signs): Tree {
  const { name, presence, why, kubernetesVersion, nodes, istioVersion, unread, namespaces } = eks
  if (presence !== 'present') return leaf(`EKS cluster ${name}: ${absence(presence, why)}`)
  const facts = [
    kubernetesVersion && `Kubernetes ${kubernetesVersion}`,
    nodes === undefined ? undefined : plural(nodes, 'node'),
    istioVersion && `Istio ${istioVersion}`,
  ].filter(Boolean)
  return {
    text: `EKS cluster ${name}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`,
    children: [
      ...(unread === undefined ? [] : [leaf(`unknown: ${unread}`)]),
      ...namespaces.map(namespace => namespaceTree(namespace, signs)),
    ],
  }
}

const absence = (presence: 'absent' | 'unknown', why = ''): string =>
  presence === 'absent' ? 'does not exist' : `unknown: ${why}`

function namespaceTree({ name, presence, ambient, workloads, gateways, policies }: NamespacePart, signs: Signs): Tree {
  if (presence === 'absent') return leaf(`${name}: does not exist`)
  const system = gateways.some(({ role }) => role === 'east-west')
  return {
    text: `${name}${ambient ? ' (ambient)' : ''}`,
    children: [
      ...(system && workloads.length > 0
        ? [leaf(workloads.map(({ name, running, wanted }) => `${name} ${running}/${wanted}`).join(', '))]
        : []),
      ...gateways.map(gatewayLeaf),
      ...(system ? [] : some(workloads, signs)),
      ...policies.map(({ name, action }) => leaf(`policy ${name}: ${action}`)),
    ],
  }
}

function gatewayLeaf({ name, role, presence, programmed, address }: GatewayPart): Tree {
  if (presence === 'absent') return leaf(`${role} gateway: does not exist`)
  const title = role === name ? role : `${role} ${name}`
  return leaf(`${title}: ${programmed ? (address ?? 'programmed') : 'not programmed'}`)
}

function ecsTree({ name, presence, why, services }: EcsPart, signs: Signs): Tree {
  if (presence !== 'present') return leaf(`ECS cluster ${name}: ${absence(presence, why)}`)
  return { text: `ECS cluster ${name}`, children: some(services, signs) }
}

function some(workloads: readonly Workload[], signs: Signs): readonly Tree[] {
  const named = workloads.length > NAMED + 1 ? workloads.slice(0, NAMED) : workloads
  const rest = workloads.slice(named.length)
  const inside = rest.filter(({ membership }) => membership === 'in').length
  return [
    ...named.map(workload => workloadLeaf(workload, signs)),
    ...(rest.length > 0 ? [leaf(`${rest.length} more, ${inside} of them in the mesh`)] : []),
  ]
}

function workloadLeaf({ name, kind, presence, running, wanted, membership, ztunnel }: Workload, signs: Signs): Tree {
  if (presence === 'absent') return leaf(`  ${name}: does not exist`)
  const count = `${running} of ${plural(wanted, kind)}`
  return leaf(`${signs[membership]} ${name}: ${count}${ztunnel ? ', ztunnel' : ''}`)
}

function linesOf({ text, children }: Tree, signs: Signs, columns: number, indent = ''): readonly string[] {
  const [first = '', ...more] = wrapped(text, columns - indent.length)
  return [
    first,
    ...more.map(line => `${indent}${children.length > 0 ? signs.bar : '  '}${line}`),
    ...children.flatMap((child, index) => {
      const last = index === children.length - 1
      const inner = indent + (last ? '   ' : signs.bar)
      const [head = '', ...rest] = linesOf(child, signs, columns, inner)
      return [`${indent}${last ? signs.last : signs.branch}${head}`, ...rest]
    }),
  ]
}
