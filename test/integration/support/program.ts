import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

export const PROGRAM = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

/** How long any one command may take, in milliseconds. */
const LIMIT = 180_000

export interface Change {
  readonly action: string
  readonly kind: string
  readonly name: string
  readonly id?: string
}
export interface StepResult {
  readonly id: string
  readonly status: string
  /** In the answer of `status` alone. */
  readonly state?: string
  readonly changes: readonly Change[]
  readonly facts?: Readonly<Record<string, unknown>>
}
/** What `--json` prints. */
export interface Document {
  readonly ok: boolean
  readonly command: string
  readonly result?: { readonly steps?: readonly StepResult[] } & Readonly<Record<string, unknown>>
  readonly error?: { readonly code: string; readonly message: string; readonly suggestions?: readonly string[] }
  readonly warnings: readonly unknown[]
}
export interface Outcome {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
  readonly document: Document
}

export const changesOf = ({ result }: Document): readonly string[] =>
  (result?.steps ?? []).flatMap(step => step.changes).map(({ action, kind, name }) => `${action} ${kind} ${name}`)

/** The program as a user runs it: a process of its own that knows only the given environment. */
export class Program {
  readonly #env: Readonly<Record<string, string>>
  readonly #flags: readonly string[]

  /** `flags` are given to every command. */
  constructor(env: Readonly<Record<string, string>>, flags: readonly string[] = []) {
    this.#env = { PATH: process.env.PATH ?? '', ...env }
    this.#flags = flags
  }

  /** The same, with more in its environment and more flags. */
  with(env: Readonly<Record<string, string>>, flags: readonly string[] = []): Program {
    return new Program({ ...this.#env, ...env }, [...this.#flags, ...flags])
  }

  /** Runs a command with `--json`, whatever comes of it. Arguments after `--` stay last. */
  async try(args: readonly string[]): Promise<Outcome> {
    const rest = args.includes('--') ? args.indexOf('--') : args.length
    const full = [PROGRAM, ...args.slice(0, rest), ...this.#flags, '--json', ...args.slice(rest)]
    const { exitCode, stdout, stderr } = await execa(process.execPath, full, {
      env: this.#env,
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      timeout: LIMIT,
    })
    return { exitCode, stdout, stderr, document: parse(stdout) }
  }

  /** @throws Error with everything that it printed, where it does not exit 0 */
  async run(args: readonly string[]): Promise<Document> {
    const { exitCode, stdout, stderr, document } = await this.try(args)
    if (exitCode !== 0) throw new Error(`ecs-ambient ${args.join(' ')}: exit ${exitCode}\n${stdout}\n${stderr}`)
    return document
  }

  /** All changes of all steps that a command made, as `create iam-role eks-ecs-task-role`. */
  async changes(args: readonly string[]): Promise<readonly string[]> {
    return changesOf(await this.run(args))
  }

  /** What `status` says of each step. */
  async states(): Promise<Readonly<Record<string, string | undefined>>> {
    const { result } = await this.run(['status'])
    return Object.fromEntries((result?.steps ?? []).map(({ id, state }) => [id, state]))
  }
}

function parse(stdout: string): Document {
  try {
    return JSON.parse(stdout) as Document
  } catch {
    return { ok: false, command: '', error: { code: 'NO_JSON', message: stdout }, warnings: [] }
  }
}
