import type { Scene } from './arrows.ts'
import { plural } from './blocks.ts'
import { MEMBERSHIP, type Topology, type Workload, workloadsOf } from './topology.ts'

/** How many workloads a description names. */
const NAMED = 20

/** The picture in words. */
export function descriptionOf(topology: Topology, scene?: Scene): string {
  const { eks, ecs } = topology
  return [
    eksWords(topology),
    ...eks.namespaces
      .filter(({ presence }) => presence === 'present')
      .map(({ name, ambient, workloads }) => `Namespace ${name}${ambient ? ', ambient' : ''}: ${listOf(workloads)}.`),
    ...ecs.map(part =>
      part.presence === 'present'
        ? `ECS cluster ${part.name}: ${listOf(part.services)}.`
        : `ECS cluster ${part.name}: ${part.presence}.`,
    ),
    ...(scene ? arrowWords(topology, scene) : []),
  ].join('\n')
}

function eksWords({ eks }: Topology): string {
  if (eks.presence !== 'present') return `EKS cluster ${eks.name}: ${eks.presence}.`
  const nodes = eks.nodes === undefined ? 'nodes unknown' : plural(eks.nodes, 'node')
  return `EKS cluster ${eks.name}: Kubernetes ${eks.kubernetesVersion ?? 'unknown'}, ${nodes}.`
}

function listOf(workloads: readonly Workload[]): string {
  if (workloads.length === 0) return 'nothing'
  const named = workloads
    .slice(0, NAMED)
    .map(({ name, presence, membership }) =>
      presence === 'absent' ? `${name} (does not exist yet)` : `${name} (${MEMBERSHIP[membership]})`,
    )
  const more = workloads.length - named.length
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

function arrowWords(topology: Topology, { arrows, subtitle }: Scene): readonly string[] {
  const names = new Map(workloadsOf(topology).map(({ id, name }) => [id, name]))
  const nameOf = (id: string) => names.get(id) ?? id.replace(/^outside /, '')
  return [
    subtitle,
    ...arrows.map(({ from, to, verdict, complaint, methods }) => {
      const what = [...methods, verdict].join(' ')
      return `${nameOf(from)} to ${nameOf(to)}: ${[what, complaint].filter(Boolean).join(', ')}.`
    }),
  ]
}
