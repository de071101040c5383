import { Exit, Failure } from './failure.ts'
import type { Plan } from './plan.ts'
import type { AnyStep, StepContext } from './step.ts'

/** Milliseconds within which AWS knows everywhere of what was made. */
const INPUT_LIMIT = 60_000

export interface Planned {
  readonly seen: unknown
  readonly plan: Plan
}

/** Not every read knows at once of what was made just now: an input is waited for, where a step before has made it. */
export async function plannedOnInputs<D, R, W extends R>(
  context: StepContext<D, W>,
  step: AnyStep<D, R, W>,
  decide: (seen: unknown) => Plan,
  fresh: boolean,
): Promise<Planned> {
  const look = async (): Promise<Planned> => {
    const seen = await step.observe(context)
    return { seen, plan: decide(seen) }
  }
  let planned = await look()
  const lacks = () => planned.plan.pending?.join('; ') || undefined
  if (!fresh || lacks() === undefined) return planned
  const until = context.clock.now() + INPUT_LIMIT
  return context.waitFor<Planned>({
    what: `the inputs of step ${step.id} to be known everywhere`,
    limit: INPUT_LIMIT,
    look: async () => {
      planned = await look()
      const last = lacks()
      // What still lacks then is told as what it is, not as a wait that was in vain.
      return last === undefined || context.clock.now() >= until ? { done: planned } : { last }
    },
  })
}

type Needy = Pick<AnyStep<unknown, unknown, unknown>, 'id' | 'needs'>

export function missingInput(
  { id, needs = `ecs-ambient up --until ${id}` }: Needy,
  pending: readonly string[],
): Failure {
  return new Failure({
    code: 'INPUT_MISSING',
    exit: Exit.missing,
    message: `Step ${id} can't begin: ${pending.join('; ')}.`,
    suggestions: [needs],
  })
}
