export type Action = 'create' | 'update' | 'delete' | 'adopt' | 'run'

/** One thing that will be done, as data: what is shown, printed as JSON, and applied are the same object. */
export interface Change {
  readonly action: Action
  /** In the field's words: `iam-role`, `security-group`, `ecs-service`, `Deployment`, … */
  readonly kind: string
  readonly name: string
  /** Why it is needed, as a phrase: `does not exist`, `image differs: a, want b`. */
  readonly reason: string
  readonly id?: string
  /** Changes of one stage are made side by side, stages one after another, lowest first. Default 0. */
  readonly stage?: number
  /** What `apply` needs beyond the name. Never a secret: plans are printed. */
  readonly detail?: unknown
}

/** Something that exists, as a step found it. */
export interface Resource {
  readonly kind: string
  readonly name: string
  readonly id?: string
  /** Made by us, for this cluster. What is not ours may be used, never changed or deleted. */
  readonly ours: boolean
}

export type Facts = Readonly<Record<string, unknown>>

export interface Plan {
  readonly changes: readonly Change[]
  /** What the step found of what it looks after. */
  readonly present: readonly Resource[]
  /** Inputs that do not exist yet, as phrases; with any, the step is `pending` and can't be applied. */
  readonly pending?: readonly string[]
  /** What is already so and worth knowing: ids, addresses, ARNs. Never a secret. */
  readonly facts?: Facts
  readonly warnings?: readonly string[]
  /** What is as it should be and does not work, yet or any more, as phrases: nothing is to be changed about it. */
  readonly unsettled?: readonly string[]
}

export const nothingToDo = (present: readonly Resource[] = [], facts: Facts = {}): Plan => ({
  changes: [],
  present,
  facts,
})

export type State = 'absent' | 'partial' | 'ready' | 'drifted' | 'unknown'

/**
 * What a plan says about the present: nothing to do is ready; anything to update or to delete has drifted;
 * things to create are partial where something of it stands already, and so is what does not work.
 */
export function stateOf(plan: Plan): State {
  if (plan.pending?.length) return plan.present.some(r => r.ours) ? 'partial' : 'absent'
  if (plan.changes.length === 0) return plan.unsettled?.length ? 'partial' : 'ready'
  if (plan.changes.some(c => c.action !== 'create' && c.action !== 'run')) return 'drifted'
  return plan.present.some(r => r.ours) ? 'partial' : 'absent'
}

/** The changes in the order in which they are made: a list of stages, each to be made side by side. */
export function stagesOf(plan: Plan): readonly (readonly Change[])[] {
  const stages = Map.groupBy(plan.changes, change => change.stage ?? 0)
  return [...stages.entries()].sort(([a], [b]) => a - b).map(([, changes]) => changes)
}
