import type { Fault } from '../../../src/sandbox/calls.ts'
import { expectConverged } from '../support/expect.ts'
import { Hold } from '../support/hold.ts'
import type { Job, Suite } from '../support/job.ts'
import { startVictim } from '../support/victim.ts'
import { type Command, inWorld, type World } from '../support/world.ts'

interface About {
  readonly command: Command
  readonly key: string
  readonly when: Fault['when']
  readonly how: 'alone' | 'group'
}

/**
 * A real process is killed at each call that writes and each run of a tool, right before it takes effect and right
 * after; then the command runs again. A tool is killed with the process, or goes on without it.
 */
export const kills: Suite = {
  jobs: undisturbed =>
    (['up', 'cleanup'] as const).flatMap(command =>
      undisturbed[command]
        .filter(({ writes, plane }) => writes || plane === 'tool')
        .flatMap(({ key, plane }) =>
          (['before', 'after'] as const).flatMap(when =>
            (plane === 'tool' ? (['alone', 'group'] as const) : (['alone'] as const)).map((how): Job => {
              const about: About = { command, key, when, how }
              const whom = plane === 'tool' ? (how === 'group' ? ' and the tool' : ', not the tool') : ''
              return { suite: 'kills', name: `kill ${command}${whom} ${when} ${key}`, seconds: 4, about }
            }),
          ),
        ),
    ),

  run: (job, undisturbed) =>
    inWorld(async world => {
      const about = job.about as About
      if (about.command === 'cleanup') await world.must('up')
      const first = await killAt(world, about)
      const second = await writesOf(world, about.command)
      await expectConverged(world, about.command, undisturbed)
      const again = second.filter(key => first.includes(key) && !REPEATED.test(key))
      if (again.length > 0) throw new Error(`the second run did again what was done: ${again.join('; ')}`)
      return { 'processes killed': 1 }
    }),
}

/**
 * What may be asked for again: our note on Istio, written before and after its installation; an ECS cluster, whose first
 * refusal makes ECS's own role; a tool that was broken off; what is on its way out; our mark on a role that goes. Of the
 * revisions of a task definition, and of security groups, one is as good as another here.
 */
const REPEATED =
  /configmaps\/ecs-ambient-istio|^ecs CreateCluster|^istioctl|^eksctl| DELETE |^ecs DeleteService|^iam Untag|^ecs DeregisterTask|^ec2 (Revoke|Authorize)/

/** Answers the names of the writing calls that took effect. */
async function killAt(world: World, { command, key, when, how }: About): Promise<readonly string[]> {
  const hold = new Hold()
  const written: string[] = []
  world.decide((name, { writes }) => {
    if (writes && (name !== key || when === 'after')) written.push(name)
    return name === key ? hold.fault(when) : undefined
  })
  const victim = startVictim(world, command)
  const end = await Promise.race([victim.gone, hold.reached])
  if (end !== undefined) throw new Error(`the command ended without ${key}: ${victim.output().slice(-2000)}`)
  await victim.kill(how)
  if (how === 'alone' && key.match(/^(eksctl|istioctl)/)) hold.release()
  world.calm()
  return written
}

async function writesOf(world: World, command: Command): Promise<readonly string[]> {
  const written: string[] = []
  world.decide((key, { writes }) => {
    if (writes) written.push(key)
    return undefined
  })
  await world.must(command)
  world.calm()
  return written
}
