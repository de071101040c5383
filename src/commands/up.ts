import { Flags } from '@oclif/core'
import { adoptFlag, dryRunFlag, eksctlFlag, istioctlFlag, openFlag, publicGatewayFlag, yesFlag } from '../cli/flags.ts'
import type { Presenter } from '../cli/presenter.ts'
import { prompterFor } from '../cli/prompter.ts'
import { selectSteps } from '../cli/selection.ts'
import type { Session, WalkthroughStep } from '../cli/session.ts'
import { StepCommand } from '../cli/step-command.ts'
import { terminalOf } from '../cli/terminal.ts'
import { Walkthrough } from '../cli/walkthrough.ts'
import { wrapped } from '../lib/ui/words.ts'

export default class Up extends StepCommand<typeof Up> {
  static override description =
    'build the whole mesh, or the part between two steps; in a terminal step by step, with what each one is about'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --sandbox',
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --until ecs --yes',
    '<%= config.bin %> <%= command.id %> --export .',
  ]
  static override flags = {
    from: Flags.string({ description: 'begin with this step: it and what depends on it', helpValue: 'STEP' }),
    until: Flags.string({ description: 'end with this step: it and what it depends on', helpValue: 'STEP' }),
    export: Flags.string({
      description: 'write the configuration and a CI workflow that runs the same into DIR, and build nothing',
      helpValue: 'DIR',
    }),
    ...yesFlag,
    ...dryRunFlag,
    ...adoptFlag,
    ...openFlag,
    ...publicGatewayFlag,
    ...istioctlFlag,
    ...eksctlFlag,
  }

  #walkthrough: Walkthrough | undefined

  protected override refuse(): void {
    if (this.flags.export === undefined) super.refuse()
  }

  protected override presenter(): Presenter | undefined {
    if (this.yes || this.dryRun || this.flags.export !== undefined) return undefined
    this.#walkthrough = new Walkthrough(terminalOf(process.stdout), text => process.stdout.write(text), this.here)
    return this.#walkthrough
  }

  protected override note(line: string): void {
    if (this.#walkthrough?.busy) this.#walkthrough.say(wrapped(line, this.#walkthrough.page.columns - 1))
    else super.note(line)
  }

  protected override async perform(session: Session): Promise<object> {
    const { allSteps } = await import('../lib/steps/index.ts')
    const steps = selectSteps(allSteps, this.flags.from, this.flags.until)
    if (this.flags.export !== undefined) return this.#export(session, this.flags.export)
    if (this.#walkthrough === undefined) return this.build(session, steps)
    return this.#walk(session, steps, this.#walkthrough)
  }

  async #export(session: Session, directory: string): Promise<object> {
    const { exportFiles, takenForGranted, writeExport } = await import('../lib/walkthrough/export.ts')
    const { version } = this.config
    const written = await writeExport(directory, exportFiles({ ...session, range: this.#range(), version }))
    this.say([...written.map(path => `wrote ${path}`), takenForGranted(version)])
    return { written }
  }

  async #walk(session: Session, steps: readonly WalkthroughStep[], walkthrough: Walkthrough): Promise<object> {
    const { walk } = await import('../cli/walk.ts')
    const prompter = prompterFor(terminalOf(process.stdout), session.interruption.signal)
    const { version } = this.config
    return walk({ session, steps, walkthrough, prompter, range: this.#range(), version })
  }

  /** The flags that say which steps. */
  #range(): readonly string[] {
    const { from, until } = this.flags
    return [...(from === undefined ? [] : ['--from', from]), ...(until === undefined ? [] : ['--until', until])]
  }
}
