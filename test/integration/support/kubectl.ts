import { execa } from 'execa'

/** The real kubectl, bound to a cluster. */
export class Kubectl {
  readonly #program: string
  readonly #env: Readonly<Record<string, string>>

  constructor(program: string, env: Readonly<Record<string, string>>) {
    this.#program = program
    this.#env = env
  }

  /** Runs it whatever comes of it. */
  try(args: readonly string[], input = '') {
    return execa(this.#program, args, { env: this.#env, input, reject: false, timeout: 60_000 })
  }

  /** @throws Error with what it printed, where it fails */
  async run(args: readonly string[], input = ''): Promise<string> {
    const { exitCode, stdout, stderr } = await this.try(args, input)
    if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: exit ${exitCode}\n${stdout}\n${stderr}`)
    return stdout
  }

  /** What it prints with `-o json`. */
  async json<T>(args: readonly string[], input = ''): Promise<T> {
    return JSON.parse(await this.run([...args, '-o', 'json'], input)) as T
  }

  /** Applies a bundle with CRDs, and waits until the server serves them. */
  async install(bundle: string): Promise<void> {
    await this.run(['apply', '--server-side', '-f', '-'], bundle)
    const args = ['wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s']
    // A CRD without any condition yet is an error to `kubectl wait`, not one to wait for.
    while (/accessor error/.test((await this.try(args)).stderr));
    await this.run(args)
  }
}
