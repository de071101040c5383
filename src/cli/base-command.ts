import { Command, Errors, type Interfaces } from '@oclif/core'
import { type Failure, interrupted } from '../lib/engine/failure.ts'
import { failureCard, failureJson } from '../lib/ui/failure-card.ts'
import { commonFlags } from './flags.ts'
import { type Interruption, interruption } from './interruption.ts'
import { adviceHere, here, withNextCommands } from './next-commands.ts'
import { failureOf, Incomplete } from './outcome.ts'
import type { Presenter } from './presenter.ts'
import type { Session } from './session.ts'
import type { Use } from './wrong-use.ts'

type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<(typeof BaseCommand)['baseFlags'] & T['flags']>
type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>

/** As it was typed, with the words that say which command it is. */
const ARGV: readonly string[] = process.argv.slice(2)

/**
 * What every command shares: flags, the JSON envelope, exit codes, interruption, the sandbox.
 * A command says what it needs and does its work in `perform`; whatever it answers is the result.
 */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override enableJsonFlag = true
  static override baseFlags = commonFlags
  /** The steps that stand already in a sandbox of the command's own: what it depends on. */
  static readonly standsOn: readonly string[] | 'everything' = []
  /** Its output is for another program: no progress is shown. */
  static readonly quiet: boolean = false
  /** It always works on a sandbox of its own. */
  static readonly ownSandbox: boolean = false

  protected flags!: FlagsOf<T>
  protected args!: ArgsOf<T>
  /** Everything that is no flag, for commands that take any number of arguments. */
  protected words: readonly string[] = []
  protected readonly warnings: string[] = []
  #session: Session | undefined
  #interruption: Interruption | undefined

  protected abstract perform(session: Session): Promise<object>

  /** Who shows what happens, where that is not the usual tree or lines. */
  protected presenter(): Presenter | undefined {
    return undefined
  }

  /** Refuses what can be refused before anything is opened or asked. */
  protected refuse(): void | Promise<void> {}

  override async init(): Promise<void> {
    await super.init()
    const { ctor } = this
    const { flags, args, argv } = await this.parse({
      flags: ctor.flags,
      baseFlags: (super.ctor as typeof BaseCommand).baseFlags,
      enableJsonFlag: ctor.enableJsonFlag,
      args: ctor.args,
      strict: ctor.strict,
    })
    this.flags = flags as FlagsOf<T>
    this.args = args as ArgsOf<T>
    this.words = argv as string[]
    if (this.flags['no-color']) process.env.NO_COLOR = '1'
  }

  override async run(): Promise<object> {
    await this.refuse()
    this.#interruption = interruption(() => this.note('Stopping after the call in flight; once more stops at once.'))
    const { openSession } = await import('./session.ts')
    this.#session = await openSession({
      flags: this.flags,
      standsOn: (this.ctor as typeof BaseCommand).standsOn,
      interruption: this.#interruption,
      json: this.jsonEnabled(),
      quiet: (this.ctor as typeof BaseCommand).quiet,
      warn: message => this.warnings.push(message),
      tell: message => {
        this.warnings.push(message)
        this.note(`warning: ${message}`)
      },
      presenter: this.presenter(),
      ownSandbox: (this.ctor as typeof BaseCommand).ownSandbox,
    })
    const result = await this.perform(this.#session)
    if (this.#interruption.signal.aborted) throw new Incomplete(interrupted(), result)
    return result
  }

  /** A line for people, which JSON and pipes must not see. */
  protected note(line: string): void {
    process.stderr.write(`${line}\n`)
  }

  /** Lines that are the command's answer to a person; with --json the result is. */
  protected say(lines: readonly string[]): void {
    if (!this.jsonEnabled()) for (const line of lines) this.log(this.here(line))
  }

  /** A line in which a command of ours, where it ends in one, can be pasted: it says where as this one does. */
  protected readonly here = (line: string): string => here(line, ARGV)

  override warn(input: Error | string): Error | string {
    this.warnings.push(typeof input === 'string' ? input : input.message)
    return super.warn(input)
  }

  override toSuccessJson(result: unknown): unknown {
    return adviceHere({ ok: true, command: this.#name(), result, warnings: this.warnings }, ARGV)
  }

  override toErrorJson(error: unknown): unknown {
    const result = error instanceof Incomplete ? { result: error.result } : {}
    const failure = failureJson(this.#failureOf(error))
    return adviceHere({ ok: false, command: this.#name(), error: failure, warnings: this.warnings, ...result }, ARGV)
  }

  protected override async catch(error: Interfaces.CommandError): Promise<never> {
    // `this.exit()` is no failure: a command has said what it had to say.
    if (error instanceof Errors.ExitError) throw error
    const failure = this.#failureOf(error)
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(error))
    this.#show(failure)
    throw new Errors.ExitError(failure.exit)
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    await this.#session?.close()
    this.#interruption?.release()
    await super.finally(error)
  }

  #failureOf(error: unknown): Failure {
    const where = error instanceof Incomplete ? error.where : undefined
    return withNextCommands(failureOf(error, this.#use()), ARGV, where ?? this.#session?.settings)
  }

  #show(failure: Failure): void {
    const verbose = this.flags?.verbose ?? process.argv.includes('--verbose')
    for (const line of failureCard(failure, verbose)) this.note(this.here(line))
  }

  #use(): Use {
    const { baseFlags, flags } = this.ctor
    return { command: this.#name(), flags: Object.keys({ ...baseFlags, ...flags }) }
  }

  #name(): string {
    return (this.id ?? '').replaceAll(':', ' ')
  }
}
