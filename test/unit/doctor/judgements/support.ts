import { expect } from 'chai'
import type { AnyCheck, Judgement, State } from '../../../../src/lib/doctor/check.ts'

/** What a check says of something: first of something that is ill, then of the same thing mended. */
export type Row = readonly [seen: unknown, state: State, why: RegExp, fix?: RegExp]
export type Table = readonly (readonly [AnyCheck, readonly Row[]])[]

/** Tests each row; whatever fails must say what to do. */
export function judged(table: Table): void {
  for (const [check, rows] of table) {
    for (const [seen, state, why, fix] of rows) {
      it(`${check.code} ${check.title}: ${state}, ${why.source}`, () => {
        const judgement: Judgement = check.judge(seen)
        expect(judgement.state, judgement.why).to.equal(state)
        expect(judgement.why).to.match(why)
        if (fix) expect(judgement.fix).to.match(fix)
        if (state === 'failed') expect(judgement.fix, 'a failure without a fix').to.be.a('string').that.is.not.empty
      })
    }
  }
}

export const ROLE = 'arn:aws:iam::111122223333:role/path/someone'

/** The simulator's decisions on actions. */
export const simulated = (decision: string, ...actions: readonly string[]) =>
  actions.map(EvalActionName => ({ EvalActionName, EvalDecision: decision }))

export const node = (name: string, ready = 'True') => ({
  metadata: { name },
  status: { conditions: [{ type: 'Ready', status: ready }] },
})
