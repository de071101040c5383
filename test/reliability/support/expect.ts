import { difference, type Inventory, inventory } from './inventory.ts'
import type { Undisturbed } from './job.ts'
import type { Command, World } from './world.ts'

/** Why what stands may differ from what an undisturbed run leaves, and it is as good. */
export type Licence =
  /** What eksctl did not come to is made by us, with our marks instead of its own. */
  | 'eksctl was broken off'
  /**
   * A revision may stand twice: two runs were at it, as ECS knows no token for one, or a service was made anew and so
   * begins with a revision that is not enrolled.
   */
  | 'registered again'

/** What must stand after a command, whatever happened on the way. @throws Error with the differences */
export async function expectConverged(
  world: World,
  command: Command,
  { empty, standing }: Undisturbed,
  licences: readonly Licence[] = [],
): Promise<void> {
  const [expected, actual] = [command === 'up' ? standing : empty, inventory(world)]
  const same = (lines: Inventory) => licences.reduce((rest, licence) => LICENSED[licence](rest), lines)
  const differs = difference(same(expected), same(actual))
  if (differs.length > 0) throw new Error(`after ${command}: ${differs.join('\n  ')}`)
  if (command === 'up') await expectNothingToDo(world)
}

/** Of what the mesh does not need: an identity provider for service accounts, and an addon of eksctl's own choice. */
const BESIDES = /^oidc-provider|addon metrics-server|stack eksctl-\S+-podidentityrole-/
const MADE_BY_EITHER = / addon | pod-identity |^role \S*istiod-eks-ecs/
const TAGS = /"tags":\{[^}]*\}/

/** What is left to compare. */
const LICENSED: Readonly<Record<Licence, (lines: Inventory) => Inventory>> = {
  'eksctl was broken off': lines =>
    lines
      .filter(line => !BESIDES.test(line))
      .map(line => (MADE_BY_EITHER.test(line) ? line.replace(TAGS, 'tags of either') : line)),
  'registered again': lines => {
    const revisions = lines.filter(line => line.includes(' task-definition '))
    return [...lines.filter(line => !line.includes(' task-definition ')), ...new Set(revisions)]
  },
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
