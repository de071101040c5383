import { StatusError, unknownPath } from '../status-error.ts'
import { type Kind, type Kinds, type KindVersion, versionOf } from '../store/kinds.ts'

/** What a resource path is about. */
export interface Target {
  readonly kind: Kind
  readonly version: KindVersion
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
}

/** The group of a path, for logs: `core`, `apps`, …; `server` for what belongs to no group. */
export function groupOfPath(path: string): string {
  const [root, group] = path.split('/').filter(Boolean)
  if (root === 'api') return 'core'
  return root === 'apis' && group !== undefined ? group : 'server'
}

/**
 * Reads `/apis/GROUP/VERSION/[namespaces/NAMESPACE/]RESOURCE[/NAME[/SUBRESOURCE]]`.
 *
 * @throws StatusError 404 for a group, version or resource that isn't served
 */
export function resourceTarget(path: string, kinds: Kinds): Target {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent)
  const group = parts[0] === 'api' ? '' : (parts[1] ?? '')
  const [versionName = '', ...rest] = parts.slice(parts[0] === 'api' ? 1 : 2)
  const [scope, namespace, plural, ...below] = rest
  // The namespaces themselves, and their own subresources, stand at the same place as what lies in them.
  if (scope !== 'namespaces' || plural === undefined || (below.length === 0 && namespaceSubresources.has(plural)))
    return target(kinds, group, versionName, scope ?? '', undefined, rest.slice(1))
  return target(kinds, group, versionName, plural, namespace, below)
}

const namespaceSubresources = new Set(['status', 'finalize'])

function target(
  kinds: Kinds,
  group: string,
  versionName: string,
  plural: string,
  namespace: string | undefined,
  [name, subresource, ...more]: readonly string[],
): Target {
  const kind = kinds.byPlural(group, plural)
  const version = kind === undefined ? undefined : versionOf(kind, versionName)
  if (kind === undefined || version === undefined || more.length > 0) throw unknownPath()
  if (namespace !== undefined && !kind.namespaced) throw unknownPath()
  if (subresource !== undefined && !version.subresources.includes(subresource)) throw unknownPath()
  if (kind.namespaced && namespace === undefined && name !== undefined)
    throw new StatusError(404, 'NotFound', 'the server could not find the requested resource')
  return { kind, version, namespace, name, subresource }
}
