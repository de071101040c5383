import type { Context, Suite } from 'mocha'

/** Milliseconds for the longest of all preparations: a cold build of kube-apiserver on two busy cores. */
const PREPARATION = 30 * 60_000

/** Something that nobody here wrote, and that tests run against. */
export class Part {
  readonly name: string
  readonly version: string
  /** The suites that ran against it. */
  readonly suites: Suite[] = []
  readonly #prepare: () => Promise<string>
  #path: Promise<string> | undefined

  /** `prepare` installs or builds it where that has not been done yet, and answers where it is. */
  constructor(name: string, version: string, prepare: () => Promise<string>) {
    this.name = name
    this.version = version
    this.#prepare = prepare
  }

  path(): Promise<string> {
    this.#path ??= this.#prepare()
    return this.#path
  }

  /** For a suite's before hook: fails it in CI where the part can't be had, and skips it elsewhere. */
  async need(context: Context): Promise<string> {
    const suite = context.test?.parent
    if (suite) this.suites.push(suite)
    context.timeout(PREPARATION)
    try {
      return await this.path()
    } catch (error) {
      if (process.env.CI === 'true') throw error
      return context.skip()
    }
  }
}
