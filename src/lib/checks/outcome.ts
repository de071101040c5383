import type { Check, Layer } from './check.ts'
import type { EvidenceMode } from './context.ts'
import type { Witness } from './evidence.ts'
import type { DenialProof } from './proof.ts'
import type { CheckResult } from './result.ts'
import type { Tried } from './settle.ts'
import { type Circumstances, isReset, type Judgement, judge } from './verdict.ts'

/** Everything that is known of a check in the end. */
export interface Facts {
  readonly check: Check
  /** Whether what curl printed is part of the result. */
  readonly output: boolean
  readonly tried: Tried
  readonly circumstances: Circumstances
  readonly proof: DenialProof | { readonly missing: string }
  /** Undefined where none is to be had or none was asked for. */
  readonly witness: Witness | undefined
  /** Which may have made a denial that was not expected. */
  readonly policies: readonly string[]
  readonly evidence: EvidenceMode
}

interface Reason {
  readonly why: string
  readonly layer?: Layer
}

/** Pure: the result of a check. What speaks against it weighs more than its verdict. */
export function outcomeOf(facts: Facts): CheckResult {
  const { check, output, tried, circumstances, proof, witness, policies, evidence } = facts
  const { expected } = check
  const proven = 'kind' in proof ? proof : undefined
  const judgement = judge(tried.seen, { ...circumstances, ...(proven ? { proof: proven } : {}) })
  const { verdict } = judgement
  const objection = objectionTo(judgement, { check, tried, proof, witness, evidence })
  const { layer, why } = objection ?? judgement
  return {
    id: check.id,
    suite: check.suite,
    from: check.from,
    to: check.to,
    request: check.request,
    expected: expected ?? null,
    verdict,
    pass: objection === undefined,
    attempts: tried.attempts,
    ms: tried.ms,
    evidence: {
      why,
      ...(layer === undefined ? {} : { layer }),
      ...curlIn(tried),
      ...(tried.propagationMs === undefined ? {} : { propagationMs: tried.propagationMs }),
      ...(proven && verdict === 'denied-l4' ? { proof: proven } : {}),
      ...(policies.length > 0 ? { policies } : {}),
      ...(witness && verdict === 'allowed' ? { witness } : {}),
    },
    ...(output ? { output: outputOf(tried) } : {}),
  }
}

type Grounds = Pick<Facts, 'check' | 'tried' | 'proof' | 'witness' | 'evidence'>

/** Why the check fails; undefined: it passes. */
function objectionTo(judgement: Judgement, { check, tried, proof, witness, evidence }: Grounds): Reason | undefined {
  const { verdict } = judgement
  const { expected } = check
  if (expected === undefined) return verdict === 'broken' ? judgement : undefined
  if (verdict !== expected) {
    if (verdict === 'allowed') return { layer: 'policy', why: `${judgement.why}: no policy refused it` }
    if (isReset(tried.seen) && 'missing' in proof) return { ...judgement, why: `${judgement.why}: ${proof.missing}` }
    return judgement
  }
  if (!tried.held) return { ...judgement, why: `it came, but did not hold: ${judgement.why}` }
  return verdict === 'allowed' && witness ? objectionOf(witness, evidence) : undefined
}

function objectionOf(witness: Witness, evidence: EvidenceMode): Reason | undefined {
  switch (witness.kind) {
    case 'plain-text':
      return { layer: 'not-enrolled', why: 'allowed, but in plain text, outside the mesh' }
    case 'other-identity':
      return { layer: 'not-enrolled', why: `allowed, but with other identities: ${witness.why}` }
    case 'hbone':
      return undefined
    default:
      return evidence === 'strict' ? { why: `allowed, but without a witness: ${missingWitness(witness)}` } : undefined
  }
}

/** Why there is no second witness; undefined where there is one. */
export function missingWitness(witness: Witness): string | undefined {
  if (witness.kind === 'unread') return witness.why
  return witness.kind === 'unseen' ? 'the logs of the ztunnels do not show the call' : undefined
}

function curlIn({ seen }: Tried): Pick<CheckResult['evidence'], 'at' | 'curl'> {
  if ('kind' in seen) return {}
  const { at, exitCode, status } = seen
  return { at, curl: { exitCode, ...(status === undefined ? {} : { status }) } }
}

const outputOf = ({ seen }: Tried): string => ('kind' in seen ? seen.why : seen.stdout + seen.stderr)
