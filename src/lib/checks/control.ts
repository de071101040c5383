import type { Check, MeshState, Suite } from './check.ts'
import { circumstancesOf } from './circumstances.ts'
import type { RunContext } from './context.ts'
import { type DenialProof, type Look, proofOf } from './proof.ts'
import { settle } from './settle.ts'
import type { StateKeeper } from './state.ts'
import { judge } from './verdict.ts'

/**
 * The control experiment to a suite: the checks that expect a layer 4 denial, tried without the suite's policies, just
 * before them and again after. Only what is allowed both times, by the same target, was denied by the policy.
 */
export class Control {
  readonly #suite: Suite
  readonly #context: RunContext
  readonly #keeper: StateKeeper
  readonly #marker: string
  /** The suite's state less its policies; undefined where none is brought about, and so none can be taken away. */
  readonly #without: MeshState | undefined
  #targetsBefore: ReadonlyMap<string, string> = new Map()
  #targetsAfter: ReadonlyMap<string, string> = new Map()
  #before: ReadonlyMap<string, Look> = new Map()
  #after: ReadonlyMap<string, Look> = new Map()

  constructor(suite: Suite, context: RunContext, keeper: StateKeeper, marker: string) {
    this.#suite = suite
    this.#context = context
    this.#keeper = keeper
    this.#marker = marker
    const state = context.asIs ? undefined : suite.state
    this.#without = state && state.policies.length > 0 ? { ...state, policies: [] } : undefined
  }

  async before(): Promise<void> {
    const checks = this.#suite.checks.filter(({ expected }) => expected === 'denied-l4')
    this.#targetsBefore = await this.#fingerprints(checks)
    this.#before = await this.#look('before', checks)
  }

  /** @param unproven those of the checks that were reset and that no log has explained */
  async after(unproven: readonly Check[]): Promise<void> {
    // What was not allowed before proves nothing, whatever comes after.
    const checks = unproven.filter(({ id }) => this.#before.get(id)?.allowed)
    this.#after = await this.#look('after', checks)
    this.#targetsAfter = await this.#fingerprints(checks)
  }

  /** The proof, or why there is none. */
  proof({ id, to }: Check): DenialProof | { readonly missing: string } {
    if (!this.#without) return { missing: 'what stands was tested as it is, so only a log could tell' }
    return proofOf({
      before: this.#before.get(id),
      after: this.#after.get(id),
      targetBefore: this.#targetsBefore.get(to),
      targetAfter: this.#targetsAfter.get(to),
    })
  }

  async #look(phase: 'before' | 'after', checks: readonly Check[]): Promise<ReadonlyMap<string, Look>> {
    if (!this.#without || checks.length === 0) return new Map()
    const { places, signal, limits, emit } = this.#context
    const { waypoint } = this.#without
    const changed = await this.#keeper.reach(this.#without, signal)
    emit({ code: 'phase.started', suite: this.#suite.name, phase, checks: checks.length })
    const trials = checks.map(check => ({
      check,
      expected: 'allowed' as const,
      judge: (seen: Parameters<typeof judge>[0]) => judge(seen, circumstancesOf(check, places, waypoint)),
    }))
    const patience = { holds: 1, limit: changed ? limits.propagation : limits.unchanged }
    const tried = await settle(trials, patience, this.#marker, this.#context)
    return new Map([...tried].map(([id, { held, judgement, at }]) => [id, { allowed: held, why: judgement.why, at }]))
  }

  async #fingerprints(checks: readonly Check[]): Promise<ReadonlyMap<string, string>> {
    if (!this.#without) return new Map()
    const { places, workloads } = this.#context
    const fingerprints = new Map<string, string>()
    await Promise.all(
      [...new Set(checks.map(({ to }) => to))].map(async name => {
        const place = places.get(name)
        const standing = place && (await workloads.standing(place))
        if (standing) fingerprints.set(name, standing.fingerprint)
      }),
    )
    return fingerprints
  }
}
