import { expect } from 'chai'
import { statusLines } from '../../../src/lib/ui/status.ts'

describe('the lines of status', () => {
  it('tell of what a step that is ready leaves alone', () => {
    const plan = { changes: [], present: [], warnings: ['ECS cluster pay is left as it is'] }
    expect(statusLines([{ id: 'ecs', title: 'ECS', state: 'ready', plan }])).to.deep.equal([
      '● ecs  ready    ECS',
      '    ECS cluster pay is left as it is',
    ])
  })
})
