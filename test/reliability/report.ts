import type { Job } from './support/job.ts'
import type { Done } from './worker.ts'

/** What became of a job. */
export interface Outcome extends Done {
  readonly job: Job
}

/** What each suite does, for the report. */
const ABOUT: Readonly<Record<string, string>> = {
  kills:
    'The real command, a process of its own, is killed (SIGKILL) at each call that writes and each run of a tool: right before it takes effect, and after that but before the answer. A tool is killed along, or goes on alone. The command runs again: it ends as a run that nothing disturbed, and does not do again what was done.',
  chains:
    'A run is cut off before and after each call that only reads: no call is answered from there on. Such a kill leaves what the writes before it have made, so that each run begins from what the last one left and is cut off one call later.',
  afterlife:
    'A run of `up` is cut off before and after each call that writes, and `cleanup` comes to nothing from there.',
  faults:
    'Each call of AWS and Kubernetes fails once: throttled, 500 before or after taking effect, 503, connection reset before or after taking effect, no answer after taking effect; each write to Kubernetes loses once against another one. Each fault is told of in the step that made the call, and the command ends as if there had been none. No watch can be closed on the program: it has none, it looks again and again. What it holds open, the stream of a command in a container, is closed in the middle by `test/sandbox/channel` and `test/sandbox/steps/kubernetes-client.test.ts`.',
  consistency:
    'AWS and Kubernetes answer as they do before everybody knows of what was made just now: each call gets every answer of that kind that is documented for it, three times. It is waited for, visibly.',
  conflicts:
    'Somebody else writes a field of Kubernetes after we looked and before we write it. The run ends with FIELD_CONFLICT, their field stays, and the next run goes on with --adopt or once it is gone.',
  refusals:
    'Each kind of call is refused for good, each that makes something also by a quota. The run ends with an error of ours, or does without; the next one goes on from there.',
  races: 'Two commands at once: two `up`, `up` and `cleanup`, two clusters in one account.',
  strangers: 'Things that resemble ours stand everywhere. They are as they were, to the last field.',
  leftovers: 'Something has gone wrong in a world where everything stands. `cleanup` comes to nothing all the same.',
  drift: 'Something of ours is deleted or edited by hand. It is said which and how, and `up` repairs just that.',
  rebuilds:
    'Something large is deleted by hand, and what stood on it is left alone. `up` comes to what it made from nothing.',
  signals: 'Ctrl-C once and twice, SIGTERM, SIGHUP, a closed stdout, on real processes.',
}

/** Of each suite: how many jobs, how many failed, and the sums of what they counted. */
export function summary(outcomes: readonly Outcome[]) {
  return [...Map.groupBy(outcomes, ({ job }) => job.suite)].map(([suite, ofSuite]) => {
    const counts: Record<string, number> = {}
    for (const { counts: ones } of ofSuite) {
      for (const [what, count] of Object.entries(ones)) counts[what] = (counts[what] ?? 0) + count
    }
    return { suite, counts, jobs: ofSuite.length, failed: ofSuite.filter(({ error }) => error !== undefined).length }
  })
}

const ABSORBED = ['faults absorbed', 'late answers absorbed', 'refusals done without']
const ENDED = ['refusals that ended a run', 'conflicts that ended a run']

/** Of each kind of fault: how often it was tried, and what became of it. */
function byKind(outcomes: readonly Outcome[]): readonly string[] {
  const rows = [...Map.groupBy(outcomes, ({ job }) => job.kind)].flatMap(([kind, ofKind]) => {
    if (kind === undefined) return []
    const sum = (names: readonly string[]) =>
      ofKind.reduce((all, { counts }) => all + names.reduce((some, name) => some + (counts[name] ?? 0), 0), 0)
    const [absorbed, ended] = [sum(ABSORBED), sum(ENDED)]
    return [`| ${kind} | ${absorbed + ended} | ${absorbed} | ${ended} |`]
  })
  return ['| fault | tried | absorbed | ended a run well |', '| --- | --- | --- | --- |', ...rows.toSorted()]
}

/** The report as Markdown. */
export function markdown(outcomes: readonly Outcome[], seconds: number): string {
  const suites = summary(outcomes)
  const sum = (what: string) => suites.reduce((all, { counts }) => all + (counts[what] ?? 0), 0)
  const failed = suites.reduce((all, suite) => all + suite.failed, 0)
  const cut = sum('runs cut off') + sum('half-made worlds cleaned up')
  const faults = [...ABSORBED, ...ENDED].reduce((all, what) => all + sum(what), 0)
  return [
    '# Reliability',
    '',
    'Written by `npm run test:reliability` from what it did. Everything runs on sandboxes, by the code that runs against AWS.',
    '',
    '| | |',
    '| --- | --- |',
    `| real processes killed (SIGKILL), and converged | ${sum('processes killed')} |`,
    `| runs cut off in one process: no call is answered from there on, and converged | ${cut} |`,
    `| faults injected, and absorbed or ended well | ${faults} |`,
    `| resources of others, untouched | ${sum('resources of others untouched')} |`,
    `| drifts found and repaired | ${sum('drifts repaired')} |`,
    `| leftovers found | ${failed === 0 ? 0 : 'see the failures'} |`,
    `| failures | ${failed} |`,
    '',
    `${outcomes.length} jobs in ${Math.round(seconds / 60)} minutes.`,
    '',
    ...byKind(outcomes),
    '',
    ...suites.flatMap(({ suite, counts, jobs, failed }) => [
      `## ${suite}`,
      '',
      ABOUT[suite] ?? '',
      '',
      ...Object.entries(counts).map(([what, count]) => `- ${count} ${what}`),
      `- ${jobs} jobs, ${failed} failed`,
      '',
    ]),
  ].join('\n')
}
