import { callingFor } from './calls.ts'
import type { Clock } from './clock.ts'
import type { Host, StepStatus } from './events.ts'
import { interrupted, isFailure } from './failure.ts'
import { reversed, walk } from './graph.ts'
import { missingInput, plannedOnInputs } from './inputs.ts'
import { type Change, type Facts, type Plan, type State, stagesOf, stateOf } from './plan.ts'
import type { AnyStep, ApplyContext, StepContext } from './step.ts'
import { together } from './together.ts'
import { retry, type WaitHost, waitFor } from './wait.ts'

/** What every step of a run shares. */
export interface Scope<Desired> {
  readonly desired: Desired
  readonly host: Host
  readonly clock: Clock
  readonly signal: AbortSignal
}

export interface Run<Desired, Read, Write extends Read> extends Scope<Desired> {
  readonly steps: readonly AnyStep<Desired, Read, Write>[]
  /** One step after another in the given order, for somebody who is asked before each; default: side by side. */
  readonly oneByOne?: boolean
}

export interface Applied {
  readonly action: Change['action']
  readonly kind: string
  readonly name: string
  readonly id?: string
}

export interface StepResult {
  readonly id: string
  readonly status: StepStatus
  readonly changes: readonly Applied[]
  readonly facts: Facts
  readonly ms: number
  readonly reason?: string
  readonly error?: unknown
  readonly plan?: Plan
}

export interface StepState {
  readonly id: string
  readonly title: string
  readonly state: State
  readonly plan?: Plan
  readonly error?: unknown
}

/** Observes every step and says what it would do. Reads only: it takes no client that could write. */
export async function plan<D, R>(run: Run<D, R, R>, clients: R, direction: 'up' | 'down' = 'up'): Promise<StepState[]> {
  const { steps, host, desired } = run
  host.emit({ code: 'run.started', direction: 'plan', steps: steps.map(({ id, title }) => ({ id, title })) })
  return Promise.all(
    steps.map(async step => {
      const { id, title } = step
      try {
        const seen = await callingFor(waitHost(run, id), () => step.observe(contextOf(run, clients, id)))
        const plan = direction === 'up' ? step.decide(seen, desired) : step.decideRemoval(seen, desired)
        host.emit({ code: 'step.planned', step: id, plan })
        return { id, title, plan, state: stateOf(plan) }
      } catch (error) {
        return { id, title, state: 'unknown' as const, error }
      }
    }),
  )
}

/** Brings every step to where it should be, along the dependency graph, independent ones at the same time. */
export async function converge<D, R, W extends R>(run: Run<D, R, W>, clients: W): Promise<readonly StepResult[]> {
  const nodes = run.steps.map(step => ({ id: step.id, after: [...step.dependsOn] }))
  const refusals = await prechecked(run, clients)
  if (refusals.size === 0)
    return walkSteps(run, 'up', nodes, (step, around) => perform(run, step, clients, 'up', around))
  return run.steps.map(({ id }) => {
    const error = refusals.get(id)
    return error === undefined ? leftOut(run, id, 'nothing was begun') : refused(run, id, error)
  })
}

/** What the steps of a run lack that only the user can supply: better known now than after the first quarter of an hour. */
async function prechecked<D, R, W extends R>(run: Run<D, R, W>, clients: W): Promise<ReadonlyMap<string, unknown>> {
  const outcomes = await Promise.all(
    run.steps.map(async ({ id, precheck }) => {
      try {
        await callingFor(waitHost(run, id), async () => precheck?.(contextOf(run, clients, id)))
        return []
      } catch (error) {
        return [[id, error] as const]
      }
    }),
  )
  return new Map(outcomes.flat())
}

/** Takes away what is ours, what was built last first. A step that fails keeps only what it stands on. */
export function remove<D, R, W extends R>(run: Run<D, R, W>, clients: W): Promise<readonly StepResult[]> {
  const nodes = reversed(run.steps).map(({ node, after }) => ({ id: node.id, after }))
  return walkSteps(run, 'down', nodes, (step, around) => perform(run, step, clients, 'down', around))
}

async function walkSteps<D, R, W extends R>(
  run: Run<D, R, W>,
  direction: 'up' | 'down',
  nodes: readonly { id: string; after: string[] }[],
  work: (step: AnyStep<D, R, W>, more: Around) => Promise<StepResult>,
): Promise<readonly StepResult[]> {
  const { host, clock, oneByOne } = run
  const since = clock.now()
  let halted = false
  const halt = () => {
    halted = true
  }
  const steps = new Map(run.steps.map(step => [step.id, step]))
  host.emit({
    code: 'run.started',
    direction,
    steps: nodes.flatMap(({ id }) => steps.get(id) ?? []).map(({ id, title }) => ({ id, title })),
  })
  const begin = async (id: string, before: readonly StepResult[]): Promise<StepResult> => {
    const step = steps.get(id)
    if (!step) throw new Error(`no step ${id}`)
    const broken = before.find(result => result.status === 'failed' || result.status === 'skipped')
    if (broken) return leftOut(run, id, `${broken.id} ${broken.status === 'failed' ? 'failed' : 'was left out'}`)
    if (run.signal.aborted) return leftOut(run, id, 'interrupted')
    if (halted) return leftOut(run, id, 'stopped before it')
    const fresh = before.some(({ status }) => status === 'changed')
    return callingFor(waitHost(run, id), () => work(step, { halt, fresh }))
  }
  const results = await walk<StepResult>(nodes, begin, { oneByOne: oneByOne === true })
  host.emit({ code: 'run.finished', ms: clock.now() - since })
  return results
}

function refused<D, R, W extends R>({ host }: Run<D, R, W>, id: string, error: unknown): StepResult {
  host.emit({ code: 'step.finished', step: id, status: 'failed', ms: 0, facts: {}, error })
  return { id, status: 'failed', changes: [], facts: {}, ms: 0, error }
}

function leftOut<D, R, W extends R>({ host }: Run<D, R, W>, id: string, reason: string): StepResult {
  host.emit({ code: 'step.finished', step: id, status: 'skipped', ms: 0, facts: {}, reason })
  return { id, status: 'skipped', changes: [], facts: {}, ms: 0, reason }
}

/** What a step is told of the run around it. */
interface Around {
  /** No step begins after this one. */
  readonly halt: () => void
  /** A step that it depends on has made something just now. */
  readonly fresh: boolean
}

async function perform<D, R, W extends R>(
  run: Run<D, R, W>,
  step: AnyStep<D, R, W>,
  clients: W,
  direction: 'up' | 'down',
  { halt, fresh }: Around,
): Promise<StepResult> {
  const { host, clock, desired } = run
  const { id, title } = step
  const since = clock.now()
  const applied: Applied[] = []
  let plan: Plan | undefined
  const finish = (status: StepStatus, facts: Facts, more: { reason?: string; error?: unknown } = {}): StepResult => {
    const ms = clock.now() - since
    host.emit({ code: 'step.finished', step: id, status, ms, facts, ...more })
    return { id, status, changes: applied, facts, ms, ...(plan ? { plan } : {}), ...more }
  }
  host.emit({ code: 'step.started', step: id, title })
  try {
    const context = contextOf(run, clients, id)
    const decide = (seen: unknown) =>
      direction === 'up' ? step.decide(seen, desired) : step.decideRemoval(seen, desired)
    const planned = await plannedOnInputs(context, step, decide, fresh)
    const { seen } = planned
    plan = planned.plan
    for (const message of plan.warnings ?? []) context.warn(message)
    host.emit({ code: 'step.planned', step: id, plan })
    if (plan.pending?.length) throw missingInput(step, plan.pending)
    if (direction === 'up' && plan.changes.length > 0) {
      const answer = await proceed(run, step, plan)
      if (answer === 'stop') halt()
      if (answer !== 'go') return finish('skipped', {}, { reason: answer === 'skip' ? 'left out' : 'stopped here' })
    }
    await applyPlan(run, step, clients, plan, seen, applied)
    const facts = direction === 'up' ? await step.verify(context) : {}
    return finish(applied.length > 0 ? 'changed' : 'unchanged', { ...plan.facts, ...facts })
  } catch (error) {
    if (isFailure(error) && error.code === 'INTERRUPTED') halt()
    return finish('failed', plan?.facts ?? {}, { error })
  }
}

const proceed = <D, R, W extends R>({ host }: Run<D, R, W>, { id, title }: AnyStep<D, R, W>, plan: Plan) =>
  host.ask({ code: 'step.proceed', step: id, message: `Go on with ${title}?`, plans: [{ step: id, plan }] })

async function applyPlan<D, R, W extends R>(
  run: Run<D, R, W>,
  step: AnyStep<D, R, W>,
  clients: W,
  plan: Plan,
  seen: unknown,
  applied: Applied[],
): Promise<void> {
  const { host, clock, signal } = run
  const idOf = (kind: string, name: string) =>
    applied.findLast(c => c.kind === kind && c.name === name && c.id !== undefined)?.id ??
    plan.present.find(r => r.kind === kind && r.name === name)?.id
  const context: ApplyContext<D, W, unknown> = { ...contextOf(run, clients, step.id), seen, idOf }
  for (const stage of stagesOf(plan)) {
    await together(
      stage.map(async change => {
        if (signal.aborted) throw interrupted()
        const since = clock.now()
        host.emit({ code: 'change.started', step: step.id, change })
        try {
          const { action, kind, name } = change
          const id = (await step.apply(change, context)) ?? change.id
          const identity = id === undefined ? {} : { id }
          applied.push({ action, kind, name, ...identity })
          host.emit({ code: 'change.applied', step: step.id, change, ...identity, ms: clock.now() - since })
        } catch (error) {
          host.emit({ code: 'change.failed', step: step.id, change, error })
          throw error
        }
      }),
    )
  }
}

function contextOf<D, C>(scope: Scope<D>, clients: C, step: string): StepContext<D, C> {
  const { host, clock, signal, desired } = scope
  const waits = waitHost(scope, step)
  return {
    desired,
    clients,
    clock,
    signal,
    waitFor: wait => waitFor(wait, waits),
    retry: attempt => retry(attempt, waits),
    warn: message => host.emit({ code: 'warning', step, message }),
    output: (source, line) => host.emit({ code: 'output', step, source, line }),
  }
}

/** Tells of what is waited for in one step, or in whatever else is called `step`. */
export function waitHost({ host, clock, signal }: Omit<Scope<unknown>, 'desired'>, step: string): WaitHost {
  return {
    clock,
    signal,
    waiting: (what, ms, usual, last) =>
      host.emit({
        code: 'waiting',
        step,
        what,
        ms,
        ...(usual === undefined ? {} : { usual }),
        ...(last === undefined ? {} : { last }),
      }),
    waited: (what, ms) => host.emit({ code: 'waited', step, what, ms }),
  }
}
