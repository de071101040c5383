import { isThrottlingError, isTransientError } from '@smithy/core/retry'
import type { SdkError } from '@smithy/types'
import { makeCall } from '../engine/calls.ts'
import { awsWords, isOutcomeUnknown, isQuotaExceeded, OutcomeUnknown } from './errors.ts'

/** Calls that would make a second thing if they were repeated: they take neither a name nor a token of ours. */
export const UNREPEATABLE: readonly string[] = ['ecs:RegisterTaskDefinition', 'iam:CreatePolicyVersion']

/** Attempts outlast the throttling of a busy account: about half a minute. */
const ATTEMPTS = 8
/** Milliseconds of the first pause at most; each later one is at most twice as long, up to the longest. */
const FIRST_PAUSE = { throttled: 1000, failed: 50 }
const LONGEST_PAUSE = 20_000

/**
 * Makes a call of AWS, and makes it again, visibly, while its error passes by itself. `action` is its IAM name.
 *
 * @throws OutcomeUnknown where it may have taken effect and must not be made again unseen
 */
export function repeated<T>(action: string, call: () => Promise<T>): Promise<T> {
  let attempts = 0
  let throttled = false
  return makeCall({
    what: `AWS to take ${action} again`,
    limit: Number.POSITIVE_INFINITY,
    attempt: async () => {
      attempts += 1
      try {
        return await call()
      } catch (error) {
        throw UNREPEATABLE.includes(action) && isOutcomeUnknown(error) ? new OutcomeUnknown(error) : error
      }
    },
    transient: error => {
      if (attempts === ATTEMPTS || !passes(error)) return undefined
      throttled = isThrottlingError(error)
      return awsWords(error)
    },
    pause: past => pauseAfter(past, throttled),
  })
}

/** The SDK's own pauses: anything up to a time that doubles, so that many who were refused do not come back at once. */
const pauseAfter = (attempts: number, throttled: boolean): number => {
  const first = throttled ? FIRST_PAUSE.throttled : FIRST_PAUSE.failed
  return Math.random() * Math.min(first * 2 ** (attempts - 1), LONGEST_PAUSE)
}

/** A quota does not pass by itself, though the SDK takes some for throttling. */
function passes(error: unknown): error is SdkError {
  if (!(error instanceof Error) || isQuotaExceeded(error)) return false
  return isThrottlingError(error as SdkError) || isTransientError(error as SdkError)
}
