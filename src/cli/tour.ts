import type { CheckEvent } from '../lib/checks/events.ts'
import type { CheckResult, ChecksRun } from '../lib/checks/result.ts'
import { headline } from '../lib/ui/narration.ts'
import { TOUR, type TourStop } from '../lib/ui/tour-stops.ts'
import { duration, wrapped } from '../lib/ui/words.ts'
import { checkDeps, suitesNamed } from './checks.ts'
import { Incomplete } from './outcome.ts'
import type { Prompter } from './prompter.ts'
import type { Session } from './session.ts'
import { paperOf } from './terminal.ts'
import type { Walkthrough } from './walkthrough.ts'

export interface TourGuide {
  readonly session: Session
  readonly walkthrough: Walkthrough
  readonly prompter: Prompter
}

/** The suites one at a time: what the policy does, the matrix before it, the matrix with it. Answers the checks that ran. */
export async function tour(guide: TourGuide): Promise<readonly CheckResult[]> {
  const { walkthrough } = guide
  const checks: CheckResult[] = []
  let before: readonly CheckResult[] = []
  walkthrough.say(await picture(guide))
  for (const [index, stop] of TOUR.entries()) {
    walkthrough.say(opening(stop, index, walkthrough))
    const answer = await ask(stop, guide)
    if (answer === 'stop') break
    if (answer === 'skip') continue
    const run = await runStop(stop, guide)
    checks.push(...run.checks)
    if (stop.policy !== undefined && before.length > 0) walkthrough.say(await matrix('Before', before))
    walkthrough.say(await matrix(stop.policy === undefined ? 'No policy' : `With ${stop.policy}`, run.checks))
    const { failureOfRun } = await import('../lib/checks/verdict-failure.ts')
    const failure = failureOfRun(run)
    if (failure !== undefined) throw new Incomplete(failure, { checks })
    if (stop.policy === undefined) before = run.checks
  }
  walkthrough.say(['', 'As a page to show to others:', walkthrough.here('  ecs-ambient report --html mesh.html')])
  return checks
}

/** The mesh as it stands, in which the calls are made. */
async function picture({ session, walkthrough }: TourGuide): Promise<readonly string[]> {
  const { readFacts } = await import('../lib/report/facts.ts')
  const { topologyOf } = await import('../lib/report/topology.ts')
  const { smallPicture } = await import('../lib/report/small.ts')
  const { settings, read } = session
  const facts = await readFacts(settings, read, { askMesh: false })
  return ['', ...smallPicture(topologyOf(facts, settings), walkthrough.page)]
}

function opening({ title, about, watch }: TourStop, index: number, { page }: Walkthrough): readonly string[] {
  return [
    '',
    headline(`Tour ${index + 1} of ${TOUR.length}: ${title}`, page),
    ...wrapped(about, page.columns - 1),
    ...wrapped(watch, page.columns - 1),
    '',
  ]
}

type Answer = 'go' | 'skip' | 'stop'

async function ask(stop: TourStop, { prompter, walkthrough, session }: TourGuide): Promise<Answer> {
  for (;;) {
    const answer = await prompter.choose<Answer | 'details'>(`Run suite ${stop.suite}?`, [
      { value: 'go', name: 'go on', also: ['yes'] },
      ...(stop.policy === undefined ? [] : [{ value: 'details' as const, name: 'show the policy' }]),
      { value: 'skip', name: 'skip this suite', also: ['no'] },
      { value: 'stop', name: 'end the tour' },
    ])
    if (answer !== 'details') return answer
    walkthrough.say(await policyLines(stop.policy ?? '', session))
  }
}

async function policyLines(policy: string, { settings }: Session): Promise<readonly string[]> {
  const { policyOf } = await import('../lib/steps/policy-source.ts')
  const { stringify } = await import('yaml')
  const text = policyOf(policy, settings)
    .objects.map(object => stringify(object))
    .join('---\n')
  return [`$ ecs-ambient policy apply ${policy}`, ...text.trimEnd().split('\n')].map(line => `  ${line}`)
}

async function runStop({ suite }: TourStop, { session, walkthrough }: TourGuide): Promise<ChecksRun> {
  const { runChecks } = await import('../lib/checks/index.ts')
  session.interruption.holdOn()
  const run = await runChecks(
    suitesNamed([suite]),
    checkDeps(session, event => show(event, walkthrough)),
  )
  return run
}

function show(event: CheckEvent, walkthrough: Walkthrough): void {
  switch (event.code) {
    case 'suite.started':
      return walkthrough.lasting(`suite ${event.suite}`)
    case 'waiting':
      return walkthrough.lasting(event.what, event.last)
    case 'check.finished':
      return walkthrough.lasting(`suite ${event.result.suite}`, `${event.id}: ${event.result.verdict}`)
    case 'policy.applied':
      return walkthrough.say([`  policy ${event.policy} applied (${duration(event.ms)})`])
    case 'policy.removed':
      return walkthrough.say([`  policy ${event.policy} removed again (${duration(event.ms)})`])
    case 'waypoint.applied':
      return walkthrough.say([`  waypoint applied (${duration(event.ms)})`])
    case 'waypoint.removed':
      return walkthrough.say([`  waypoint removed again (${duration(event.ms)})`])
    case 'warning':
      return walkthrough.say([`  warning: ${event.message}`])
    case 'checks.finished':
      return walkthrough.rest()
    default:
      return undefined
  }
}

async function matrix(title: string, checks: readonly CheckResult[]): Promise<readonly string[]> {
  const { suiteLines } = await import('../lib/checks/reporters/matrix.ts')
  const [, ...lines] = suiteLines('', checks, await paperOf(process.stdout))
  return ['', `${title}:`, ...lines]
}
