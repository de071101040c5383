import { randomBytes } from 'node:crypto'
import { blame, type Denial } from './blame.ts'
import type { Check, Suite } from './check.ts'
import { circumstancesOf } from './circumstances.ts'
import type { RunContext } from './context.ts'
import { Control } from './control.ts'
import { missingWitness, outcomeOf } from './outcome.ts'
import type { DenialProof } from './proof.ts'
import { causeIn, NO_RECORDS, type Records, record, witnessIn } from './records.ts'
import type { CheckResult } from './result.ts'
import { type Seen, settle, type Tried } from './settle.ts'
import type { StateKeeper } from './state.ts'
import { isReset, judge } from './verdict.ts'

/** Stands in for the proof that a reset connection still needs while it is only watched for. */
const PROOF_TO_COME: DenialProof = { kind: 'log', line: '' }

/** Runs one suite: brings about its state, tries all its checks, gathers what proves them. */
export async function runSuite(
  suite: Suite,
  context: RunContext,
  keeper: StateKeeper,
): Promise<readonly CheckResult[]> {
  const marker = randomBytes(8).toString('hex')
  const control = new Control(suite, context, keeper, marker)
  await control.before()
  const state = context.asIs ? undefined : suite.state
  const changed = state ? await keeper.reach(state, context.signal) : false
  const { waypoint } = state ?? (await context.policies.current())
  const { tried, records } = await tryAll(suite, waypoint, changed, marker, context)

  const { denials } = records
  const blamed = await blameUnexpected(suite, tried, denials, context)
  await control.after(suite.checks.filter(({ id }) => isReset(seenIn(tried, id)) && !denials.has(id)))
  const results = suite.checks.map(check => {
    const cause = causeIn(records, check.id)
    return outcomeOf({
      check,
      output: suite.kind === 'list',
      tried: triedIn(tried, check.id),
      circumstances: { ...circumstancesOf(check, context.places, waypoint), ...(cause ? { cause } : {}) },
      proof: denials.get(check.id) ?? control.proof(check),
      witness: witnessIn(records, check.id),
      policies: blamed.get(check.id) ?? [],
      evidence: context.evidence,
    })
  })
  warnOfMissing(suite, results, context)
  return results
}

/** All checks in the state that stands now, and what the ztunnels logged meanwhile. */
async function tryAll(
  { name, checks }: Suite,
  waypoint: boolean,
  changed: boolean,
  marker: string,
  context: RunContext,
): Promise<{ readonly tried: ReadonlyMap<string, Tried>; readonly records: Records }> {
  const { places, limits, evidence, emit } = context
  const read = evidence === 'off' ? async () => NO_RECORDS : await record(checks, waypoint, context)
  emit({ code: 'phase.started', suite: name, phase: 'with', checks: checks.length })
  for (const check of checks) emit({ code: 'check.started', id: check.id, check })
  const trials = checks.map(check => {
    const circumstances = {
      ...circumstancesOf(check, places, waypoint),
      ...(check.expected === 'denied-l4' ? { proof: PROOF_TO_COME } : {}),
    }
    return { check, expected: check.expected, judge: (seen: Seen) => judge(seen, circumstances) }
  })
  const patience = { holds: limits.holds, limit: changed ? limits.propagation : limits.unchanged }
  const tried = await settle(trials, patience, marker, context)
  return { tried, records: await read(tried) }
}

/** Which policies may have made the denials that were not expected; asked while they still stand. */
async function blameUnexpected(
  { checks }: Suite,
  tried: ReadonlyMap<string, Tried>,
  denials: ReadonlyMap<string, DenialProof>,
  { places, policyObjects }: RunContext,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const unexpected = checks.flatMap(({ id, to, expected }): readonly (readonly [string, Denial])[] => {
    const namespace = places.get(to)?.identity?.namespace ?? ''
    const proof = denials.get(id)
    const refused = triedIn(tried, id).judgement.verdict === 'denied-l7'
    if (refused && expected !== 'denied-l7') return [[id, { layer: 7, namespace }]]
    if (!isReset(seenIn(tried, id)) || proof?.kind !== 'log' || expected === 'denied-l4') return []
    return [[id, { layer: 4, namespace, ...(proof.policy === undefined ? {} : { policy: proof.policy }) }]]
  })
  if (unexpected.length === 0) return new Map()
  // Who may not read policies still gets the verdicts.
  const policies = await policyObjects().catch(() => [])
  return new Map(unexpected.map(([id, denial]) => [id, blame(denial, policies)]))
}

function triedIn(tried: ReadonlyMap<string, Tried>, id: Check['id']): Tried {
  const found = tried.get(id)
  if (!found) throw new Error(`${id} was not tried`)
  return found
}

const seenIn = (tried: ReadonlyMap<string, Tried>, id: Check['id']): Seen => triedIn(tried, id).seen

/** One warning for all checks that lack the second witness for the same reason. */
function warnOfMissing({ name }: Suite, results: readonly CheckResult[], { emit }: RunContext): void {
  const unwitnessed = results.filter(
    ({ pass, evidence }) => pass && evidence.witness && missingWitness(evidence.witness),
  )
  const reasons = Map.groupBy(unwitnessed, ({ evidence }) => evidence.witness && missingWitness(evidence.witness))
  for (const [why, checks] of reasons) {
    emit({ code: 'warning', message: `${name}: ${checks.length} allowed calls have no second witness: ${why}` })
  }
}
