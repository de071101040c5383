import type { StepResult } from '../lib/engine/run.ts'
import { headline } from '../lib/ui/narration.ts'
import { duration, wrapped } from '../lib/ui/words.ts'
import type { AskValue } from '../lib/walkthrough/questions.ts'
import { agree, type Prompter } from './prompter.ts'
import { stepsJson, throwIfFailed } from './results.ts'
import type { Answers, Session, WalkthroughStep } from './session.ts'
import { tour } from './tour.ts'
import type { Walkthrough } from './walkthrough.ts'

export interface Walk {
  readonly session: Session
  readonly steps: readonly WalkthroughStep[]
  readonly walkthrough: Walkthrough
  readonly prompter: Prompter
  /** The flags that say which steps. */
  readonly range: readonly string[]
  /** Of this program. */
  readonly version: string
}

/**
 * The interactive walkthrough: what is missing of the configuration, the steps one by one, the tour.
 *
 * @throws Incomplete where a step or a check failed
 */
export async function walk(given: Walk): Promise<object> {
  const { walkthrough, prompter, steps } = given
  await greet(given)
  const session = await configured(given)
  const { sts } = session.read.aws
  const { detailLines } = await import('../lib/walkthrough/details.ts')
  walkthrough.begin({
    settings: session.settings,
    prompter,
    details: async ({ plans }) => {
      const about = { settings: session.settings, account: await sts.caller() }
      return plans.flatMap(({ step, plan }) => detailLines(step, plan, about))
    },
  })
  const since = Date.now()
  const results = await session.converge(steps, question => walkthrough.ask(question))
  const result = stepsJson(results)
  throwIfFailed(results, result, session.settings)
  walkthrough.say(await farewell(session, results, Date.now() - since, walkthrough))
  const { allSteps } = await import('../lib/steps/index.ts')
  if (isLeft(results) || steps.length < allSteps.length) return result
  if (!(await agree(prompter, 'Take the tour: four suites that show what policies do?'))) return result
  const checks = await tour({ session, walkthrough, prompter })
  return { ...result, checks }
}

const isLeft = (results: readonly StepResult[]): boolean => results.some(({ status }) => status === 'skipped')

/** Whose account, which region: before anything is asked, as without credentials nothing else helps. */
async function greet({ session, walkthrough }: Walk): Promise<void> {
  const { account, arn } = await session.read.aws.sts.caller()
  const { page } = walkthrough
  walkthrough.say([
    headline('ecs-ambient: an Istio ambient mesh from EKS to ECS', page),
    ...wrapped(
      'Each step says what it is about and what it would do, and asks. Stop wherever you like: run the same command again, here or on another machine, and what is finished is recognised.',
      page.columns - 1,
    ),
    `Account ${account}, as ${arn.split('/').slice(1).join('/') || arn}`,
    '',
  ])
}

/** The session with the answers in it, saved where somebody wants that. */
async function configured({ session, steps, prompter, walkthrough, range, version }: Walk): Promise<Session> {
  const { askForMissing } = await import('../lib/walkthrough/configure.ts')
  const answers = await askForMissing({
    settings: session.settings,
    given: session.given,
    steps: new Set(steps.map(({ id }) => id)),
    read: session.read,
    ask: asking(prompter),
    at: region => session.with({ region }).read,
  })
  if (Object.keys(answers).length === 0) return session
  const complete = session.with(answers as Answers)
  await offerToSave({ session: complete, prompter, walkthrough, range, version })
  return complete
}

/** Something that is in no list. */
const OTHER = Symbol('other')

const asking =
  (prompter: Prompter): AskValue =>
  async ({ message, choices = [], initial, secret, problem }) => {
    if (choices.length > 0) {
      const list = choices.map(({ value, name = value }) => ({ value, name }))
      const chosen = await prompter.choose<string | typeof OTHER>(
        message,
        [...list, { value: OTHER, name: 'another one' }],
        initial,
      )
      if (chosen !== OTHER) return chosen
    }
    return prompter.text({
      message,
      ...(initial === undefined ? {} : { initial }),
      ...(secret === undefined ? {} : { secret }),
      ...(problem === undefined ? {} : { problem }),
    })
  }

async function offerToSave({ session, prompter, walkthrough, range, version }: Omit<Walk, 'steps'>): Promise<void> {
  const { configurationFile, exportFiles, takenForGranted, writeExport } = await import('../lib/walkthrough/export.ts')
  const exported = { ...session, range, version }
  const which = await prompter.choose('Save these answers for the next time?', [
    { value: 'nothing' as const, name: 'no' },
    { value: 'configuration' as const, name: 'yes, to ecs-ambient.yaml here', also: ['yes', 'y'] },
    { value: 'both' as const, name: 'yes, and a CI workflow that runs the same' },
  ])
  if (which === 'nothing') return
  const files = which === 'both' ? exportFiles(exported) : [configurationFile(exported)]
  const written = await writeExport(process.cwd(), files)
  const granted = which === 'both' ? wrapped(takenForGranted(version), walkthrough.page.columns - 1) : []
  walkthrough.say([...written.map(path => `wrote ${path}`), ...granted, ''])
}

async function farewell(
  { settings, read }: Session,
  results: readonly StepResult[],
  ms: number,
  { page, here }: Walkthrough,
): Promise<readonly string[]> {
  const { hourlyOf, standingOf } = await import('../lib/steps/standing.ts')
  const kubeconfig = await read.kubeconfig().catch(() => undefined)
  const left = isLeft(results)
  const cost = hourlyOf(standingOf(results, settings)).toFixed(2)
  return [
    '',
    headline(left ? 'Not all of it stands yet' : 'The mesh stands', page),
    `It took ${duration(ms)}.`,
    ...(left ? ['Run the same command again to go on.', 'What is finished is recognised.'] : []),
    ...(kubeconfig === undefined ? [] : ['For kubectl in another terminal:', `  export KUBECONFIG=${kubeconfig}`]),
    `While it stands it costs about $${cost} an hour.`,
    here('Undo all of it: ecs-ambient cleanup'),
    '',
  ]
}
