import type { Check } from '../check.ts'
import type { CheckResult } from '../result.ts'

/** The checks of one suite as a table: a row for each source and method, a column for each target. */
export interface Table {
  readonly targets: readonly string[]
  readonly rows: readonly Row[]
}

export interface Row {
  readonly label: string
  /** By target. */
  readonly cells: ReadonlyMap<string, CheckResult>
}

/** Results by suite, in the order in which they ran. */
export const bySuite = (checks: readonly CheckResult[]): readonly (readonly [string, readonly CheckResult[]])[] => [
  ...Map.groupBy(checks, ({ suite }) => suite),
]

export function tableOf(checks: readonly CheckResult[]): Table {
  const oneMethod = new Set(checks.map(methodOf)).size <= 1
  const rows = new Map<string, { label: string; cells: Map<string, CheckResult> }>()
  for (const check of checks) {
    const label = oneMethod ? check.from : `${check.from} ${methodOf(check)}`
    // A second check of the same kind has no place of its own in the table: it gets a row by its id.
    const key = rows.get(label)?.cells.has(check.to) ? ownId(check) : label
    const row = rows.get(key) ?? { label: key, cells: new Map() }
    row.cells.set(check.to, check)
    rows.set(key, row)
  }
  return { targets: [...new Set(checks.map(({ to }) => to))], rows: [...rows.values()] }
}

/** HEAD goes with GET: to a policy on methods they differ, to who reads the table they do not. */
export function methodOf({ request }: Pick<Check, 'request'>): string {
  return (
    /(?:^| )(?:-X ?|--request[ =])([A-Z]+)/.exec(request)?.[1] ?? (/ (-d|--data|--json)/.test(request) ? 'POST' : 'GET')
  )
}

/** The id within the suite. */
export const ownId = ({ id, suite }: Pick<Check, 'id' | 'suite'>): string => id.slice(suite.length + 1)

/** How it came about, with the policies that are to blame. */
export const explanation = ({ evidence: { why, policies = [] } }: CheckResult): string =>
  [why, ...policies.map(policy => `policy ${policy}`)].join('; ')

/** `expected denied-l4, came to unreachable (endpoint)`: why a check fails, in short. */
export function complaint({ expected, verdict, evidence: { layer } }: CheckResult): string {
  const where = layer === undefined ? '' : ` (${layer})`
  return expected === null || expected === verdict
    ? `${verdict}${where}, but that is not enough`
    : `expected ${expected}, came to ${verdict}${where}`
}
