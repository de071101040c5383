import { complaint } from '../checks/reporters/layout.ts'
import type { CheckResult, Evidence } from '../checks/result.ts'
import { duration } from '../ui/words.ts'

/** What is known of a check, a sentence a line: the verdict first, then what speaks for it. */
export function evidenceLines(check: CheckResult): readonly string[] {
  const { pass, evidence } = check
  const { why, at, curl, propagationMs, proof, policies = [], witness } = evidence
  return [
    ...(pass ? [] : [complaint(check)]),
    why,
    ...policies.map(policy => `policy ${policy}`),
    ...(proof ? [proofText(proof)] : []),
    ...(witness ? [witnessText(witness)] : []),
    ...(at ? [`curl ran in ${at}`] : []),
    ...(curl ? [`curl's exit code ${curl.exitCode}${curl.status === undefined ? '' : `, HTTP ${curl.status}`}`] : []),
    ...(propagationMs === undefined ? [] : [`held from ${duration(propagationMs)} after the policies stood`]),
  ]
}

function proofText(proof: NonNullable<Evidence['proof']>): string {
  if (proof.kind === 'log') return `proof, the target's ztunnel: ${proof.line}`
  return `proof: allowed without the policy at ${proof.before} and again at ${proof.after}, by the same ${proof.target}`
}

function witnessText(witness: NonNullable<Evidence['witness']>): string {
  switch (witness.kind) {
    case 'hbone':
      return `encrypted, from ${witness.source} to ${witness.destination}`
    case 'plain-text':
      return `in plain text: ${witness.line}`
    case 'other-identity':
      return `between others: ${witness.why}`
    case 'unseen':
      return 'the logs of the ztunnels do not show it'
    case 'unread':
      return `the logs of the ztunnels could not be read: ${witness.why}`
  }
}
