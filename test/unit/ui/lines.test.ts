import { expect } from 'chai'
import type { EngineEvent } from '../../../src/lib/engine/events.ts'
import { LinePrinter } from '../../../src/lib/ui/lines.ts'
import { duration, planLines } from '../../../src/lib/ui/words.ts'

describe('LinePrinter', () => {
  const print = (events: EngineEvent[]) => {
    const lines: string[] = []
    const printer = new LinePrinter(
      line => lines.push(line),
      () => new Date('2026-01-01T12:00:00Z'),
    )
    for (const event of events) printer.emit(event)
    return lines
  }
  const waiting = (ms: number, last?: string): EngineEvent => ({
    code: 'waiting',
    step: 'ecs',
    what: 'service echo-service to be steady',
    ms,
    ...(last === undefined ? {} : { last }),
  })

  it('says with a time what happened to each step', () => {
    const change = { action: 'create', kind: 'iam-role', name: 'r', reason: 'does not exist' } as const
    expect(
      print([
        { code: 'step.started', step: 'iam', title: 'IAM roles' },
        { code: 'change.applied', step: 'iam', change, ms: 1200 },
        { code: 'step.finished', step: 'iam', status: 'changed', ms: 2000, facts: {} },
      ]),
    ).to.deep.equal([
      '12:00:00 iam: IAM roles',
      '12:00:00 iam: created iam-role r (1.2 s)',
      '12:00:00 iam: changed in 2.0 s',
    ])
  })

  it('leaves a mere plan to whoever shows it', () => {
    const plan = { changes: [{ action: 'create', kind: 'k', name: 'n', reason: '' }], present: [] } as const
    const planned: EngineEvent = { code: 'step.planned', step: 'iam', plan }
    const begun = (direction: 'up' | 'plan'): EngineEvent => ({ code: 'run.started', direction, steps: [] })
    expect(print([begun('plan'), planned])).to.deep.equal([])
    expect(print([begun('up'), planned])).to.deep.equal(['12:00:00 iam: 1 to do'])
  })

  it('says once that it waits, then once a minute, with the last thing heard', () => {
    const lines = print([
      waiting(0),
      waiting(10_000),
      waiting(59_000),
      waiting(61_000, 'pulling image'),
      waiting(70_000),
    ])
    expect(lines).to.deep.equal([
      '12:00:00 ecs: waiting for service echo-service to be steady',
      '12:00:00 ecs: waiting for service echo-service to be steady for 1 min 1 s: pulling image',
    ])
  })

  it('says again when the same thing is waited for anew', () => {
    const waited: EngineEvent = { code: 'waited', step: 'ecs', what: 'service echo-service to be steady', ms: 6000 }
    expect(print([waiting(0), waiting(5000), waited, waiting(0)])).to.have.length(2)
  })
})

describe('duration', () => {
  for (const [ms, text] of [
    [0, '0.0 s'],
    [450, '0.5 s'],
    [9_940, '9.9 s'],
    [9_960, '10 s'],
    [60_000, '1 min'],
    [185_000, '3 min 5 s'],
  ] as const) {
    it(`${ms} ms is ${text}`, () => expect(duration(ms)).to.equal(text))
  }
})

describe('planLines', () => {
  it('shows each change, nothing to do, or what is missing', () => {
    const change = { action: 'update', kind: 'iam-policy', name: 'p', reason: 'document differs' } as const
    expect(planLines({ changes: [change], present: [] })).to.deep.equal(['~ iam-policy p (document differs)'])
    expect(planLines({ changes: [], present: [] })).to.deep.equal(['= nothing to do'])
    expect(planLines({ changes: [], present: [], pending: ['no cluster'] })).to.deep.equal(['? pending: no cluster'])
  })
})
