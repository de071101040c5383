import type { StepContext } from '../engine/step.ts'
import { transientToolReason } from '../tools/run.ts'

/** Milliseconds. */
const LIMIT = 3 * 60_000

/** Runs what a tool may be asked again while a connection or a service fails it. */
export const retryTool = <T>(
  { retry }: Pick<StepContext<unknown, unknown>, 'retry'>,
  what: string,
  attempt: () => Promise<T>,
): Promise<T> => retry({ what, limit: LIMIT, attempt, transient: transientToolReason })
