import type { TaskDefinition } from '@aws-sdk/client-ecs'
import type { AwsReaders } from '../../aws/clients.ts'
import type { Settings } from '../../config/settings.ts'
import { isFailure } from '../../engine/failure.ts'
import type { StepContext } from '../../engine/step.ts'
import type { Look } from '../../engine/wait.ts'
import { rolloutEvidence, rolloutFailed } from './rollout.ts'
import { primaryOf, type ServiceView, type Steady, steadiness } from './steadiness.ts'

/** Milliseconds: a rollout of a task with two images over a NAT gateway, with room for a slow pull. */
const LIMIT = 900_000
const USUAL = 90_000
/** What waiting for a service takes; every step's context has it. */
export interface SteadyContext
  extends Pick<StepContext<Settings, { readonly aws: SteadyReaders }>, 'clients' | 'clock' | 'waitFor'> {
  readonly desired: Pick<Settings, 'timeout'>
}
type SteadyReaders = Pick<AwsReaders, 'ecs' | 'logs'>

export interface ServiceName {
  readonly cluster: string
  readonly service: string
  /** ARN of the revision that it has to run; default: the one that the service itself names. */
  readonly taskDefinition?: string
}

/**
 * Waits until a service is steady: one deployment, completed, of the revision that was asked for, its tasks running and
 * healthy, and ECS Exec's agent running in them.
 *
 * @throws Failure `ROLLOUT_FAILED` with service events, stopped reasons and last log lines; `TIMED_OUT` with the same
 */
export async function steady(context: SteadyContext, which: ServiceName): Promise<Steady> {
  const { clients, clock } = context
  const { ecs } = clients.aws
  const definitions = new Map<string, TaskDefinition | undefined>()
  const since = clock.now()
  let view: ServiceView = { service: undefined, tasks: [], stopped: [], definition: undefined }
  const look = async (): Promise<Look<Steady>> => {
    const [service, tasks, stopped] = await Promise.all([
      ecs.service(which.cluster, which.service),
      ecs.tasks(which.cluster, { service: which.service }),
      ecs.tasks(which.cluster, { service: which.service, status: 'STOPPED' }),
    ])
    const arn = primaryOf(service)?.taskDefinition
    if (arn !== undefined && !definitions.has(arn)) {
      definitions.set(arn, (await ecs.taskDefinition(arn))?.taskDefinition)
    }
    view = { service, tasks, stopped, definition: arn === undefined ? undefined : definitions.get(arn) }
    const verdict = steadiness(view, clock.now() - since, which.taskDefinition)
    if ('steady' in verdict) return { done: verdict.steady }
    if ('waiting' in verdict) return { last: verdict.waiting }
    return { failed: await rolloutFailed(clients.aws.logs, which, view, verdict.failed) }
  }
  try {
    return await context.waitFor({
      what: `service ${which.service} to be steady`,
      look,
      limit: context.desired.timeout ?? LIMIT,
      usual: USUAL,
    })
  } catch (error) {
    if (!isFailure(error) || error.code !== 'TIMED_OUT') throw error
    throw error.with(await rolloutEvidence(clients.aws.logs, view))
  }
}

export type { Steady }
