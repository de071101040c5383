import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

export const PROGRAM = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Default: the one of this checkout. */
  readonly program?: string
  readonly input?: string
  readonly nodeArguments?: readonly string[]
  /** Called with the running child, to signal it or to watch its output. */
  readonly watch?: (child: ChildProcess) => void
}

export interface CliResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** The one JSON document on stdout. */
  readonly json: () => Json
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into the document at places of its own
type Json = any

/**
 * Runs the real command as a child process in an environment that has nothing of this machine's AWS or Kubernetes,
 * and not in the checkout, whose files it could find.
 */
export function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { PATH = '', ECS_AMBIENT_SANDBOX_RECORD = '' } = process.env
  const child = spawn(process.execPath, [...(options.nodeArguments ?? []), options.program ?? PROGRAM, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: {
      ...{ PATH, ECS_AMBIENT_SANDBOX_RECORD, HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' },
      ...options.env,
    },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  options.watch?.(child)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr, json: () => JSON.parse(stdout) }))
  })
}
