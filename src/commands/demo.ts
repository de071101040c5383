import { BaseCommand } from '../cli/base-command.ts'
import { checkDeps, suitesNamed } from '../cli/checks.ts'
import { Incomplete } from '../cli/outcome.ts'
import type { Presenter } from '../cli/presenter.ts'
import { stepsJson, throwIfFailed } from '../cli/results.ts'
import type { Session } from '../cli/session.ts'
import { paperOf } from '../cli/terminal.ts'
import type { CheckEvent } from '../lib/checks/events.ts'
import type { CheckResult, ChecksRun } from '../lib/checks/result.ts'
import { countsByKind, heading, StoryTeller } from '../lib/ui/story.ts'
import { duration } from '../lib/ui/words.ts'

export default class Demo extends BaseCommand<typeof Demo> {
  static override description = 'tell the whole walkthrough as a story, on a sandbox of its own'
  static override readonly ownSandbox = true

  readonly #story = new StoryTeller(line => this.say([line]))

  protected override presenter(): Presenter {
    return { emit: event => this.#story.emit(event), end: async () => undefined }
  }

  protected override async perform(session: Session): Promise<object> {
    const since = Date.now()
    this.say([
      heading('ecs-ambient: an Istio ambient mesh from EKS to ECS'),
      'Everything happens in a simulation of AWS, EKS and the mesh, inside this process, on',
      'real protocols. It proves this program, not AWS or Istio.',
      '',
    ])
    const built = await this.#build(session)
    const run = await this.#prove(session)
    const removed = await this.#remove(session)
    const ms = Date.now() - since
    this.say([
      heading('In all'),
      `created  ${countsByKind(built)}`,
      `proven   ${run.summary.passed} of ${run.summary.total} calls came to the verdict that was expected`,
      `removed  ${countsByKind(removed)}; nothing of ours is left`,
      `took     ${duration(ms)}`,
    ])
    return { created: built, checks: run.checks, summary: run.summary, removed, ms }
  }

  async #build(session: Session) {
    const { allSteps } = await import('../lib/steps/index.ts')
    const results = await session.converge(allSteps)
    throwIfFailed(results, stepsJson(results))
    return results.flatMap(({ changes }) => changes)
  }

  async #prove(session: Session): Promise<ChecksRun> {
    const { runChecks } = await import('../lib/checks/index.ts')
    const { failureOfRun } = await import('../lib/checks/verdict-failure.ts')
    const show = await this.#suiteTeller()
    const run = await runChecks({ ...suitesNamed([]), all: true, evidence: 'strict' }, checkDeps(session, show))
    const failure = failureOfRun(run)
    if (failure !== undefined) throw new Incomplete(failure, { checks: run.checks, summary: run.summary })
    return run
  }

  /** Shows each suite's matrix as it is finished. */
  async #suiteTeller(): Promise<(event: CheckEvent) => void> {
    const { suiteLines } = await import('../lib/checks/reporters/matrix.ts')
    const options = await paperOf(process.stdout)
    let checks: CheckResult[] = []
    return event => {
      if (event.code === 'suite.started') {
        this.say([heading(`Suite ${event.suite}: ${event.title}`)])
        checks = []
      }
      if (event.code === 'policy.applied') this.say([`policy ${event.policy} applied`])
      if (event.code === 'waypoint.applied') this.say(['waypoint applied'])
      if (event.code === 'check.finished') checks.push(event.result)
      if (event.code === 'suite.finished') this.say([...suiteLines(event.suite, checks, options), ''])
    }
  }

  async #remove(session: Session) {
    const { removalSteps } = await import('../lib/steps/removal.ts')
    const { leftoverFailure, sweep } = await import('../lib/steps/sweep.ts')
    this.say([heading('Cleanup')])
    const steps = removalSteps({})
    const results = await session.remove(steps)
    throwIfFailed(results, stepsJson(results))
    const states = await session.plan(steps, 'down')
    const failure = leftoverFailure(await sweep(states, session.read, session.settings), 'ecs-ambient demo')
    if (failure) throw failure
    this.say([''])
    return results.flatMap(({ changes }) => changes)
  }
}
