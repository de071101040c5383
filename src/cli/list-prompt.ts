import {
  createPrompt,
  isDownKey,
  isEnterKey,
  isUpKey,
  makeTheme,
  useKeypress,
  usePagination,
  usePrefix,
  useState,
} from '@inquirer/core'
import { type Choice, understood } from '../lib/ui/choice.ts'

export interface ListQuestion {
  readonly message: string
  readonly choices: readonly Choice<unknown>[]
  /** Index of the choice that is offered. */
  readonly first: number
  readonly unicode: boolean
}

/** Choices shown at a time. */
const PAGE = 10

/**
 * A list to move in with the arrows, or by typing what one of them is called. Enter takes what is marked, unless something
 * was typed that is none of them: then it says so and goes on asking. Answers the index.
 */
export const listPrompt = createPrompt<number, ListQuestion>(({ message, choices, first, unicode }, done) => {
  const theme = makeTheme(unicode ? {} : { prefix: { idle: '?', done: '*' } })
  const [status, setStatus] = useState<'idle' | 'done'>('idle')
  const [active, setActive] = useState(first)
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const prefix = usePrefix({ status, theme })
  useKeypress((key, rl) => {
    if (isEnterKey(key)) {
      const meant = typed === '' ? undefined : understood(typed, choices)
      if (meant && 'problem' in meant) {
        setProblem(meant.problem)
        return setTyped('')
      }
      setStatus('done')
      return done(active)
    }
    setProblem(undefined)
    const step = isUpKey(key) ? -1 : isDownKey(key) ? 1 : 0
    if (step !== 0) {
      rl.clearLine(0)
      setTyped('')
      return setActive(Math.min(Math.max(active + step, 0), choices.length - 1))
    }
    if (rl.line === typed) return
    setTyped(rl.line)
    const meant = understood(rl.line, choices)
    if ('choice' in meant) setActive(choices.indexOf(meant.choice))
  })
  const page = usePagination({
    items: choices,
    active,
    pageSize: PAGE,
    loop: false,
    renderItem: ({ item: { name }, isActive }) =>
      isActive ? theme.style.highlight(`${unicode ? '❯' : '>'} ${name}`) : `  ${name}`,
  })
  const question = `${prefix} ${theme.style.message(message, status)}`
  if (status === 'done') return `${question} ${theme.style.answer(choices[active]?.name ?? '')}`
  const foot =
    problem === undefined ? theme.style.help('Arrows, or first letters; then Enter') : theme.style.error(problem)
  return [`${question} ${typed}`, `${page}\n${foot}`]
})
