import { expect } from 'chai'
import type { MeshState, Suite } from '../../../src/lib/checks/check.ts'
import { planRun, planRunLines } from '../../../src/lib/checks/plan.ts'

const NOTHING: MeshState = { policies: [], waypoint: false }

const suite = (name: string, state?: MeshState): Suite => ({
  ...{ name, ref: name, title: `Suite ${name}`, kind: 'suite' },
  ...(state ? { state } : {}),
  checks: [
    {
      id: `${name}/a`,
      suite: name,
      from: 'ecs/shell',
      to: 'eks/echo',
      args: ['x'],
      request: 'curl x',
      expected: 'allowed',
    },
  ],
})

describe('what a run of checks would do', () => {
  const deny = suite('deny', { policies: ['ecs-deny'], waypoint: false })
  const post = suite('post', { policies: ['post-only'], waypoint: true })

  it('brings about the state of each suite after the one before it, and puts back what stands now', () => {
    const { suites, restore } = planRun([deny, post], false, { policies: ['eks-deny'], waypoint: false })
    expect(suites.map(({ changes }) => changes.map(({ action, name }) => `${action} ${name}`))).to.deep.equal([
      ['delete eks-deny', 'create ecs-deny'],
      ['delete ecs-deny', 'create waypoint', 'create post-only'],
    ])
    expect(restore.map(({ action, name }) => `${action} ${name}`)).to.deep.equal([
      'delete post-only',
      'delete waypoint',
      'create eks-deny',
    ])
  })

  it('changes nothing where what stands is tested as it is, or a suite asks for no state', () => {
    for (const planned of [planRun([deny, post], true, NOTHING), planRun([suite('list')], false, NOTHING)]) {
      expect([...planned.suites.flatMap(({ changes }) => changes), ...planned.restore]).to.deep.equal([])
    }
  })

  it('is told in lines', () => {
    expect(planRunLines(planRun([deny], false, NOTHING))).to.deep.equal([
      'deny: Suite deny',
      '  in this state: policy ecs-deny, no waypoint',
      '  + policy ecs-deny',
      '  > deny/a (ecs/shell->eks/echo, allowed): curl x',
      'at the end: what stands now',
      '  - policy ecs-deny',
    ])
    expect(planRunLines(planRun([], false, NOTHING))).to.deep.equal(['= nothing to do'])
  })
})
