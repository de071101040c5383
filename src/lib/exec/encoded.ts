import { isUtf8 } from 'node:buffer'
import type { ExecResult } from './result.ts'

export interface EncodedOutput {
  readonly stdout: string
  readonly stderr: string
  /** Which of the two are base64, because they are not UTF-8. */
  readonly base64?: readonly ('stdout' | 'stderr')[]
}

/** Output as JSON can carry it without a loss. */
export function encoded({ stdout, stderr }: Pick<ExecResult, 'stdout' | 'stderr'>): EncodedOutput {
  const streams = { stdout, stderr }
  const base64 = (['stdout', 'stderr'] as const).filter(name => !isUtf8(streams[name]))
  const text = (name: 'stdout' | 'stderr') => streams[name].toString(base64.includes(name) ? 'base64' : 'utf8')
  return { stdout: text('stdout'), stderr: text('stderr'), ...(base64.length > 0 ? { base64 } : {}) }
}
