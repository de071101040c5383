import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { checkPresenter } from '../../cli/check-presenter.ts'
import { checkDeps, suitesNamed } from '../../cli/checks.ts'
import { dryRunFlag, istioctlFlag } from '../../cli/flags.ts'
import { Incomplete } from '../../cli/outcome.ts'
import type { Session } from '../../cli/session.ts'
import { paperOf } from '../../cli/terminal.ts'
import type { CheckOptions } from '../../lib/checks/index.ts'
import type { ChecksRun } from '../../lib/checks/result.ts'

/** For a run that has nothing to repeat. */
const NOTHING_FAILED = 'Nothing failed in the last run.'

export default class TestRun extends BaseCommand<typeof TestRun> {
  static override description = 'run connectivity checks, and compare the verdicts with what is expected'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --all',
    "<%= config.bin %> <%= command.id %> eks-deny --only 'ecs/shell->*'",
    '<%= config.bin %> <%= command.id %> tests/ecs-test-commands.txt',
  ]
  static override strict = false
  static override usage = 'test run [SUITE|FILE…] [FLAGS]'
  static override flags = {
    all: Flags.boolean({ description: 'all four suites, one after another', exclusive: ['failed'] }),
    'as-is': Flags.boolean({ description: 'test what stands: apply and remove no policy' }),
    expect: Flags.option({
      options: ['allowed', 'denied-l4', 'denied-l7'] as const,
      description: 'the verdict that each line of a list must come to',
    })(),
    list: Flags.boolean({ description: 'list the checks and run none', exclusive: ['dry-run'] }),
    ...dryRunFlag,
    only: Flags.string({
      multiple: true,
      description: "only checks that match: 'ecs/shell->eks/*'",
      helpValue: 'GLOB',
    }),
    failed: Flags.boolean({
      description: 'only what failed in the last run, with its --as-is, --expect and --evidence where none is given',
    }),
    junit: Flags.string({ description: 'write JUnit XML', helpValue: 'FILE' }),
    markdown: Flags.string({ description: 'write Markdown, for the summary of a CI run', helpValue: 'FILE' }),
    evidence: Flags.option({
      options: ['off', 'warn', 'strict'] as const,
      description: 'whether an allowed call must be shown to be encrypted (default: warn)',
    })(),
    ...istioctlFlag,
  }
  static override readonly standsOn = 'everything'

  protected override async perform(session: Session): Promise<object> {
    const options = this.#options()
    if (this.flags.list) return this.#list(options, session)
    if (this.flags['dry-run']) return this.#plan(options, session)
    const { runChecks } = await import('../../lib/checks/index.ts')
    const { failureOfRun } = await import('../../lib/checks/verdict-failure.ts')
    session.interruption.holdOn()
    const show = checkPresenter(
      line => this.#progress(line),
      message => {
        this.warnings.push(message)
        this.note(`warning: ${message}`)
      },
    )
    const run = await runChecks(options, checkDeps(session, show))
    this.say(options.failed && run.checks.length === 0 ? [NOTHING_FAILED] : await this.#shown(run))
    const { checks, summary } = run
    const failure = failureOfRun(run)
    if (failure !== undefined) throw new Incomplete(failure, { checks, summary })
    return { checks, summary }
  }

  #options(): CheckOptions {
    const { all, only = [], failed, evidence, junit, markdown, expect } = this.flags
    return {
      ...suitesNamed(this.words),
      all,
      asIs: this.flags['as-is'],
      only,
      failed,
      ...(evidence === undefined ? {} : { evidence }),
      ...(expect === undefined ? {} : { expect }),
      ...(junit === undefined ? {} : { junit }),
      ...(markdown === undefined ? {} : { markdown }),
    }
  }

  async #list(options: CheckOptions, { settings, read }: Session): Promise<object> {
    const { listChecks } = await import('../../lib/checks/index.ts')
    const suites = await listChecks(options, settings, read)
    const { plannedCheck } = await import('../../lib/checks/plan.ts')
    const checks = suites.flatMap(({ checks }) => checks).map(plannedCheck)
    this.say(
      checks.map(({ id, from, to, request, expected }) => `${id}  ${from} -> ${to}  ${expected ?? '-'}  ${request}`),
    )
    return { checks }
  }

  async #plan(options: CheckOptions, session: Session): Promise<object> {
    const { planChecks } = await import('../../lib/checks/index.ts')
    const { planRunLines } = await import('../../lib/checks/plan.ts')
    const deps = checkDeps(session, () => undefined)
    const planned = await planChecks(options, { ...deps, clients: session.read })
    this.say(planRunLines(planned))
    return planned
  }

  async #shown(run: ChecksRun): Promise<readonly string[]> {
    const { listLines } = await import('../../lib/checks/reporters/list.ts')
    const { matrixLines } = await import('../../lib/checks/reporters/matrix.ts')
    const lists = run.checks.filter(({ output }) => output !== undefined)
    const suites = run.checks.filter(({ output }) => output === undefined)
    return [
      ...(lists.length > 0 ? listLines(lists) : []),
      ...(suites.length > 0 ? matrixLines({ ...run, checks: suites }, await paperOf(process.stdout)) : []),
    ]
  }

  /** Verdicts are the answer and go to stdout; how they come about is told aside. */
  #progress(line: string): void {
    if (this.flags.verbose || process.stderr.isTTY || this.jsonEnabled()) this.note(line)
  }
}
