import { expect } from 'chai'
import { markdown } from '../../../../src/lib/checks/reporters/markdown.ts'
import { type CheckResult, summaryOf } from '../../../../src/lib/checks/result.ts'
import { Failure } from '../../../../src/lib/engine/failure.ts'
import { resultFor } from '../results.ts'

const report = (checks: readonly CheckResult[], error?: unknown) =>
  markdown({ checks, summary: summaryOf(checks), warnings: [], ms: 1_000, ...(error ? { aborted: { error } } : {}) })

describe('the Markdown report', () => {
  it('has the verdicts as a table', () => {
    expect(report([resultFor('baseline/eks-to-eks'), resultFor('baseline/ecs-to-internet')])).to.equal(
      `## Connectivity checks

✅ 2 checks: 2 passed, 0 failed, in 1.0 s

### baseline: 2 of 2 as expected

|  | eks/echo | internet |
| --- | --- | --- |
| eks/shell | ✅ allowed | – |
| ecs/shell | – | ✅ allowed |
`,
    )
  })

  it('says what failed, and nothing of it is taken for markup', () => {
    const text = report([
      resultFor('s/ecs-to-eks', { pass: false, request: "curl 'a|b`c'", evidence: { why: 'a | b\n<c> *d*' } }),
    ])
    expect(text).to.contain('❌ 1 checks')
    expect(text).to.contain('- **ecs-to-eks** ')
    expect(text).to.contain("a \\| b \\<c\\> \\*d\\* (`curl 'a\\|b'c'`)")
  })

  it('is red where the run ended early, whatever passed before', () => {
    const text = report([resultFor('s/ecs-to-eks')], new Failure({ code: 'X', message: 'No waypoint.' }))
    expect(text).to.contain('❌ 1 checks: 1 passed')
    expect(text).to.contain('The run ended early: No waypoint.')
  })
})
