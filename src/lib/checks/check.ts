/** What a check is and what can come of it. Everything here is data. */

/** From best to worst known: the first three say what the mesh decided, the others that it was not asked. */
export const VERDICTS = ['allowed', 'denied-l4', 'denied-l7', 'unreachable', 'broken'] as const
export type Verdict = (typeof VERDICTS)[number]

/** Only what the mesh decides can be expected. */
export const EXPECTABLE = ['allowed', 'denied-l4', 'denied-l7'] as const satisfies readonly Verdict[]
export type Expected = (typeof EXPECTABLE)[number]

/** Where a call that did not go as expected came to its end. */
export const LAYERS = [
  'task',
  'agent',
  'pod',
  'channel',
  'curl',
  'dns',
  'security-group',
  'endpoint',
  'not-enrolled',
  'policy',
  'http',
] as const
export type Layer = (typeof LAYERS)[number]

export interface Check {
  /** Unique in a run: the suite's name, a slash, the check's own id. */
  readonly id: string
  readonly suite: string
  /** Name of the place where curl runs. */
  readonly from: string
  /** Name of the place that it calls; in a text list, whatever host the line names. */
  readonly to: string
  /** The arguments of curl. */
  readonly args: readonly string[]
  /** As it is shown: `curl -X POST echo-service.ecs.local:8080`. */
  readonly request: string
  /** Undefined: whatever comes is shown, and only a broken probe fails. */
  readonly expected?: Expected
}

/** What must stand while a suite runs. */
export interface MeshState {
  /** Policies by name or file, and no others of ours. */
  readonly policies: readonly string[]
  /** Whether the ECS namespace goes through its waypoint. */
  readonly waypoint: boolean
}

export interface Suite {
  readonly name: string
  /** By what it is found again: a built-in name, or the path of a file. */
  readonly ref: string
  readonly title: string
  /** A list prints each command and its output in the guide's form. */
  readonly kind: 'suite' | 'list'
  /** Undefined: tests what stands. */
  readonly state?: MeshState
  readonly checks: readonly Check[]
}

/** `ecs/shell->eks/echo`: how a path through the mesh is written wherever one is named. */
export const pathOf = ({ from, to }: Pick<Check, 'from' | 'to'>): string => `${from}->${to}`
