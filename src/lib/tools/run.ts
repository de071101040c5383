import { execa } from 'execa'
import { Exit, Failure, interrupted, isFailure } from '../engine/failure.ts'

export interface ToolRun {
  /** Name of the tool, for messages. */
  readonly tool: string
  readonly path: string
  /** Each argument as it is; no shell sees them, and no secret is among them. */
  readonly args: readonly string[]
  readonly input?: string
  /** Variables on top of the program's own. */
  readonly environment?: Readonly<Record<string, string>>
  /** Values that must not come out again, wherever the tool prints them. */
  readonly secrets?: readonly string[]
  /** The tool is stopped when it is aborted. */
  readonly signal?: AbortSignal
  /** Each line of stdout and stderr, as it comes. */
  onLine?(line: string): void
}

/** How many of the tool's last lines an error shows. */
const LAST = 10

/**
 * Runs a tool to its end and answers its stdout.
 *
 * @throws Failure `TOOL_FAILED` (exit 1) with its last lines, `TOOL_NOT_FOUND` (exit 3), `INTERRUPTED` (exit 130)
 */
export async function runTool(run: ToolRun): Promise<string> {
  const { tool, path, args, input, environment = {}, secrets = [], signal, onLine } = run
  if (signal?.aborted) throw interrupted()
  const last: string[] = []
  const child = execa(path, args, {
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    env: { ...environment },
    all: true,
    reject: false,
    maxBuffer: 64 * 1024 * 1024,
  })
  for await (const raw of child.iterable({ from: 'all' })) {
    const line = redact(String(raw), secrets).trimEnd()
    onLine?.(line)
    if (line !== '') last.push(line)
    if (last.length > LAST) last.shift()
  }
  const result = await child
  if (!result.failed) return result.stdout
  if (result.isCanceled) throw interrupted()
  const what = [tool, ...subcommand(args)].join(' ')
  if (result.code === 'ENOENT' || result.code === 'EACCES') {
    throw new Failure({
      code: 'TOOL_NOT_FOUND',
      exit: Exit.missing,
      message: `${path} can't be run.`,
      why: [result.code],
    })
  }
  const end =
    result.exitCode === undefined ? `ended by ${result.signal ?? result.code}` : `exit code ${result.exitCode}`
  throw new Failure({ code: 'TOOL_FAILED', message: `${what} failed: ${end}.`, why: last })
}

const PASSES =
  /ECONNRESET|connection reset|connection refused|\bEOF\b|i\/o timeout|TLS handshake timeout|Throttl|TooManyRequests|RequestLimitExceeded|ServiceUnavailable|StatusCode: 5\d\d|try again later/i

/**
 * Why a tool's failure passes by itself, or undefined where it does not: a connection or a service that failed it.
 * Only for what may be asked for again.
 */
export const transientToolReason = (error: unknown): string | undefined =>
  isFailure(error) && error.code === 'TOOL_FAILED' ? error.why.findLast(line => PASSES.test(line)) : undefined

/** The words before the first flag: what the tool was asked to do. */
const subcommand = (args: readonly string[]): readonly string[] => {
  const flag = args.findIndex(arg => arg.startsWith('-'))
  return flag === -1 ? args : args.slice(0, flag)
}

export function redact(text: string, secrets: readonly string[]): string {
  return secrets.filter(secret => secret !== '').reduce((left, secret) => left.replaceAll(secret, '<redacted>'), text)
}
