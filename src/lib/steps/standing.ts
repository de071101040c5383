import type { Settings } from '../config/settings.ts'
import type { StepResult } from '../engine/run.ts'
import { hourlyCost } from './costs.ts'

/** Something of ours that exists after a run of steps. */
export interface Standing {
  readonly kind: string
  readonly name: string
  /** Dollars an hour with what it consists of; 0 for what costs nothing by itself. */
  readonly hourly: number
}

type Sized = Pick<Settings, 'numberNodes'>

/** What is paid for under another kind's name. */
const PARTS: Readonly<Record<string, (sized: Sized) => readonly string[]>> = {
  'eks-cluster': ({ numberNodes }) => [
    'eks-cluster',
    'nat-gateway',
    ...Array.from({ length: numberNodes }, () => 'ec2-instance'),
  ],
  Gateway: () => ['load-balancer'],
}

/** What is ours and stands after steps ran upwards, whether they made it or found it. */
export function standingOf(results: readonly StepResult[], settings: Sized): readonly Standing[] {
  const things = new Map<string, Standing>()
  for (const { plan, changes } of results) {
    const made = changes.filter(({ action }) => action === 'create' || action === 'adopt')
    const present = (plan?.present ?? []).filter(({ ours }) => ours)
    for (const { kind, name } of [...present, ...made]) {
      const parts = PARTS[kind]?.(settings) ?? [kind]
      const hourly = parts.reduce((sum, part) => sum + hourlyCost(part), 0)
      things.set(`${kind} ${name}`, { kind, name, hourly })
    }
    for (const { action, kind, name } of changes) if (action === 'delete') things.delete(`${kind} ${name}`)
  }
  return [...things.values()]
}

export const hourlyOf = (standing: readonly Standing[]): number => standing.reduce((sum, { hourly }) => sum + hourly, 0)
