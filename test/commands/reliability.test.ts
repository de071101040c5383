import { expect } from 'chai'
import { SUITES } from '../reliability/suites/index.ts'
import { runAndCut } from '../reliability/support/cut.ts'
import { expectConverged } from '../reliability/support/expect.ts'
import { PASSING } from '../reliability/support/fault-kinds.ts'
import type { Undisturbed } from '../reliability/support/job.ts'
import { runUndisturbed } from '../reliability/support/undisturbed.ts'
import { inWorld } from '../reliability/support/world.ts'

/** A taste of test/reliability, where every call of both commands gets its turn: `npm run test:reliability`. */
describe('a command that is disturbed', function () {
  this.timeout(60_000)
  let undisturbed: Undisturbed

  before(async () => {
    undisturbed = await runUndisturbed()
  })

  it('is gone on with by the same command, wherever it was cut off', () =>
    inWorld(async world => {
      const points = [
        /^iam CreatePolicy/,
        /^ecs RegisterTaskDefinition/,
        /PATCH .*gateways\/eastwest/,
        /^ecs TagResource/,
      ]
      for (const point of points) {
        expect(await runAndCut(world, 'up', key => point.test(key), 'after')).to.have.property('at')
      }
      await world.must('up')
      await expectConverged(world, 'up', undisturbed)
      for (const point of [/^ecs DeleteService/, /^iam DeleteRole/, /^eksctl delete/]) {
        expect(await runAndCut(world, 'cleanup', key => point.test(key), 'before')).to.have.property('at')
      }
      await world.must('cleanup')
      await expectConverged(world, 'cleanup', undisturbed)
    }))

  it('absorbs a lost answer of every call that writes', () =>
    inWorld(async world => {
      let lost = 0
      world.decide((key, call) => {
        if (!call.writes || call.plane === 'tool' || !key.endsWith('#1')) return undefined
        lost += 1
        return PASSING['connection lost after taking effect']?.fault(call)
      })
      await world.must('up')
      world.calm()
      expect(lost).to.be.greaterThan(20)
      await expectConverged(world, 'up', undisturbed)
    }))

  it('leaves no call of either command out of the full run', () => {
    const jobs = Object.values(SUITES).flatMap(suite => suite.jobs(undisturbed))
    const about = JSON.stringify(jobs.map(job => job.about))
    const calls = [...undisturbed.up, ...undisturbed.cleanup].filter(({ key }) => /#[1-3]$/.test(key))
    expect(calls.filter(({ key }) => !about.includes(JSON.stringify(key)))).to.deep.equal([])
    expect(new Set(jobs.map(({ suite, name }) => `${suite} ${name}`)).size).to.equal(jobs.length)
  })
})
