import type { Command } from '@oclif/core'
import { BaseCommand } from './base-command.ts'
import { confirm, requireTerminal } from './confirmation.ts'
import { plansJson, plansText, stepsJson, throwIfFailed } from './results.ts'
import type { Session, WalkthroughStep } from './session.ts'

/** A command that runs steps: a choice of them is all that it adds. */
export abstract class StepCommand<T extends typeof Command> extends BaseCommand<T> {
  protected get dryRun(): boolean {
    return (this.flags as { 'dry-run'?: boolean })['dry-run'] === true
  }

  protected get yes(): boolean {
    return (this.flags as { yes?: boolean }).yes === true
  }

  protected override refuse(): void {
    const asks = 'yes' in this.ctor.flags
    if (asks && !this.yes && !this.dryRun) requireTerminal(this.jsonEnabled())
  }

  /** Plans the steps with --dry-run, else brings them to where they should be. */
  protected async build(session: Session, steps: readonly WalkthroughStep[]): Promise<object> {
    if (this.dryRun) return this.#plan(session, steps, 'up')
    const results = await session.converge(steps)
    const result = stepsJson(results)
    throwIfFailed(results, result, session.settings)
    return result
  }

  /** Plans the removal with --dry-run, else takes away what is ours. */
  protected async takeAway(session: Session, steps: readonly WalkthroughStep[]): Promise<object> {
    if (this.dryRun) return this.#plan(session, steps, 'down')
    const results = await session.remove(steps)
    const result = stepsJson(results)
    throwIfFailed(results, result)
    return result
  }

  /** As `takeAway`, after a question. */
  protected async deleteSteps(session: Session, steps: readonly WalkthroughStep[], what: string): Promise<object> {
    if (!this.dryRun && !this.yes) await confirm(`Delete ${what}?`, session.interruption.signal)
    return this.takeAway(session, steps)
  }

  async #plan(session: Session, steps: readonly WalkthroughStep[], direction: 'up' | 'down'): Promise<object> {
    const states = await session.plan(steps, direction)
    this.say(plansText(states))
    const result = plansJson(states)
    throwIfFailed(
      states.flatMap(({ id, error }) =>
        error === undefined ? [] : [{ id, error, status: 'failed' as const, changes: [], facts: {}, ms: 0 }],
      ),
      result,
    )
    return result
  }
}
