import { execa } from 'execa'

/** The real aws command, bound to an AWS. */
export class Aws {
  readonly #python: string
  readonly #env: Readonly<Record<string, string>>

  constructor(python: string, env: Readonly<Record<string, string>>) {
    this.#python = python
    this.#env = { ...env, AWS_PAGER: '' }
  }

  /** Runs it whatever comes of it. */
  try(args: readonly string[], input = '') {
    return execa(this.#python, ['-m', 'awscli', ...args], { env: this.#env, input, reject: false, timeout: 120_000 })
  }

  /** As at a terminal where nobody types: the input stays open until the command ends by itself. */
  async open(args: readonly string[]): Promise<string> {
    const options = { env: this.#env, stdin: 'pipe', reject: false, timeout: 120_000 } as const
    const { exitCode, stdout, stderr } = await execa(this.#python, ['-m', 'awscli', ...args], options)
    if (exitCode !== 0) throw new Error(`aws ${args.join(' ')}: exit ${exitCode}\n${stdout}\n${stderr}`)
    return stdout
  }

  /** What it prints with `--output text`. @throws Error with what it printed, where it fails */
  async text(args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.try([...args, '--output', 'text'])
    if (exitCode !== 0) throw new Error(`aws ${args.join(' ')}: exit ${exitCode}\n${stdout}\n${stderr}`)
    return stdout
  }

  async json<T>(args: readonly string[]): Promise<T> {
    const { exitCode, stdout, stderr } = await this.try([...args, '--output', 'json'])
    if (exitCode !== 0) throw new Error(`aws ${args.join(' ')}: exit ${exitCode}\n${stdout}\n${stderr}`)
    return JSON.parse(stdout) as T
  }

  /** The code of the error that a call must end with, as `An error occurred (CODE) when calling …` has it. */
  async refusal(args: readonly string[]): Promise<string | undefined> {
    const { exitCode, stderr } = await this.try(args)
    if (exitCode === 0) throw new Error(`aws ${args.join(' ')} succeeded`)
    return /An error occurred \(([^)]*)\)/.exec(stderr)?.[1]
  }
}
