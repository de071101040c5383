import { Exit, Failure } from '../lib/engine/failure.ts'
import { agree, prompterFor } from './prompter.ts'
import { terminalOf } from './terminal.ts'

/** @throws Failure `QUESTION_CANNOT_BE_ASKED` (exit 2) */
export function requireTerminal(json: boolean): void {
  if (process.stdin.isTTY && process.stdout.isTTY && !json) return
  throw new Failure({
    code: 'QUESTION_CANNOT_BE_ASKED',
    exit: Exit.usage,
    message: 'This command asks before it goes on, and there is no terminal to ask in.',
    suggestions: ['Add --yes to go on without a question.', 'Add --dry-run to see what it would do.'],
  })
}

/** @throws Failure `DECLINED` or `INTERRUPTED` (exit 130) */
export async function confirm(message: string, signal = new AbortController().signal): Promise<void> {
  const agreed = await agree(prompterFor(terminalOf(process.stdout), signal), message)
  if (!agreed) throw new Failure({ code: 'DECLINED', exit: Exit.interrupted, message: 'Nothing has been done.' })
}
