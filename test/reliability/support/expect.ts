import { difference, inventory } from './inventory.ts'
import type { Undisturbed } from './job.ts'
import type { Command, World } from './world.ts'

/** What must stand after a command, whatever happened on the way. @throws Error with the differences */
export async function expectConverged(world: World, command: Command, { empty, standing }: Undisturbed): Promise<void> {
  const differs = difference(command === 'up' ? standing : empty, inventory(world))
  if (differs.length > 0) throw new Error(`after ${command}: ${differs.join('\n  ')}`)
  if (command === 'up') await expectNothingToDo(world)
}

/** One more run would change nothing. */
export async function expectNothingToDo(world: World, direction: 'up' | 'down' = 'up'): Promise<void> {
  const states = await world.plan(direction)
  const left = states.flatMap(({ plan, error }) => [
    ...(plan?.changes ?? []).map(({ action, kind, name, reason }) => `${action} ${kind} ${name}: ${reason}`),
    ...(error === undefined ? [] : [String(error)]),
  ])
  if (left.length > 0) throw new Error(`one more run would still do something: ${left.join('; ')}`)
}
