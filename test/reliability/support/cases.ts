import type { Counts, Job, Suite, Undisturbed } from './job.ts'

export type Case = (undisturbed: Undisturbed) => Promise<Counts>

/** A suite of single stories, each under its name. */
export const casesSuite = (
  suite: string,
  seconds: number,
  cases: Readonly<Record<string, Case>>,
  kind: Pick<Job, 'kind'> = {},
): Suite => ({
  jobs: () => Object.keys(cases).map(name => ({ suite, name, seconds, ...kind, about: undefined })),
  run: async ({ name }, undisturbed) => {
    const run = cases[name]
    if (run === undefined) throw new Error(`there is no case ${name}`)
    return run(undisturbed)
  },
})
