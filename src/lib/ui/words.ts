import type { Change, Plan } from '../engine/plan.ts'

/** A time as people say it: `0.4 s`, `12 s`, `3 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

const SIGNS: Record<Change['action'], string> = { create: '+', update: '~', delete: '-', adopt: '^', run: '>' }

/** One change of a plan: `+ iam-role eks-ecs-task-role (does not exist)`. */
export const changeLine = ({ action, kind, name, reason }: Change): string =>
  `${SIGNS[action]} ${kind} ${name} (${reason})`

const PAST: Record<Change['action'], string> = {
  create: 'created',
  update: 'updated',
  delete: 'deleted',
  adopt: 'adopted',
  run: 'ran',
}

export const changeDone = ({ action, kind, name }: Pick<Change, 'action' | 'kind' | 'name'>): string =>
  `${PAST[action]} ${kind} ${name}`

/** A whole plan, a line each; what can't be planned yet says what it needs. */
export function planLines(plan: Plan): readonly string[] {
  if (plan.pending?.length) return plan.pending.map(need => `? pending: ${need}`)
  if (plan.changes.length === 0) return ['= nothing to do']
  return plan.changes.map(changeLine)
}

/** Breaks a text at its spaces into lines of at most `width` characters; a longer word stands alone. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
