import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EcsClusterSettings } from '../../../src/lib/config/settings.ts'
import { demoCluster } from '../../support/settings.ts'
import { type CheckWorld, failedIds, startChecks } from './world.ts'

const SPEED = 500
const EACH = 50
const SOURCES = ['eks/shell', 'eks/two', 'ecs/shell', 'ecs/shell-two']

const CLUSTER: EcsClusterSettings = {
  ...demoCluster,
  services: [...demoCluster.services, { name: 'shell-two', taskDefinition: 'shell-task' }],
}

const SECOND_SHELL = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'eks-two', namespace: 'default' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'eks-two' } },
    template: {
      metadata: { labels: { app: 'eks-two' } },
      spec: { containers: [{ name: 'shell', image: 'curlimages/curl:8.11.1', command: ['sleep', 'infinity'] }] },
    },
  },
}

describe('many checks', function () {
  this.timeout(90_000)
  let world: CheckWorld

  before(async () => {
    // As real agents do, these take a second of real time to begin.
    const sandbox = { speed: SPEED, behaviour: () => ({ start: 1000 * SPEED }) }
    world = await startChecks({ sandbox, settings: { ecsClusters: [CLUSTER] } })
    await world.kubernetes.apply(SECOND_SHELL, { force: true })
  })
  after(() => world?.close())

  it('share sessions and run side by side: 200 from 4 sources in 15 seconds', async () => {
    const checks = SOURCES.flatMap((from, index) =>
      Array.from({ length: EACH }, (_, number) => ({
        id: `c${index}-${number}`,
        from,
        to: number % 2 ? 'eks/echo' : 'ecs/echo',
        request: { path: `/${index}/${number}` },
        expect: 'allowed',
      })),
    )
    const pod = { namespace: 'default', selector: 'app=eks-two', container: 'shell' }
    const places = { 'eks/two': { pod, identity: { namespace: 'default', serviceAccount: 'default' } } }
    await writeFile(join(world.directory, 'many.yaml'), JSON.stringify({ name: 'many', places, checks }))
    const began = performance.now()
    const run = await world.run(['many.yaml'])
    const took = performance.now() - began
    expect(failedIds(run)).to.deep.equal([])
    expect(run.summary.total).to.equal(200)
    expect(took).to.be.below(15_000)
  })
})
