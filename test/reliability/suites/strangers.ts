import { isFailure } from '../../../src/lib/engine/failure.ts'
import { bitsOf, changedBits } from '../support/bits.ts'
import { casesSuite } from '../support/cases.ts'
import { difference, inventory } from '../support/inventory.ts'
import { plantGuide, plantOnMesh, plantStrangers, strangersCluster, strangersObjects } from '../support/strangers.ts'
import { inWorld, told, type World } from '../support/world.ts'

const CLUSTER = 'ambient-ecs'

/** @throws Error with what differs */
function expectSame(what: string, before: readonly string[], after: readonly string[]): void {
  const differs = difference(before, after)
  if (differs.length > 0) throw new Error(`${what}: ${differs.join('\n  ')}`)
}

/** Everything, ids included, but for what Kubernetes' own controllers make of it. */
const everything = (world: World): readonly string[] => inventory(world, { ids: true })

export const strangers = casesSuite('strangers', 8, {
  'things that resemble ours, on the cluster of somebody else': () =>
    inWorld(async world => {
      await strangersCluster(world)
      const planted = await plantStrangers(world)
      await settle(world)
      const before = everything(world)
      const objects = strangersObjects(world)
      const bits = bitsOf(world)
      const ended = await world.must('up')
      if (!ended.events.some(({ code }) => code === 'warning')) throw new Error('nobody was told whose the cluster is')
      expectSame('up changed what is not ours', objects, strangersObjects(world))
      await world.must('cleanup')
      expectSame('cleanup changed what is not ours', objects, strangersObjects(world))
      expectSame('not all is as it was', before, everything(world))
      const changed = changedBits(bits, bitsOf(world))
      if (changed.length > 0) throw new Error(`not all is as it was, bit for bit: ${changed.join('\n  ')}`)
      return { 'resources of others untouched': planted }
    }),

  "what the guide's own commands have left, without a mark of ours": () =>
    inWorld(async world => {
      await strangersCluster(world)
      const planted = (await plantStrangers(world)) + (await plantGuide(world))
      await settle(world)
      const before = everything(world)
      const objects = strangersObjects(world)
      const bits = bitsOf(world)
      const ended = await world.run('up', { flags: { timeout: '100s' } })
      const raw = ended.errors.filter(error => !isFailure(error))
      if (raw.length > 0) throw new Error(raw.map(told).join('; '))
      const cleaned = await world.run('cleanup')
      if (cleaned.errors.length > 0) throw new Error(cleaned.errors.map(told).join('; '))
      expectSame('objects of others', objects, strangersObjects(world))
      expectSame('not all is as it was', before, everything(world))
      const changed = changedBits(bits, bitsOf(world))
      if (changed.length > 0) throw new Error(`not all is as it was, bit for bit: ${changed.join('\n  ')}`)
      return { 'resources of others untouched': planted }
    }),

  "other teams' policies and gateways on our mesh": () =>
    inWorld(async world => {
      await strangersCluster(world)
      await plantStrangers(world)
      await world.must('up')
      const planted = plantOnMesh(world)
      await settle(world)
      const before = strangersObjects(world)
      const ended = await world.run('cleanup')
      if (ended.errors.length > 0) throw new Error(ended.errors.map(told).join('; '))
      expectSame('cleanup changed what is not ours', before, strangersObjects(world))
      return { 'resources of others untouched': planted }
    }),

  'the label on default that somebody else has set': () =>
    inWorld(async world => {
      await strangersCluster(world)
      const { store } = world.sandbox.kubernetes.get(CLUSTER) ?? {}
      const labels = { 'istio.io/dataplane-mode': 'ambient' }
      store?.patch('Namespace', 'default', undefined, { metadata: { labels } }, { manager: 'kubectl' })
      const before = everything(world)
      await world.must('up')
      await world.must('cleanup')
      expectSame('not all is as it was', before, everything(world))
      return { 'resources of others untouched': 1 }
    }),

  'roles of the right names that somebody else has made': () =>
    inWorld(async world => {
      await world.must('up')
      for (const role of world.sandbox.aws.iam.roles.values()) if (role.path === '/ecs/ambient/') forget(role.tags)
      for (const policy of world.sandbox.aws.iam.policies.values()) forget(policy.tags)
      const before = everything(world).filter(line => line.includes('/ecs/ambient/'))
      await world.must('up')
      await world.must('cleanup')
      expectSame(
        'roles of others',
        before,
        everything(world).filter(line => line.includes('/ecs/ambient/')),
      )
      return { 'resources of others untouched': before.length }
    }),

  'a policy of our name under another path': () =>
    inWorld(async world => {
      const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }
      const policy = { PolicyName: 'eks-ecs-task-policy', PolicyDocument: JSON.stringify(document) }
      await world.sandbox.aws.call('iam', 'CreatePolicy', policy)
      const before = everything(world)
      const { errors } = await world.run('up', { flags: { timeout: '100s' } })
      const codes = errors.map(error => (isFailure(error) ? error.code : 'raw'))
      if (!codes.includes('NOT_OURS')) throw new Error(`up ended with ${errors.map(told).join('; ')}`)
      await world.must('cleanup')
      expectSame('not all is as it was', before, everything(world))
      return { 'resources of others untouched': 1 }
    }),

  'with --adopt what has our names is taken over, and shown first': undisturbed =>
    inWorld(async world => {
      await world.must('up')
      const names = disown(world)
      const refused = await world.run('up')
      if (refused.errors.some(error => !isFailure(error))) throw new Error(refused.errors.map(told).join('; '))
      const before = inventory(world)
      const states = await world.plan('up', { adopt: true })
      expectSame('a plan has changed something', before, inventory(world))
      const shown = states.flatMap(({ plan }) => plan?.changes ?? []).filter(({ action }) => action === 'adopt')
      if (shown.length < names) throw new Error(`${shown.length} of ${names} were shown to be taken over`)
      await world.must('up', { flags: { adopt: true } })
      await world.must('cleanup')
      expectSame('not all that was taken over went', undisturbed.empty, inventory(world))
      return { 'resources taken over': shown.length }
    }),
})

const OURS = /^ecs-ambient\//

function forget(tags: Map<string, string>): number {
  const ours = [...tags.keys()].filter(key => OURS.test(key))
  for (const key of ours) tags.delete(key)
  return ours.length > 0 ? 1 : 0
}

/** Takes our marks off the resources that `--adopt` can take over; answers of how many. */
function disown({ sandbox: { aws } }: World): number {
  const { ec2, ecs, logs } = aws.region()
  const [cluster] = [...ecs.clusters.values()]
  return [
    ...[...aws.iam.roles.values()].filter(({ path }) => path === '/ecs/ambient/'),
    ...[...aws.iam.policies.values()],
    ...[...ec2.groups.values()].filter(({ name }) => name === 'ecs-ambient-ecs-tasks'),
    ...[...logs.groups.values()],
    ...(cluster ? [cluster, ...cluster.services.values()] : []),
  ].reduce((sum, { tags }) => sum + forget(tags as Map<string, string>), 0)
}

/** Until the load balancers that were asked for stand. */
async function settle({ sandbox: { clock } }: World): Promise<void> {
  await clock.sleep(10 * 60_000)
}
