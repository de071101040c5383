import { casesSuite } from '../support/cases.ts'
import { loseCluster } from '../support/eks.ts'
import { expectConverged } from '../support/expect.ts'
import type { Undisturbed } from '../support/job.ts'
import { inWorld, type World } from '../support/world.ts'

/** Something large is deleted by hand. */
type Loss = (world: World) => Promise<unknown>

const from = (loss: Loss) => (undisturbed: Undisturbed) =>
  inWorld(async world => {
    await world.must('up')
    await loss(world)
    await world.must('up')
    await expectConverged(world, 'up', undisturbed, ['registered again'])
    return { 'worlds rebuilt': 1 }
  })

/** Something large is deleted by hand, and what stood on it is left alone. `up` comes to what it made from nothing. */
export const rebuilds = casesSuite('rebuilds', 8, {
  'the EKS cluster is deleted, its stacks and the ECS services stay': from(loseCluster),
  'the ECS services and their cluster are deleted': from(async ({ sandbox: { aws, clock } }) => {
    const cluster = 'ecs-ambient-ecs'
    for (const service of ['shell-task', 'echo-service']) {
      await aws.call('ecs', 'DeleteService', { cluster, service, force: true })
    }
    const { ecs } = aws.region()
    while ([...(ecs.clusters.get(cluster)?.services.values() ?? [])].some(({ status }) => status !== 'INACTIVE')) {
      await clock.sleep(5000)
    }
    await aws.call('ecs', 'DeleteCluster', { cluster })
  }),
})
