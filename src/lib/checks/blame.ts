/** An AuthorizationPolicy as Kubernetes has it, as far as it says whom it refuses. */
export interface PolicyObject {
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec?: {
    readonly action?: string
    readonly targetRef?: unknown
    readonly targetRefs?: readonly unknown[]
    readonly rules?: readonly Rule[]
  }
}

interface Rule {
  readonly from?: readonly { readonly source?: Values }[]
  readonly to?: readonly { readonly operation?: Values }[]
  readonly when?: readonly { readonly key?: string }[]
}

type Values = Readonly<Record<string, readonly string[]>>

export interface Denial {
  /** 4: by a ztunnel. 7: by a waypoint. */
  readonly layer: 4 | 7
  /** Namespace of the target. */
  readonly namespace: string
  /** `namespace/name`, where a log names it. */
  readonly policy?: string
}

const ROOT_NAMESPACE = 'istio-system'

/**
 * Pure: the policies that may have made a denial, each with its rules in words. A log names the one that did; without it,
 * they are those that are enforced at that layer in the target's namespace or in the whole mesh.
 */
export function blame({ layer, namespace, policy }: Denial, policies: readonly PolicyObject[]): readonly string[] {
  const suspects = policies.filter(suspect => {
    if (policy !== undefined) return nameOf(suspect) === policy
    return (
      isAtWaypoint(suspect) === (layer === 7) && [namespace, ROOT_NAMESPACE].includes(suspect.metadata.namespace ?? '')
    )
  })
  return suspects.map(inWords)
}

const nameOf = ({ metadata: { name, namespace } }: PolicyObject): string => `${namespace}/${name}`

const isAtWaypoint = ({ spec }: PolicyObject): boolean =>
  spec?.targetRef !== undefined || (spec?.targetRefs ?? []).length > 0

/** `ecs/post-only (ALLOW; rule 1: from namespaces default, ecs, to methods POST)`. */
function inWords(policy: PolicyObject): string {
  const { action = 'ALLOW', rules = [] } = policy.spec ?? {}
  const words = rules.map((rule, index) => `rule ${index + 1}: ${ruleInWords(rule)}`)
  return `${nameOf(policy)} (${[action, ...(words.length > 0 ? words : ['no rules'])].join('; ')})`
}

function ruleInWords({ from = [], to = [], when = [] }: Rule): string {
  const sources = from.map(({ source = {} }) => valuesInWords(source))
  const operations = to.map(({ operation = {} }) => valuesInWords(operation))
  const conditions = when.map(({ key = '' }) => key)
  const parts = [
    ...(sources.length > 0 ? [`from ${sources.join(' or ')}`] : []),
    ...(operations.length > 0 ? [`to ${operations.join(' or ')}`] : []),
    ...(conditions.length > 0 ? [`when ${conditions.join(' and ')}`] : []),
  ]
  return parts.length > 0 ? parts.join(', ') : 'every request'
}

const valuesInWords = (values: Values): string =>
  Object.entries(values)
    .map(([key, list]) => `${key} ${list.join(', ')}`)
    .join(' and ')
