import type { Invocation } from './protocol.ts'

/** One run of a simulated tool. */
export interface ToolRun extends Invocation {
  /** All of stdin, as text, once it has ended. */
  stdin(): Promise<string>
  /** stdin as it comes. */
  readonly input: AsyncIterable<Buffer>
  /** Print; `text` carries its own line ends. */
  out(text: string | Buffer): void
  err(text: string | Buffer): void
  /** Aborted when the tool's process has gone. */
  readonly signal: AbortSignal
}

/** Answers the exit code. */
export type Tool = (run: ToolRun) => Promise<number>

export interface SimulatedTool {
  readonly run: Tool
  /** What the call log knows a run by. */
  describe(argv: readonly string[]): { readonly operation: string; readonly writes: boolean }
}

/** Ends a tool with `Error: message` on stderr, as these tools end. */
export class ToolError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** @throws ToolError once nobody waits for the run any more */
export function stopIfGone(signal: AbortSignal): void {
  if (signal.aborted) throw new ToolError('interrupted', 130)
}
