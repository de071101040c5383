import { setTimeout } from 'node:timers/promises'
import { isFailure } from '../../../src/lib/engine/failure.ts'
import { casesSuite } from '../support/cases.ts'
import { expectConverged } from '../support/expect.ts'
import { difference, inventory } from '../support/inventory.ts'
import { type Ended, inWorld, told, type World } from '../support/world.ts'

/** One that waits for what the other takes away gives up after a while, in milliseconds. */
const IMPATIENT = { flags: { timeout: '200s' } } as const
const OTHER = { clusterName: 'other' } as const

/** @throws Error where a run ended with something that isn't an error of ours */
function noRawErrors(...runs: readonly Ended[]): void {
  const raw = runs.flatMap(({ errors }) => errors).filter(error => !isFailure(error))
  if (raw.length > 0) throw new Error(`a raw error came out: ${raw.map(told).join('; ')}`)
}

/** @throws Error with what differs */
function expectSame(what: string, before: readonly string[], after: readonly string[]): void {
  const differs = difference(before, after)
  if (differs.length > 0) throw new Error(`${what}: ${differs.join('\n  ')}`)
}

/** Everything that is of one cluster, told by its name or its region, without the account-wide roles. */
const partOf = (world: World, which: string): readonly string[] =>
  inventory(world).filter(line => line.includes(which) && !line.includes('ecs-ambient/managed'))

const roles = (world: World): readonly string[] =>
  inventory(world).filter(line => /^(role|policy) .*ecs-ambient\/managed/.test(line))

/** Two clusters, and the first one's removal while the second stands. */
const twoClusters = (region: string, which: string, name: { readonly clusterName?: string }) => () =>
  inWorld(async world => {
    const empty = inventory(world)
    const other = { ...name, region, kubeconfig: undefined }
    const first = { kubeconfig: undefined }
    const built = await Promise.all([world.run('up', { flags: first }), world.run('up', { flags: other })])
    const failed = built.flatMap(({ errors }) => errors)
    if (failed.length > 0) throw new Error(failed.map(told).join('; '))
    const standing = partOf(world, which)
    if (standing.length === 0) throw new Error('the other cluster was not built')
    await world.must('cleanup', { flags: first })
    expectSame('the removal of one cluster touched the other', standing, partOf(world, which))
    const missed = (await world.plan('up', other)).flatMap(({ plan }) => plan?.changes ?? [])
    if (missed.length > 0) throw new Error(`the other cluster lacks ${missed.map(({ name }) => name).join(', ')}`)
    if (roles(world).length !== 3) throw new Error(`the shared roles did not stay: ${roles(world).join('; ')}`)
    await world.must('cleanup', { flags: other })
    expectSame('the last one out left something', empty, inventory(world))
    return { 'runs side by side': 2 }
  })

export const races = casesSuite('races', 8, {
  'two runs of up at once': undisturbed =>
    inWorld(async world => {
      const both = await Promise.all([world.run('up'), world.run('up')])
      noRawErrors(...both)
      const errors = both.flatMap(({ errors }) => errors)
      if (errors.length > 0) throw new Error(`not both ended well: ${errors.map(told).join('; ')}`)
      await expectConverged(world, 'up', undisturbed, ['registered again'])
      return { 'runs side by side': 2 }
    }),
  'two runs of cleanup at once': undisturbed =>
    inWorld(async world => {
      await world.must('up')
      noRawErrors(...(await Promise.all([world.run('cleanup'), world.run('cleanup')])))
      await world.must('cleanup')
      await expectConverged(world, 'cleanup', undisturbed)
      return { 'runs side by side': 2 }
    }),
  ...Object.fromEntries(
    [0, 200, 600, 1000, 1500].flatMap(delay =>
      (['up', 'cleanup'] as const).map(last => [
        `up and, ${delay} ms later, cleanup at once, then ${last}`,
        (undisturbed: Parameters<typeof expectConverged>[2]) =>
          inWorld(async world => {
            const later = setTimeout(delay).then(() => world.run('cleanup', IMPATIENT))
            noRawErrors(...(await Promise.all([world.run('up', IMPATIENT), later])))
            await world.must(last)
            await expectConverged(world, last, undisturbed, ['registered again'])
            return { 'runs side by side': 2 }
          }),
      ]),
    ),
  ),
  'cleanup and, at once, up on what stands': undisturbed =>
    inWorld(async world => {
      await world.must('up')
      noRawErrors(...(await Promise.all([world.run('cleanup', IMPATIENT), world.run('up', IMPATIENT)])))
      await world.must('up')
      await expectConverged(world, 'up', undisturbed, ['registered again'])
      return { 'runs side by side': 2 }
    }),
  'two clusters in one region': twoClusters('us-east-1', 'other', OTHER),
  'two clusters in two regions': twoClusters('eu-west-1', 'other', OTHER),
  'two clusters of one name in two regions': twoClusters('eu-west-1', 'eu-west-1', {}),
})
