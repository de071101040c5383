import { Exit, Failure } from './failure.ts'

export interface Node {
  readonly id: string
  readonly dependsOn: readonly string[]
}

/** The step and everything that it depends on, in the given order. */
export function upTo<N extends Node>(nodes: readonly N[], id: string): readonly N[] {
  const wanted = reach(id, known(nodes), node => node.dependsOn)
  return nodes.filter(node => wanted.has(node.id))
}

/** The step and everything that depends on it, in the given order. */
export function from<N extends Node>(nodes: readonly N[], id: string): readonly N[] {
  const dependents = (node: N) => nodes.filter(other => other.dependsOn.includes(node.id)).map(other => other.id)
  const wanted = reach(id, known(nodes), dependents)
  return nodes.filter(node => wanted.has(node.id))
}

/** The same nodes with every arrow turned round: what was built last goes first. */
export function reversed<N extends Node>(
  nodes: readonly N[],
): readonly { readonly node: N; readonly after: string[] }[] {
  return nodes.toReversed().map(node => ({
    node,
    after: nodes.filter(other => other.dependsOn.includes(node.id)).map(other => other.id),
  }))
}

function known<N extends Node>(nodes: readonly N[]): ReadonlyMap<string, N> {
  return new Map(nodes.map(node => [node.id, node]))
}

function reach<N extends Node>(
  id: string,
  nodes: ReadonlyMap<string, N>,
  next: (node: N) => readonly string[],
): ReadonlySet<string> {
  if (!nodes.has(id)) {
    throw new Failure({
      code: 'UNKNOWN_STEP',
      exit: Exit.usage,
      message: `There is no step "${id}".`,
      suggestions: [`Steps: ${[...nodes.keys()].join(', ')}`],
    })
  }
  const seen = new Set<string>()
  const queue = [id]
  for (let current = queue.pop(); current !== undefined; current = queue.pop()) {
    const node = nodes.get(current)
    if (!node || seen.has(current)) continue
    seen.add(current)
    queue.push(...next(node))
  }
  return seen
}

/**
 * Runs every node once all it waits for has settled, independent ones side by side, or one by one in the given order.
 * `work` never rejects: what became of a node is its own result.
 */
export async function walk<T>(
  nodes: readonly { readonly id: string; readonly after: readonly string[] }[],
  work: (id: string, before: readonly T[]) => Promise<T>,
  { oneByOne = false }: { readonly oneByOne?: boolean } = {},
): Promise<readonly T[]> {
  const running = new Map<string, Promise<T>>()
  const byId = new Map(nodes.map(node => [node.id, node]))
  const start = (id: string): Promise<T> => {
    const already = running.get(id)
    if (already) return already
    const before = (byId.get(id)?.after ?? []).filter(other => byId.has(other))
    const result = Promise.resolve().then(async () => work(id, await Promise.all(before.map(start))))
    running.set(id, result)
    return result
  }
  if (oneByOne) for (const { id } of nodes) await start(id)
  return Promise.all(nodes.map(node => start(node.id)))
}
