import { difference, type Inventory, inventory } from './inventory.ts'
import type { Undisturbed } from './job.ts'
import type { Command, World } from './world.ts'

export interface Looseness {
  /**
   * Two runs were at it, or eksctl was broken off: a revision may be registered twice, as ECS knows no token for it, and
   * what eksctl did not come to is made by us, with our marks instead of its own.
   */
  readonly loosely?: boolean
}

/** What must stand after a command, whatever happened on the way. @throws Error with the differences */
export async function expectConverged(
  world: World,
  command: Command,
  { empty, standing }: Undisturbed,
  { loosely = false }: Looseness = {},
): Promise<void> {
  const [expected, actual] = [command === 'up' ? standing : empty, inventory(world)]
  const differs = loosely ? difference(loose(expected), loose(actual)) : difference(expected, actual)
  if (differs.length > 0) throw new Error(`after ${command}: ${differs.join('\n  ')}`)
  if (command === 'up') await expectNothingToDo(world)
}

/** Of what the mesh does not need: an identity provider for service accounts, and an addon of eksctl's own choice. */
const BESIDES = /^oidc-provider|addon metrics-server|stack eksctl-\S+-podidentityrole-/
const MADE_BY_EITHER = / addon | pod-identity |^role \S*istiod-eks-ecs/

const loose = (lines: Inventory): Inventory => {
  const needed = lines.filter(line => !BESIDES.test(line))
  return [...new Set(needed.map(line => (MADE_BY_EITHER.test(line) ? line.replace(/ \{.*/, '') : line)))]
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
