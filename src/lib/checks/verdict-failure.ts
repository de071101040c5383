import { Exit, Failure } from '../engine/failure.ts'
import type { ChecksRun } from './result.ts'

/**
 * What a run comes to as a failure: what ended it early (its own exit code); a verdict that was not expected (exit 4);
 * a broken probe where nothing was expected (exit 1). Undefined: all is well.
 */
export function failureOfRun({ checks, aborted }: ChecksRun): unknown {
  if (aborted) return aborted.error
  const failed = checks.filter(({ pass }) => !pass)
  if (failed.length === 0) return undefined
  const unexpected = failed.some(({ expected }) => expected !== null)
  return new Failure({
    code: unexpected ? 'VERDICT_UNEXPECTED' : 'PROBE_BROKEN',
    exit: unexpected ? Exit.verdict : Exit.failed,
    message: `${failed.length} of ${checks.length} checks failed.`,
    why: failed.map(({ id, verdict, evidence }) => `${id}: ${verdict}: ${evidence.why}`),
    suggestions: ['ecs-ambient test run --failed', 'ecs-ambient status'],
  })
}
