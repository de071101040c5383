import type { Answer, Question } from '../lib/engine/events.ts'
import { Exit, Failure, interrupted } from '../lib/engine/failure.ts'
import { planLines } from '../lib/ui/words.ts'

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
export async function confirm(message: string): Promise<void> {
  const prompts = await import('@inquirer/prompts')
  const agreed = await prompts.confirm({ message, default: false }).catch(closed)
  if (!agreed) throw new Failure({ code: 'DECLINED', exit: Exit.interrupted, message: 'Nothing has been done.' })
}

/** Asks in the terminal, one question at a time however many steps run side by side. */
export function askInTerminal(): (question: Question) => Promise<Answer> {
  let before: Promise<unknown> = Promise.resolve()
  return question => {
    const answer = before.then(() => askOne(question))
    before = answer.catch(() => undefined)
    return answer
  }
}

async function askOne({ message, plans }: Question): Promise<Answer> {
  const prompts = await import('@inquirer/prompts')
  for (const line of plans.flatMap(({ plan }) => planLines(plan))) process.stdout.write(`  ${line}\n`)
  const choices = [
    { name: 'go on', value: 'go' as const },
    { name: 'skip this step', value: 'skip' as const },
    { name: 'stop here', value: 'stop' as const },
  ]
  return prompts.select({ message, choices }).catch(closed)
}

/** A closed prompt is Ctrl-C or a terminal that went away. */
function closed(): never {
  throw interrupted()
}
