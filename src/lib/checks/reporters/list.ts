import type { CheckResult } from '../result.ts'

/** Pure: the results of a list in the guide's form. */
export function listLines(checks: readonly CheckResult[]): readonly string[] {
  const task = checks.find(({ evidence }) => evidence.at !== undefined)?.evidence.at
  return [...(task === undefined ? [] : [`Using Task ID: ${task}`]), ...checks.flatMap(commandLines)]
}

const commandLines = ({ request, output = '' }: CheckResult): readonly string[] => [
  '-----',
  `Running command: ${request}`,
  ...output.replace(/\n$/, '').split('\n'),
]
