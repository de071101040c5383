import type { ToolRun } from '../tool.ts'

export interface Log {
  info(message: string): void
  success(message: string): void
  failure(message: string): void
}

/** eksctl's lines: the time, a sign, the message. They go to stdout. */
export function logTo({ out }: Pick<ToolRun, 'out'>, now: () => number): Log {
  const line = (sign: string) => (message: string) => {
    const time = new Date(now()).toISOString().slice(0, 19).replace('T', ' ')
    out(`${time} [${sign}]  ${message}\n`)
  }
  return { info: line('ℹ'), success: line('✔'), failure: line('✖') }
}
